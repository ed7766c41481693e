"""How each alert of a run ended."""

from __future__ import annotations

from datetime import timedelta

from commands.report.alert_history import AlertOccurrence, alert_occurrences
from commands.report.run_data import RunData
from commands.runbook import Page
from state.facts import Fact
from state.records import Attempt, AttemptState, Event
from tests.commands.report.deployed import ALERT, CHECK, DEPLOYED, PAGE, WATCHING, alert, rolled_back, sample
from tests.pages import event, payload, record, row, said, small


def occurrences(
    events: list[Event], *samples: Attempt, facts: tuple[Fact, ...] = (), page: Page = PAGE
) -> tuple[AlertOccurrence, ...]:
    """The alerts of a run that was being watched."""
    return alert_occurrences(RunData(page, record(*DEPLOYED, WATCHING, *samples, facts=facts)), events)


def test_an_alert_is_shown_with_its_time_value_and_limit() -> None:
    (occurrence,) = occurrences([alert(15, 9.0)], sample(15, 9.0))
    assert (occurrence.at, occurrence.level, occurrence.name) == (timedelta(minutes=15), "alert", ALERT)
    assert (occurrence.value, occurrence.rule) == ("9 s", "above 5 s")
    (warning,) = occurrences([alert(15, 0.5, kind="warning")], sample(15, 9.0))
    assert (warning.level, warning.value) == ("warning", "500 ms")


def test_an_alert_that_was_followed_by_a_good_value_ended_with_it() -> None:
    (occurrence,) = occurrences(
        [alert(15)], sample(15, 9.0), sample(30, 2.0, 2), sample(45, 0.2, 3), sample(60, 0.1, 4)
    )
    assert occurrence.ended == "back within the limit at T+45 min: 200 ms", "2 s are still a warning"


def test_a_good_value_before_the_alert_does_not_end_it() -> None:
    (occurrence,) = occurrences([alert(30)], sample(15, 0.2), sample(30, 9.0, 2))
    assert occurrence.ended == "still raised at the last sample"


def test_an_alert_that_lasts_over_several_samples_is_shown_once() -> None:
    lasting = [sample(15, 9.0), sample(30, 8.0, 2), sample(45, 0.2, 3), sample(60, 9.0, 4)]
    events = [alert(15), alert(30), alert(60)]
    assert [one.at for one in occurrences(events, *lasting)] == [timedelta(minutes=15), timedelta(minutes=60)]
    both = [alert(15), alert(15, kind="warning"), alert(30), alert(15, name="Another")]
    assert [(one.level, one.name) for one in occurrences(both, *lasting)] == [
        ("alert", ALERT),
        ("warning", ALERT),
        ("alert", "Another"),
    ]


def test_an_alert_that_was_held_ended_with_the_hold() -> None:
    hold = said("false alarm", ALERT, 2, after=16, said="30 min", reason="a load test")
    (held,) = occurrences([alert(15, number=2)], sample(15, 9.0), sample(30, 0.2, 2), facts=(hold,))
    assert held.ended == "held as a false alarm for 30 min at T+16 min: a load test"
    (other,) = occurrences([alert(15, number=1)], sample(15, 9.0), facts=(hold,))
    assert other.ended == "still raised at the last sample", "another countdown of the alert was held"
    (warning,) = occurrences([alert(15, kind="warning")], sample(15, 9.0), facts=(hold,))
    assert warning.ended == "still raised at the last sample", "a warning has no countdown to hold"


def test_a_rollback_ends_the_alerts_before_it_and_no_later_ones() -> None:
    (before,) = alert_occurrences(RunData(PAGE, rolled_back()), [alert(15)])
    assert before.ended == "rolled back, requested at T+40 min"
    (at_once,) = alert_occurrences(RunData(PAGE, rolled_back()), [alert(40)])
    assert at_once.ended == "rolled back, requested at T+40 min"
    (after,) = alert_occurrences(RunData(PAGE, rolled_back()), [alert(41)])
    assert after.ended == "still raised at the last sample"
    (recovered,) = alert_occurrences(RunData(PAGE, rolled_back(sample(30, 0.2, 2))), [alert(15)])
    assert recovered.ended == "back within the limit at T+30 min: 200 ms"
    (too_late,) = alert_occurrences(RunData(PAGE, rolled_back(sample(40, 0.2, 2))), [alert(15)])
    assert too_late.ended == "rolled back, requested at T+40 min"


def test_a_value_is_judged_beside_the_baseline() -> None:
    baseline_step = '## Before\n\n### Baseline\n\n```toml baseline\nid = "baseline"\nof = ["response-time"]\n```\n'
    page = small(**{"warn_above = 1.0\nin_a_row = 2": "times_baseline = 3.0", "## Before\n": baseline_step})
    before = row("baseline", AttemptState.DONE)
    before.outcome["measures"] = {f"{CHECK}/seconds": 4.0}
    (occurrence,) = occurrences([alert(15, kind="warning")], before, sample(30, 9.0), page=page)
    assert occurrence.ended == "back within the limit at T+30 min: 9 s"


def test_an_alert_that_the_page_does_not_name_shows_a_plain_number() -> None:
    (occurrence,) = occurrences([alert(15, 1500000.0, name="Lines")], sample(30, 0.1))
    assert (occurrence.value, occurrence.ended) == ("1500000", "still raised at the last sample")


def test_other_events_are_no_alerts() -> None:
    held = Event(id=1, run=1, at=alert(15).at, step="", data=payload(event("held alert")))
    assert occurrences([held], sample(15, 9.0)) == ()
