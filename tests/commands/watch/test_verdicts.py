"""The verdict on each check: ok, warning, bad, no data or could not ask; only ok is healthy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from commands.runbook import Page
from commands.watch.alerts import alerts_raised_by
from commands.watch.criteria import criteria_status
from commands.watch.verdicts import Verdict, check_verdicts
from state.records import Attempt, AttemptState, Record
from tests.pages import record, row, small

CRITERIA = """## Success criteria

```toml criteria
go = [{ text = "Fast", shown_by = ["response-time"] }]
no_go = [{ text = "API slow", shown_by = ["response-time"] }]
```

## Decision"""
TABLE = """## Before

### Baseline

```toml baseline
id = "baseline"
of = ["response-time"]
```
"""
PAGE = small(**{"## Decision": CRITERIA, "## Before\n": TABLE})


def verdict(page: Page, *rows: Attempt) -> str:
    (probe,) = check_verdicts(page, record(*rows))
    return probe.verdict


def levels(page: Page, *rows: Attempt) -> list[str]:
    return [one.level for one in alerts_raised_by(page, record(*rows), "response-time")]


def look(attempt: int, state: str = AttemptState.DONE, *, inconclusive: bool = False, **measures: float) -> Attempt:
    made = row("response-time", state, attempt, after=attempt, **measures)
    made.outcome["inconclusive"] = inconclusive
    return made


def before(**measures: float) -> Attempt:
    made = row("baseline", AttemptState.DONE)
    made.outcome["measures"] = {f"response-time/{name}": value for name, value in measures.items()}
    return made


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([look(1, seconds=0.2)], Verdict.OK),
        ([look(1, seconds=2.0)], Verdict.WARNING),
        ([look(1, seconds=9.0)], Verdict.WARNING),
        ([look(1, seconds=9.0), look(2, seconds=9.0)], Verdict.BAD),
        ([look(1, AttemptState.FAILED, seconds=0.1)], Verdict.BAD),
        ([look(1)], Verdict.NO_DATA),
        ([look(1, AttemptState.FAILED, inconclusive=True)], Verdict.UNREACHABLE),
        ([look(1, AttemptState.FAILED, inconclusive=True, failed=0.0)], Verdict.NO_DATA),
        ([look(1, AttemptState.UNKNOWN)], Verdict.UNREACHABLE),
        ([look(1, AttemptState.UNKNOWN, failed=1.0)], Verdict.UNREACHABLE),
    ],
)
def test_each_look_has_one_verdict(rows: list[Attempt], expected: str) -> None:
    assert verdict(PAGE, *rows) == expected


def test_too_few_requests_are_no_data() -> None:
    page = small(**{"in_a_row = 2": "enough = { requests = 20 }"})
    assert verdict(page, look(1, seconds=0.1, requests=3)) == Verdict.NO_DATA
    assert verdict(page, look(1, seconds=9.0, requests=3)) == Verdict.NO_DATA, "a few slow requests roll nothing back"
    assert verdict(page, look(1, seconds=9.0, requests=30)) == Verdict.BAD


def test_value_rule_and_baseline_stand_in_one_line() -> None:
    (probe,) = check_verdicts(PAGE, record(before(seconds=0.031), look(1, seconds=0.2)))
    assert probe.beside == "limit: above 5 s, before 31 ms"


def test_looks_that_tell_nothing_are_counted() -> None:
    (probe,) = check_verdicts(
        PAGE, record(look(1, seconds=0.1), look(2), look(3, AttemptState.FAILED, inconclusive=True))
    )
    assert probe.blind == 2


def test_what_was_bad_before_the_deploy_warns_and_calls_for_no_rollback() -> None:
    rows = record(before(seconds=7.0), look(1, seconds=9.0), look(2, seconds=9.0))
    (raised,) = alerts_raised_by(PAGE, rows, "response-time")
    assert (raised.level, raised.was_bad) == ("warning", True)
    assert "before the deploy 7 s" in raised.seen
    good = record(before(seconds=0.03), look(1, seconds=9.0), look(2, seconds=9.0))
    assert [one.level for one in alerts_raised_by(PAGE, good, "response-time")] == ["alert"]


@pytest.mark.parametrize(("baseline", "level"), [(4.0, "warning"), (1.0, "alert"), (0.0, "alert"), (None, "alert")])
def test_a_relative_rule_wants_both_the_limit_and_the_growth(baseline: float | None, level: str) -> None:
    page = small(**{"in_a_row = 2": "times_baseline = 3.0", "## Before\n": TABLE})
    rows = [before(seconds=baseline)] if baseline is not None else []
    (raised,) = alerts_raised_by(page, record(*rows, look(1, seconds=9.0)), "response-time")
    assert raised.level == level


@pytest.mark.parametrize(("requests", "level"), [(30, "warning"), (3, "alert")])
def test_what_was_bad_before_on_too_little_to_judge_by_excuses_nothing(requests: int, level: str) -> None:
    page = small(**{"in_a_row = 2": "enough = { requests = 20 }", "## Before\n": TABLE})
    rows = before(seconds=9.0, requests=requests), look(1, seconds=9.0, requests=30)
    (raised,) = alerts_raised_by(page, record(*rows), "response-time")
    assert raised.level == level


def test_a_rule_that_must_last_waits_for_it() -> None:
    page = small(**{"in_a_row = 2": 'lasting = "10 min"'})
    first, second, third = (row("response-time", AttemptState.DONE, n, after=5 * n, seconds=9.0) for n in (1, 2, 3))
    assert levels(page, first, second) == ["warning"]
    assert levels(page, first, second, third) == ["alert"]
    dip = row("response-time", AttemptState.DONE, 2, after=10, seconds=0.1)
    assert levels(page, first, dip, third) == ["warning"]
    assert levels(page, first, third) == ["warning"], "nobody looked in between"


def test_looks_in_a_row_are_of_neighbouring_due_moments() -> None:
    first, later = look(1, seconds=9.0), look(3, seconds=9.0)
    assert levels(PAGE, first, later) == ["warning"], "one was due between them and was not made"
    assert levels(PAGE, first, look(2, AttemptState.FAILED, inconclusive=True), later) == ["warning"]
    assert levels(PAGE, first, later, look(4, seconds=9.0)) == ["alert"]
    long = replace(first, ended_at=first.began_at + timedelta(minutes=16))
    assert levels(PAGE, long, later) == ["alert"], "the first one took so long that the second moment passed by"


def test_an_older_look_is_no_verdict_on_the_newest() -> None:
    page = small(**{"in_a_row = 2": "enough = { requests = 20 }"})
    bad, none = look(1, seconds=9.0, requests=100), look(2, requests=0)
    assert verdict(page, bad) == Verdict.BAD
    assert verdict(page, bad, none) == Verdict.NO_DATA
    assert levels(page, bad, none) == ["alert"], "a countdown that it began goes on"


def panel(*rows: Attempt) -> list[tuple[str, str]]:
    return [(one.text, one.mark) for one in criteria_status(PAGE, record(*rows))]


def test_the_panel_is_open_before_anything_is_measured_and_whenever_nothing_is_told() -> None:
    assert panel() == [("Fast", "open")]
    assert panel(look(1, seconds=0.1)) == [("Fast", "go")]
    assert panel(look(1, seconds=0.1), look(2)) == [("Fast", "open")], "no data is never healthy"
    assert panel(look(1, seconds=0.1), look(2, AttemptState.FAILED, inconclusive=True)) == [("Fast", "open")]


def test_a_sign_of_no_go_stands_first_with_its_evidence() -> None:
    rows: Record = record(look(1, seconds=0.1), look(2, AttemptState.FAILED, seconds=6.0))
    assert [(one.text, one.mark, one.sign) for one in criteria_status(PAGE, rows)] == [
        ("API slow", "no-go", True),
        ("Fast", "no-go", False),
    ]
    assert criteria_status(PAGE, rows)[0].evidence.endswith("(1 of 2 looks)")
