"""The tally of a soak, and its report."""

from __future__ import annotations

from tests.crash.__main__ import report
from tests.crash.random_kills import Tally


def test_every_doubled_lost_or_wrong_thing_is_a_problem_and_a_question_is_none() -> None:
    tally = Tally(wanted=1, doubled=["a"], lost=["b"], messages=["c"], ends=["d"], questions=["e"])
    assert tally.problems == ["a", "b", "c", "d"]
    assert Tally(wanted=1, questions=["e"]).problems == []


def test_a_tally_is_complete_with_as_many_kills_as_wanted() -> None:
    assert [Tally(wanted=20, kills=kills).is_complete for kills in (19, 20)] == [False, True]


def test_the_report_has_the_figures_and_a_line_for_every_problem_and_question() -> None:
    tally = Tally(wanted=3, kills=3, runs=2, doubled=["x happened 2 times"], questions=["Is it done?"])
    tally.recovery = [1.0, 2.0, 9.0]
    assert report(tally, 7, 60.4).splitlines() == [
        "seed 7: 3 kills in 2 runs, 60 s",
        "effects doubled 1, effects lost 0, wrong ends 0",
        "messages doubled, lost or out of order: 0",
        "questions to people: 1",
        "recovery: median 2.00 s, worst 9.00 s (of 3)",
        "  ✗ x happened 2 times",
        "  ? Is it done?",
    ]
