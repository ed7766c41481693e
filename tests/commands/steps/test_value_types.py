"""A value is kept only if it fits its type, whatever a host or a web answer says."""

from __future__ import annotations

import time

import pytest

from commands.steps.value_types import ValueType, fits, misfit

HOSTILE = [
    "",
    " ",
    "$SLACK_BOT_TOKEN",
    "<commit>",
    "'; id; '",
    '"; id; "',
    "$(id)",
    "`id`",
    "a\nid",
    "a\r\nX-Admin: 1",
    "a\0b",
    "../../admin/users/7?force=1",
    "a/../../b",
    "..",
    ".",
    "./a",
    "/",
    "-rf",
    "--upload-pack=id",
    "a b",
    "a;id",
    "a|id",
    "a&id",
    "a>b",
    "~root",
    "{a,b}",
    "*",
    "?",
    "a[$(id)]",
    "a\\b",
    "a!b",
    "a#b",
    "ก",
    "a\u202eb",
    "a\ud800",
    "x" * 201,
]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("kind", [ValueType.WORD, ValueType.COMMIT, ValueType.NUMBER, ValueType.SHA256])
def test_no_hostile_text_is_a_word_a_commit_or_a_number(value: str, kind: ValueType) -> None:
    assert not fits(value, kind)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("7", ValueType.NUMBER),
        ("-0.5", ValueType.NUMBER),
        ("a" * 40, ValueType.COMMIT),
        ("0" * 64, ValueType.COMMIT),
        ("v2.4.1", ValueType.WORD),
        ("release/2026-11", ValueType.WORD),
        ("500:7:aa:1795449600.5", ValueType.WORD),
        ("2026-11-23T15:00:00+07:00", ValueType.WORD),
        ("c2Vzc2lvbg==", ValueType.WORD),
        ("/home/my user/.pm2/logs/out.log", ValueType.PATH),
        ("Test Job – งาน $5; 'x'", ValueType.TEXT),
    ],
)
def test_what_a_value_should_be_fits(value: str, kind: ValueType) -> None:
    assert fits(value, kind)


@pytest.mark.parametrize("value", ["", "-x", "a\nb", "a\0b", "a\u202eb", "a\ud800", "x" * 1001])
def test_a_text_is_one_line_of_printable_characters_and_no_option(value: str) -> None:
    assert not fits(value, ValueType.TEXT)


@pytest.mark.parametrize("value", ["a.log", "/a/../b", "/a\nb", ""])
def test_a_path_begins_at_the_root_and_does_not_go_back(value: str) -> None:
    assert not fits(value, ValueType.PATH)


@pytest.mark.parametrize("value", ["a" * 39, "a" * 41, "A" * 40, "g" * 40, "a" * 40 + "\n", "HEAD"])
def test_a_commit_is_exactly_40_or_64_hex_digits(value: str) -> None:
    assert not fits(value, ValueType.COMMIT)


@pytest.mark.parametrize("value", ["True", "None", "1e9", "inf", "nan", "0x7", "1 ", "๗", "1.", ".5", "1" * 31])
def test_a_number_has_digits_only(value: str) -> None:
    assert not fits(value, ValueType.NUMBER)


def test_the_sentence_names_the_value_its_source_and_what_was_expected_and_repeats_nothing() -> None:
    assert misfit("commit", "$TOKEN", ValueType.COMMIT, "printed on host “app”") == (
        "<commit> (printed on host “app”) must be a commit (40 or 64 hex digits), but it is not."
    )


def test_a_value_of_ten_million_characters_is_refused_at_once() -> None:
    began = time.process_time()
    assert not any(fits("a" * 10_000_000, kind) for kind in ValueType)
    assert time.process_time() - began < 1
