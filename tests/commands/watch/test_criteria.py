"""GO and NO-GO lines against records laid out by hand."""

from __future__ import annotations

import pytest

from commands.report.alert_history import alert_occurrences
from commands.report.charts import panels
from commands.report.run_data import RunData
from commands.runbook import Page
from commands.runbook.page import Criterion
from commands.watch.criteria import criteria_status, criterion_holds
from state.errors import BadPage
from state.events import event_from
from state.records import Attempt, AttemptState, Event, Record
from tests.pages import NOON, record, row, said, small

CRITERIA = """## Success criteria

```toml criteria
go = [{ text = "Fast", shown_by = ["response-time"] }]
no_go = [{ text = "API slow", shown_by = ["response-time"] }, { text = "Smoke tests failed", shown_by = ["health"] }]
```

## Decision"""
PAGE = small(**{"## Decision": CRITERIA})
FAST = Criterion(text="Fast", shown_by=["response-time"])


@pytest.mark.parametrize(
    ("seconds", "expected"), [([], None), ([0.2, 0.3], True), ([0.2, 1.4, 0.2], False), ([0.2, 9.0], False)]
)
def test_one_slow_answer_in_the_watch_is_not_forgotten(seconds: list[float], expected: bool | None) -> None:
    rows = [
        row("response-time", AttemptState.DONE, n, after=n, seconds=value) for n, value in enumerate(seconds, start=1)
    ]
    assert criterion_holds(PAGE, record(*rows), FAST) is expected


def test_a_failed_check_counts_although_a_later_one_was_good() -> None:
    rows = (row("response-time", AttemptState.FAILED, 1, after=1), row("response-time", AttemptState.DONE, 2, after=2))
    assert criterion_holds(PAGE, record(*rows), FAST) is False


def test_a_step_counts_by_its_newest_attempt() -> None:
    rows = (row("health", AttemptState.FAILED, 1), row("health", AttemptState.DONE, 2))
    assert criterion_holds(PAGE, record(*rows), Criterion(text="Health", shown_by=["health"])) is True


def test_what_nothing_shows_is_left_to_people() -> None:
    assert criterion_holds(PAGE, record(), Criterion(text="Users are happy")) is None


def test_signs_of_no_go_are_named() -> None:
    rows = (row("health", AttemptState.FAILED), row("response-time", AttemptState.DONE, seconds=9.0))
    assert signs(PAGE, *rows) == ["API slow", "Smoke tests failed"]


def signs(page: Page, *rows: Attempt) -> list[str]:
    return [line.text for line in criteria_status(page, record(*rows)) if line.sign]


def line(page: Page, of: Record) -> tuple[str, str]:
    """The mark and the evidence of the first GO line."""
    found = next(one for one in criteria_status(page, of) if not one.sign)
    return found.mark, found.evidence


def with_lines(go: str, no_go: str = "", **changes: str) -> Page:
    lines = f"```toml criteria\ngo = [{go}]\nno_go = [{no_go}]\n```\n"
    return small(**{"## Decision": f"## Success criteria\n\n{lines}\n## Decision", **changes})


SLOW = 'text = "API slow (> 2s)", shown_by = ["API response > 5 s"], above = 2.0'


def test_a_warning_keeps_a_go_line_from_being_met_and_is_no_sign_of_no_go() -> None:
    page = with_lines('{ text = "Fast", shown_by = ["response-time"] }', f"{{ {SLOW} }}")
    look = row("response-time", AttemptState.DONE, seconds=1.2)
    assert line(page, record(look)) == ("no-go", "1.2 s, 1 of 1 looks beyond its limits")
    assert signs(page, look) == []
    assert signs(PAGE, look) == []
    assert signs(page, row("response-time", AttemptState.DONE, seconds=2.5)) == ["API slow (> 2s)"], (
        "the line's own limit"
    )
    assert signs(PAGE, row("response-time", AttemptState.DONE, seconds=2.5)) == [], "the alert table's"
    assert signs(page, row("response-time", AttemptState.FAILED, seconds=0.05)) == [], (
        "an API that answers 500 at once is not slow"
    )


@pytest.mark.parametrize(
    ("go", "words"),
    [
        ('text = "Fast", shown_by = ["response-time"], above = 2.0', "name only alerts in shown_by"),
        ('text = "Fast", above = 2.0', "name only alerts in shown_by"),
        ('text = "Quiet", shown_by = ["health"], within = "1 h"', "not a check that runs within that time"),
        ('text = "Quiet", shown_by = ["response-time"], within = "5 min"', "not a check that runs within"),
    ],
)
def test_a_limit_or_a_time_that_would_mean_nothing_is_refused(go: str, words: str) -> None:
    with pytest.raises(BadPage, match=words):
        with_lines(f"{{ {go} }}")


def test_what_a_person_did_in_place_of_the_bot_counts_and_is_said() -> None:
    names = '["ready", "put-the-code-there", "health"]'
    page = with_lines(f'{{ text = "All passed", shown_by = {names} }}')
    rows = (
        row("ready", AttemptState.DONE),
        row("put-the-code-there", AttemptState.DONE),
        row("health", AttemptState.FAILED),
    )
    done = said("answer", "health", 1, said="done", reason="I opened it", person="UDEV")
    assert line(page, record(*rows)) == ("no-go", "")
    (one,) = criteria_status(page, record(*rows, facts=(done,)))
    assert (one.mark, one.evidence, one.by) == (
        "go",
        "3 of 3 passed; “Health” was done by hand: I opened it",
        ("UDEV",),
    )
    skip = said("answer", "health", 1, said="skip", reason="never mind")
    assert line(page, record(*rows, facts=(skip,)))[0] == "no-go"


LOG = 'logs\nhost = "backend"\nfile = "/e"\nsince = "0"'
QUIET = with_lines(
    '{ text = "No error logs in 1 hour", shown_by = ["response-time"], within = "1 h" }',
    **{'http\nweb = "api"\npath = "/jobs"': LOG},
)


def test_what_must_not_be_within_an_hour_is_forgotten_after_it() -> None:
    early = [row("response-time", AttemptState.FAILED, n, after=15 * n, lines=1.0) for n in range(1, 6)]
    assert line(QUIET, record(*early[:1]))[0] == "no-go"
    assert line(QUIET, record(*early[:4]))[0] == "no-go"
    assert line(QUIET, record(*early)) == ("go", "nothing new in 4 looks of the last 1 h")
    again = row("response-time", AttemptState.FAILED, 6, after=90, lines=2.0)
    assert line(QUIET, record(*early, again))[0] == "no-go"
    blind = row("response-time", AttemptState.UNKNOWN, 6, after=90)
    assert line(QUIET, record(*early, blind))[0] == "open", "what could not be looked at is not well"
    assert line(QUIET, record(*early[:4], speed=15.0))[0] == "go", "the hour is that of the watch"


def test_a_limit_beside_the_baseline_judges_the_panel_as_it_judges_the_check() -> None:
    table = '## Before\n\n### Baseline\n\n```toml baseline\nid = "baseline"\nof = ["response-time"]\n```\n'
    rows = {"warn_above = 1.0\nin_a_row = 2": "times_baseline = 3.0", "## Before\n": table}
    page = with_lines('{ text = "Fast", shown_by = ["response-time", "API response > 5 s"] }', **rows)
    before = row("baseline", AttemptState.DONE)
    before.outcome["measures"] = {"response-time/seconds": 4.0}
    look = row("response-time", AttemptState.DONE, seconds=9.0)
    assert line(page, record(before, look))[0] == "go", "nine seconds are not three times four"
    assert line(page, record(look))[0] == "no-go"
    deployed, worse = (
        row("put-the-code-there", AttemptState.DONE),
        row("response-time", AttemptState.DONE, 2, after=15, seconds=13.0),
    )
    data = RunData(page, record(before, deployed, look, worse))
    assert [value for _, value in panels(data)[0].raised] == [13.0]
    rung = Event(
        id=1, run=1, at=NOON, step="", data=event_from("warning", {"name": "API response > 5 s"}), before="", hash=""
    )
    later = row("response-time", AttemptState.DONE, 1, after=5, seconds=9.0)
    (ended,) = alert_occurrences(RunData(page, record(before, deployed, later)), [rung])
    assert ended.ended.startswith("within its limits again at T+5 min: 9")
