"""JSON from outside is bounded in depth, and nothing in it breaks what walks through the data."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from commands.text.foreign_json import MAX_DEPTH, read_json
from commands.text.redaction import masked
from tests.growth import assert_linear


@pytest.mark.parametrize("text", ["[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900, "[" * 1_000_000])
def test_json_that_is_nested_too_deep_is_refused_like_any_other_bad_json(text: str) -> None:
    with pytest.raises(ValueError, match=f"more than {MAX_DEPTH} levels"):
        read_json(text)
    masked(text)


def test_the_deepest_json_that_is_read_can_be_masked_and_written() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert json.dumps(read_json(text)) == text
    assert masked(text) == text


def test_brackets_inside_a_text_are_no_levels() -> None:
    assert read_json(json.dumps(["[" * 900, '\\"[{' * 900])) == ["[" * 900, '\\"[{' * 900]
    assert len(read_json("[" + ",".join(["[1]"] * 900) + "]")) == 900


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}', "", "{'a': 1}", "9" * 5000])
def test_what_json_does_not_have_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(text)


def test_half_an_emoji_becomes_a_question_mark_so_that_it_can_be_stored_and_sent() -> None:
    assert read_json(r'{"\ud83d": ["\uDE00 x", "\ud83d\ude00"]}') == {"?": ["? x", "😀"]}


def test_a_byte_order_mark_before_json_is_ignored_and_hides_no_secret_in_it() -> None:
    text = '\ufeff{"status": "ok", "session_token": "abc def"}'
    assert read_json(text)["status"] == "ok"
    assert "abc def" not in masked(text)
    with pytest.raises(ValueError, match=r"."):
        read_json('\ufeff\ufeff{"status": "ok"}')


@pytest.mark.parametrize("piece", ["[", '"', '"\\', '{"a":', "[],", '\\"', "\\ud800", "1,"])
def test_the_time_to_read_json_grows_with_its_length_and_no_faster(piece: str) -> None:
    def read(text: str) -> None:
        try:
            read_json(text)
        except ValueError:
            return

    assert_linear(read, piece)
    assert_linear(read, piece, '["{}"]')


def test_no_other_code_parses_json_from_outside() -> None:
    root = Path(__file__).parents[3]
    files = [file for room in ("bot", "commands") for file in (root / room).rglob("*.py")]
    # the picture is drawn by a process of our own; the rehearsal plays the outside; what a bundle holds is hashed as it
    # is, and has limits of its own
    bundle = {"bot/report/bundle/envelope.py", "bot/report/bundle/record_lines.py"}
    own = {"commands/text/foreign_json.py", "bot/report/picture.py", *bundle}
    found = {
        name
        for file in files
        if not (name := file.relative_to(root).as_posix()).startswith("bot/rehearsal/")
        and re.search(r"json\.loads?\(|JSONDecoder", file.read_text(encoding="utf-8"))
    }
    assert found == own
