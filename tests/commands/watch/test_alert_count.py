"""The alerts of the watch as a criterion: each counts; what was not looked at shows nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from commands.progress.step_state import WATCH
from commands.run.events import counted_alerts
from commands.runbook import Page, read_page
from commands.watch.alert_count import count_alerts
from commands.watch.criteria import criteria_status, criterion_holds
from state.errors import BadPage
from state.records import Attempt, AttemptState
from tests.commands.watch.criteria_lines import go_line, mark_and_evidence, page_with
from tests.commands.watch.watched import CHECK
from tests.pages import record, row, said

ALERT = "API response > 5 s"
QUIET = '{ text = "Soak without an alert", max_alerts = 0 }'
PAGE = page_with(QUIET)
STARTED = row(WATCH, "running")


def taken(*samples: tuple[str, float], page: Page = PAGE) -> list[Attempt]:
    """Samples of the response time, each 15 minutes after the other, as the runner stores them."""
    attempts: list[Attempt] = [STARTED]
    for number, (state, seconds) in enumerate(samples, start=1):
        measures = {} if state == "away" else {"seconds": seconds}
        sample = row(CHECK, "failed" if state == "away" else state, number, after=15 * (number - 1), **measures)
        if state == "away":
            sample = replace(sample, outcome={"inconclusive": True})
        running = replace(sample, state=AttemptState.RUNNING, outcome={})
        before = record(*attempts, running)
        attempts.append(counted_alerts(page, before, page.step(CHECK), sample))
    return attempts


FINE, SLOW, AWAY = ("done", 0.2), ("done", 9.0), ("away", 0.0)


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("samples", "mark", "evidence"),
    [
        ([], "open", "not measured yet"),
        ([FINE, FINE, SLOW], "go", "no alert in 3 samples over 30 min"),
        ([SLOW, SLOW], "no-go", f"1 alert: “{ALERT}” 1×"),
        ([SLOW, SLOW, SLOW, SLOW], "no-go", f"1 alert: “{ALERT}” 1×"),
        ([SLOW, SLOW, AWAY, SLOW, SLOW], "no-go", f"2 alerts: “{ALERT}” 2×"),
        ([SLOW, SLOW, SLOW, AWAY], "no-go", f"1 alert: “{ALERT}” 1×"),
        ([SLOW, SLOW, FINE, SLOW, SLOW], "no-go", f"2 alerts: “{ALERT}” 2×"),
        ([FINE, AWAY], "go", "no alert in 2 samples, 1 of them without data over 15 min"),
        ([AWAY, AWAY], "open", "no data in 2 samples"),
    ],
)
def test_the_alerts_of_the_soak_are_counted(samples: Sequence[tuple[str, float]], mark: str, evidence: str) -> None:
    assert mark_and_evidence(PAGE, *taken(*samples)) == (mark, evidence)


def test_a_failing_check_that_no_rule_judges_calls_people_too_and_counts() -> None:
    assert mark_and_evidence(PAGE, *taken(("failed", 0.2), ("failed", 0.3), FINE, ("failed", 0.2))) == (
        "no-go",
        "2 alerts: “Response time” 2×",
    )


def test_an_alert_that_people_held_as_a_false_alarm_counts_and_says_so() -> None:
    held = said("false alarm", ALERT, 1, said="30 min", reason="a load test")
    text = mark_and_evidence(PAGE, *taken(SLOW, SLOW), facts=(held,))
    assert text == ("no-go", f"1 alert: “{ALERT}” 1×; 1 held as a false alarm")


def test_a_page_may_allow_some_alerts() -> None:
    page = page_with('{ text = "At most one alert", max_alerts = 1 }')
    assert mark_and_evidence(page, *taken(SLOW, SLOW))[0] == "go"
    assert mark_and_evidence(page, *taken(SLOW, SLOW, FINE, SLOW, SLOW))[0] == "no-go"


def test_samples_of_an_earlier_version_are_no_evidence_that_there_was_no_alert() -> None:
    old = [row(CHECK, "done", number, after=15 * number, seconds=0.2) for number in (1, 2)]
    assert mark_and_evidence(PAGE, STARTED, *old) == ("open", "an earlier version of the bot took 2 of 2 samples")


def test_the_time_of_the_watch_is_that_of_its_planned_speed() -> None:
    attempts = taken(FINE, FINE)
    assert mark_and_evidence(PAGE, *attempts, speed=60.0)[1].startswith("no alert in 2 samples over 15 h")
    assert count_alerts(PAGE, record(*attempts)).raised == Counter()


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(("later", "gap"), [(0, ""), (25, ""), (120, ", and for 2 h 15 min of it none was taken")])
def test_the_time_in_which_the_bot_did_not_look_is_named(later: int, gap: str) -> None:
    *before, last = taken(FINE, FINE, FINE)
    moved = replace(last, began_at=last.began_at + timedelta(minutes=later))
    mark, evidence = mark_and_evidence(PAGE, *before, moved)
    assert (mark, evidence.partition("over ")[2].partition(",")[2]) == ("go", gap.removeprefix(","))


@pytest.mark.fault("slow, taken for broken")
def test_a_check_that_takes_a_while_in_a_sped_up_rehearsal_is_no_time_without_one() -> None:
    first, last = taken(FINE, FINE)[1:]
    last = replace(last, began_at=first.began_at + timedelta(seconds=55))
    assert mark_and_evidence(PAGE, STARTED, first, last, speed=60.0) == ("go", "no alert in 2 samples over 55 min")


def test_it_may_stand_beside_other_evidence_and_holds_in_the_report() -> None:
    both = page_with('{ text = "Quiet", max_alerts = 0, shown_by = ["health"] }')
    assert both.criteria
    (line,) = both.criteria.go
    assert not line.for_people
    done, failed = row("health", "done"), row("health", "failed")
    assert criterion_holds(both, record(done, *taken(FINE)), line) is True
    assert criterion_holds(both, record(failed, *taken(FINE)), line) is False
    assert criterion_holds(both, record(done, *taken(SLOW, SLOW)), line) is False
    assert criterion_holds(both, record(done), line) is None


def test_a_number_without_a_meaning_is_refused() -> None:
    with pytest.raises(BadPage, match=r"max_alerts: "):
        page_with(QUIET.replace("0", "-1"))
    head, _, rest = PAGE.text.partition("## Watch")
    without_watch = head + "## Rollback" + rest.partition("## Rollback")[2]
    with pytest.raises(BadPage, match="max_alerts: the page has no checks of a watch"):
        read_page(without_watch, "small.md")


def test_once_the_run_is_decided_nothing_stands_as_if_it_were_still_open() -> None:
    page = page_with(f'{QUIET}, {{ text = "Users are happy" }}')
    keep = said("keep")
    for facts in ((keep,), (said("rollback"),)):
        left = [(line.mark, line.evidence) for line in criteria_status(page, record(facts=facts))]
        assert left == [("left", "not measured"), ("left", "left to whoever decided")]
    assert go_line(page, record(*taken(FINE), facts=(keep,))).mark == "go"
