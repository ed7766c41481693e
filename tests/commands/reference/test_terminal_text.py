"""`gonogo kinds` at a terminal of 80 columns."""

from __future__ import annotations

import pytest

from bot.cli import main
from commands.reference.boxes import HEAD_BOXES
from commands.reference.terminal_text import box_lines, overview_lines
from commands.steps import KINDS


@pytest.mark.parametrize("name", [*KINDS, *HEAD_BOXES])
def test_each_box_fits_eighty_columns(name: str) -> None:
    assert [line for line in box_lines(name) if len(line) > 80] == []


def test_the_overview_fits_too_and_names_every_box() -> None:
    lines = list(overview_lines())
    assert [line for line in lines if len(line) > 80] == []
    assert {*KINDS, *HEAD_BOXES} <= {line.split()[0] for line in lines if line.startswith("  ")}


def test_a_box_shows_its_form_its_default_and_its_example() -> None:
    text = "\n".join(box_lines("backup"))
    assert "  at_least_lines (whole number (lines), at least 1, without it 1000)\n" in text
    assert "      at_least_lines = 5000\n" in text
    assert "  host (text, needed)\n" in text
    assert text.endswith("after, together, every, always.")


def test_an_unknown_kind_is_one_sentence_and_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kinds", "htpt"]) == 1
    assert capsys.readouterr().err == 'gonogo: There is no kind "htpt"; did you mean "http"?\n'
    assert main(["kinds", "http"]) == 0
    assert "Sends one request" in capsys.readouterr().out
    assert main(["kinds"]) == 0
    assert "Fields of every kind:" in capsys.readouterr().out
