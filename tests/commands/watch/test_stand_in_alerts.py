"""A row of the alert table in whose stead another one judges while there is too little to judge by: quiet is neither good nor blind."""

from __future__ import annotations

import pytest

from bot.slack.views.checks import check_summary
from commands.report.run_data import RunData
from commands.report.status import status_of
from commands.run.events import step_ended
from commands.runbook import Page
from commands.steps.outcome import done
from commands.watch.alerts import alerts_for_rollback, alerts_raised_by
from commands.watch.countdown import CancelCountdown, due_countdown
from commands.watch.criteria import criteria_status
from commands.watch.verdicts import Verdict, check_verdicts
from state.errors import BadPage
from state.records import Attempt, AttemptState, Record
from tests.pages import NOON, SMALL, record, row, said, small

CHECKS = """### Every 15 minutes: real traffic

```toml http
id = "real"
web = "api"
path = "/real"
every = "15 min"
on_failure = "tell"
```

### Every 15 minutes: test jobs

```toml http
id = "tests"
web = "api"
path = "/tests"
every = "15 min"
on_failure = "tell"
```

## Alerts
"""
ROWS = """[[alert]]
name = "Failures"
check = "real"
measure = "failed_share"
above = 0.1
warn_above = 0.01
enough = { requests = 20 }
otherwise = "Failures (test jobs)"

[[alert]]
name = "Failures (test jobs)"
check = "tests"
measure = "failed"
above = 0.1
in_a_row = 2
"""
CRITERIA = """## Success criteria

```toml criteria
go = [{ text = "Jobs can be made", shown_by = ["Failures"] }]
no_go = [{ text = "Job errors", shown_by = ["Failures"] }]
```

## Decision"""
TABLE = SMALL.split("```toml alerts\n")[1].split("```")[0]


def page(rows: str = ROWS) -> Page:
    return small(**{"## Alerts\n": CHECKS, TABLE: rows, "## Decision": CRITERIA})


PAGE = page()


def real(attempt: int, requests: float, share: float | None = 0.0, *, inconclusive: bool = False) -> Attempt:
    measures = {"requests": requests, **({} if share is None else {"failed_share": share})}
    made = row(
        "real",
        AttemptState.FAILED if inconclusive else AttemptState.DONE,
        attempt,
        after=15 * attempt,
        **({} if inconclusive else measures),
    )
    made.outcome["inconclusive"] = inconclusive
    return made


def jobs(attempt: int, failed: float = 0.0) -> Attempt:
    return row(
        "tests", AttemptState.FAILED if failed else AttemptState.DONE, attempt, after=15 * attempt + 1, failed=failed
    )


def inconclusive(attempt: int) -> Attempt:
    made = row("tests", AttemptState.FAILED, attempt, after=15 * attempt + 1)
    made.outcome["inconclusive"] = True
    return made


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([real(1, 40), jobs(1)], Verdict.OK),
        ([real(1, 40, 0.05), jobs(1)], Verdict.WARNING),
        ([real(1, 40, 0.2), jobs(1)], Verdict.BAD),
        ([real(1, 0, None), jobs(1)], Verdict.QUIET),
        ([real(1, 3, 1.0), jobs(1)], Verdict.QUIET),
        ([real(1, 0, None), jobs(1, 1.0)], Verdict.QUIET),
        ([real(1, 0, None)], Verdict.NO_DATA),
        ([real(1, 0, None), inconclusive(1)], Verdict.NO_DATA),
        ([real(1, 0, None, inconclusive=True), jobs(1)], Verdict.UNREACHABLE),
    ],
)
def test_too_little_to_judge_by_is_quiet_as_long_as_the_other_row_can_judge(rows: list[Attempt], expected: str) -> None:
    assert check_verdicts(PAGE, record(*rows))[0].verdict == expected


def test_a_quiet_night_calls_nobody_and_an_unreadable_log_does() -> None:
    nights = [one for n in range(1, 9) for one in (real(n, 2), jobs(n))]
    assert [one.blind for one in check_verdicts(PAGE, record(*nights))] == [0, 0]
    assert _told(record(*nights), real(8, 2)) == []
    closed = [*nights[:-4], real(7, 0, inconclusive=True), jobs(7), real(8, 0, inconclusive=True)]
    assert _told(record(*closed), closed[-1]) == ["blind"]


def test_a_quiet_check_says_who_judges_instead() -> None:
    assert (
        check_verdicts(PAGE, record(real(1, 3), jobs(1)))[0].beside
        == "with less than 20 requests “Failures (test jobs)” judges"
    )
    assert check_verdicts(PAGE, record(real(1, 30), jobs(1)))[0].beside == "limit: above 10 %"


@pytest.mark.parametrize(
    ("newest", "words"),
    [
        ([real(1, 40), jobs(1)], "✅ 2 checks ok"),
        ([real(1, 3), jobs(1)], "✅ 1 check ok, 💤 1 quiet"),
        ([real(1, 3), jobs(1, 1.0)], "*❌ 1 bad, 💤 1 quiet* of 2 checks"),
    ],
)
def test_a_status_post_does_not_make_a_quiet_night_look_like_trouble(newest: list[Attempt], words: str) -> None:
    assert check_summary(status_of(PAGE, record(*newest), NOON)) == words


def test_one_measurement_on_enough_requests_calls_for_the_rollback() -> None:
    (raised,) = alerts_for_rollback(PAGE, record(jobs(1), real(1, 40, 0.2)))
    assert raised.seen == "20 % (limit: above 10 %, with at least 20 requests)"


def test_the_other_row_rolls_back_only_while_there_is_too_little() -> None:
    failing = [jobs(1, 1.0), jobs(2, 1.0)]
    assert _calling(record(*failing, real(1, 40), real(2, 3))) == ["Failures (test jobs)"]
    assert _calling(record(*failing)) == ["Failures (test jobs)"], "a look that was never made judges nothing"
    aside = record(*failing, real(1, 3), real(2, 40))
    assert _calling(aside) == []
    (raised,) = alerts_raised_by(PAGE, aside, "tests")
    assert raised.level == "warning", "it is said all the same"
    assert "“Failures” has enough to judge by, so this only warns" in raised.seen


def test_a_countdown_that_is_over_because_the_first_row_judges_again_says_so() -> None:
    begun = said("countdown", "Failures (test jobs)", 1)
    rows = (jobs(1, 1.0), jobs(2, 1.0), real(2, 40))
    over = due_countdown(PAGE, record(*rows, facts=(begun,)), NOON)
    assert isinstance(over, CancelCountdown)
    assert over.why == "“Failures” has enough to judge by again, and judges instead"
    good = due_countdown(PAGE, record(*rows[:2], jobs(3), facts=(begun,)), NOON)
    assert isinstance(good, CancelCountdown)
    assert good.why.startswith("within its limits again")


@pytest.mark.parametrize(
    ("rows", "mark", "evidence"),
    [
        ([], "open", "real traffic: not measured yet; test jobs: not measured yet"),
        (
            [real(1, 3)],
            "open",
            "real traffic: too little to judge by (0 of 1 looks had enough); test jobs: not measured yet",
        ),
        (
            [real(1, 3), jobs(1)],
            "go",
            "real traffic: too little to judge by (0 of 1 looks had enough); test jobs: made",
        ),
        (
            [real(1, 40)],
            "go",
            "real traffic: 0 %, within its limits (1 of 1 looks had enough); test jobs: not measured yet",
        ),
        (
            [real(1, 40), real(2, 3), jobs(1)],
            "go",
            "real traffic: 0 %, within its limits (1 of 2 looks had enough); test jobs: made",
        ),
        ([real(1, 40), real(2, 3)], "open", ""),
        ([real(1, 3, 1.0), jobs(1)], "go", ""),
        (
            [real(1, 40, 0.05), real(2, 3), jobs(1)],
            "no-go",
            "real traffic: 5 %, 1 of 1 looks beyond its limits (1 of 2 looks had enough); test jobs: made",
        ),
        ([real(1, 40), jobs(1, 1.0)], "no-go", ""),
        ([real(1, 3), inconclusive(1)], "open", ""),
    ],
)
def test_the_panel_shows_both_and_silence_is_never_good_by_itself(
    rows: list[Attempt], mark: str, evidence: str
) -> None:
    made = [_said(one, "made") if one.step == "tests" and one.state == AttemptState.DONE else one for one in rows]
    line = criteria_status(PAGE, record(*made))[-1]
    assert line.mark == mark, line.evidence
    assert line.evidence.startswith(evidence)


def test_a_chart_and_a_report_leave_out_what_was_measured_on_too_little() -> None:
    data = RunData(PAGE, record(real(1, 3, 1.0), real(2, 40, 0.02)))
    assert [value for _, value, _ in data.measurements("real", "failed_share")] == [0.02]
    assert [value for _, value, _ in data.measurements("real", "requests")] == [3, 40]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('otherwise = "Failures (test jobs)"', 'otherwise = "Nobody"', 'there is no alert "Nobody"'),
        ("enough = { requests = 20 }\n", "", "otherwise needs enough as well"),
        ("in_a_row = 2", "expected = true", "cannot judge instead"),
        ("in_a_row = 2", "enough = { requests = 1 }", "cannot judge instead"),
        ('check = "tests"', 'check = "real"', "cannot judge instead"),
        ("above = 0.1", "above = 1.0", "failed_share is never above 1"),
    ],
)
def test_a_row_in_whose_stead_nothing_can_judge_is_refused(old: str, new: str, words: str) -> None:
    with pytest.raises(BadPage, match=words):
        page(ROWS.replace(old, new, 1))


def _calling(of: Record) -> list[str]:
    return [raised.alert.name for raised in alerts_for_rollback(PAGE, of)]


def _said(one: Attempt, summary: str) -> Attempt:
    return Attempt(**{**vars(one), "summary": summary})


def _told(of: Record, newest: Attempt) -> list[str]:
    """The kinds of what is told when the newest look has ended, but that it has."""
    said = step_ended(PAGE, of, PAGE.step(newest.step), newest, done(""), 1)
    return [one.data.stored_kind for one in said if one.data.stored_kind not in {"checked", "ended"}]
