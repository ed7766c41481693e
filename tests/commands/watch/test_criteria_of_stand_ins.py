"""GO and NO-GO lines of an alert with a stand-in rule: both are shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.watch.criteria import criteria_status
from state.records import Attempt, AttemptState
from tests.commands.watch import stand_in
from tests.commands.watch.stand_in import jobs, jobs_unreachable, real
from tests.commands.watch.watched import QUESTION, WATCH_BOX
from tests.pages import record, row


@pytest.mark.parametrize(
    ("attempts", "mark", "evidence"),
    [
        ([], "open", "real traffic: not measured yet; test jobs: not measured yet"),
        (
            [real(1, 3)],
            "open",
            "real traffic (0 of 1 sample had enough data): too little data; test jobs: not measured yet",
        ),
        ([real(1, 3), jobs(1)], "go", "real traffic (0 of 1 sample had enough data): too little data; test jobs: made"),
        (
            [real(1, 40)],
            "go",
            "real traffic (1 of 1 sample had enough data): 0 %, within the limit; test jobs: not measured yet",
        ),
        (
            [real(1, 40), real(2, 3), jobs(1)],
            "go",
            "real traffic (1 of 2 samples had enough data): 0 %, within the limit; test jobs: made",
        ),
        (
            [real(1, 40), real(2, 3)],
            "open",
            "real traffic (1 of 2 samples had enough data): 0 %, within the limit; test jobs: not measured yet",
        ),
        (
            [real(1, 3, 1.0), jobs(1)],
            "go",
            "real traffic (0 of 1 sample had enough data): too little data; test jobs: made",
        ),
        (
            [real(1, 40, 0.05), real(2, 3), jobs(1)],
            "no-go",
            "real traffic (1 of 2 samples had enough data): 5 % (1 sample, 1 over the limit); test jobs: made",
        ),
        (
            [real(1, 40), jobs(1, 1.0)],
            "no-go",
            "real traffic (1 of 1 sample had enough data): 0 %, within the limit; test",
        ),
        (
            [real(1, 3), jobs_unreachable(1)],
            "open",
            "real traffic (0 of 1 sample had enough data): too little data; test jobs: unreachable: ",
        ),
        ([jobs(1)], "go", "real traffic: not measured yet; test jobs: made"),
        (
            [real(1, 40), jobs_unreachable(1)],
            "go",
            "real traffic (1 of 1 sample had enough data): 0 %, within the limit; ",
        ),
    ],
)
def test_the_panel_shows_both_rules_and_missing_data_alone_is_never_good(
    attempts: list[Attempt], mark: str, evidence: str
) -> None:
    line = criteria_status(stand_in.PAGE, record(*attempts))[-1]
    assert line.mark == mark, line.evidence
    assert line.evidence.startswith(evidence)


def test_a_line_with_a_stand_in_is_as_old_as_the_newer_of_both() -> None:
    later = jobs(2)
    assert criteria_status(stand_in.PAGE, record(real(1, 40), later))[-1].at == later.at
    newer = real(3, 40)
    assert criteria_status(stand_in.PAGE, record(jobs(1), newer))[-1].at == newer.at
    assert criteria_status(stand_in.PAGE, record())[-1].at is None


def test_the_lines_own_limit_does_not_judge_the_stand_in() -> None:
    go = '{ text = "Jobs", shown_by = ["Failures"], above = -1.0 }'
    page = stand_in.page_with(criteria=f"## Success criteria\n\n```toml criteria\ngo = [{go}]\n```\n\n## Decision")
    assert criteria_status(page, record(real(1, 3), jobs(1)))[-1].mark == "go"
    assert criteria_status(page, record(real(1, 40), jobs(1)))[-1].mark == "no-go", "0 % is above -1"


def test_a_warning_of_the_stand_in_is_no_sign_of_no_go() -> None:
    warns = stand_in.RULES.replace('measure = "failed"\n', 'measure = "failed"\nwarn_above = 0.05\n')
    page = stand_in.page_with(warns)
    warned = record(real(1, 3), replace(jobs(1), outcome={"measures": {"failed": 0.07}}))
    assert [line.mark for line in criteria_status(page, warned)] == ["no-go"], "only the GO line counts a warning"


def test_both_rules_are_named_by_the_last_part_of_their_checks_titles() -> None:
    titles = {"real": "Every 15 minutes: API: real", "tests": "Test jobs"}
    steps = tuple(replace(step, title=titles.get(step.id, step.title)) for step in stand_in.PAGE.steps)
    (line,) = criteria_status(replace(stand_in.PAGE, steps=steps), record())
    assert line.evidence == "real: not measured yet; Test jobs: not measured yet"


def test_a_stand_in_on_a_question_measures_nothing() -> None:
    rules = stand_in.RULES.replace('check = "tests"', 'check = "all-well"')
    page = stand_in.page_with(rules, **{WATCH_BOX: QUESTION})
    (line,) = criteria_status(page, record(real(1, 3), row("all-well", AttemptState.DONE)))
    assert (line.mark, line.evidence.partition("; ")[2]) == ("open", "All well?: not measured yet")
