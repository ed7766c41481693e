"""What is counted of a measurement, what is left out of it, and where a survivor is said to be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.mutants.summary import NO_TEST, SURVIVED, Mutant, read_equivalent, summary
from tests.mutants.tool import changed, words

ROOT = Path(__file__).parents[2]
ONE = Mutant("commands/text/names.py", 7, ("return a < b",), ("return a <= b",), SURVIVED)
KILLED = replace(ONE, line=9, before=("return a",), after=("return None",), code=1)
ENTRY = """# told once

commands/text/names.py
- return a < b
+ return a <= b
why: a and b are never the same,
because their names differ
"""


def test_a_time_out_counts_as_noticed_and_a_line_without_a_test_as_survived() -> None:
    found = [ONE, KILLED, replace(KILLED, code=-14), replace(ONE, line=8, code=NO_TEST)]
    said = summary(found, [], "commands/text").splitlines()
    assert said[-5:] == [
        "mutants    4, and 0 equivalent ones that are not counted",
        "killed     1",
        "survived   2, 1 of them where no test of the room comes by",
        "timed out  1",
        "share      50.0 % killed or timed out",
    ]


def test_each_place_is_listed_once_with_all_that_was_made_of_it() -> None:
    said = summary([replace(ONE, after=("return a > b",)), ONE, KILLED], [], "commands/text")
    assert "\n\ncommands/text/names.py:7\n  - return a < b\n  + return a > b\n  + return a <= b\n\nmutants" in said


def test_an_equivalent_one_is_left_out_wherever_its_line_is_by_now() -> None:
    said = summary([replace(ONE, line=70), KILLED], read_equivalent(ENTRY), "commands/text")
    assert "mutants    1, and 1 equivalent ones" in said
    assert "share      100.0 %" in said
    assert "names.py:70" not in said


def test_an_equivalent_one_that_was_noticed_is_told_in_its_own_room_alone() -> None:
    noticed = [replace(ONE, code=1)]
    assert "no survivor (any more):\n  commands/text/names.py: return a <= b" in summary(
        noticed, read_equivalent(ENTRY), "commands/text"
    )
    assert "any more" not in summary([], read_equivalent(ENTRY), "commands/run")


def test_a_strange_end_is_neither_killed_nor_survived() -> None:
    said = summary([KILLED, replace(ONE, code=255)], [], "commands/text")
    assert "not known  1" in said
    assert "share      100.0 %" in said


def test_an_entry_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="and why"):
        read_equivalent(ENTRY.split("why:", maxsplit=1)[0])


def test_the_files_of_the_listed_equivalent_ones_exist() -> None:
    listed = read_equivalent(Path(__file__).with_name("equivalent.txt").read_text(encoding="utf-8"))
    assert [one.file for one in listed if not (ROOT / one.file).exists()] == []


@pytest.mark.parametrize("text", ["rolling back", "roll back", "data-return", "%H:%M", "KEEP", ""])
def test_what_the_code_goes_by_is_a_name(text: str) -> None:
    assert not words(text)


@pytest.mark.parametrize("text", ["decide KEEP", "go on in spite of this", ", ", "It is over.", "30 min"])
def test_what_people_read_is_words(text: str) -> None:
    assert words(text)


def test_a_change_is_told_from_its_first_line_to_its_last() -> None:
    assert changed(["def a():", "    b(", "        1,", "    )"], ["def a():", "    b(", "        2,", "    )"]) == (
        2,
        ["1,"],
        ["2,"],
    )
    assert changed(["a"], ["a"]) == (0, [], [])
