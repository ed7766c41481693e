"""The events of the watch: what is posted when a sample ends, who is called, and how often."""

from __future__ import annotations

import pytest

from commands.watch.alerts import alerts_raised_by
from commands.watch.events import countdown_began
from state.events import AlertRaised, CheckBlind, WarningRaised, event_from
from state.records import NewEvent
from tests.commands.watch import stand_in
from tests.commands.watch.posted_events import PINGS, posted
from tests.commands.watch.stand_in import jobs, real
from tests.commands.watch.watched import (
    ALERT,
    CHECK,
    IN_A_ROW,
    LIMITS,
    PAGE,
    baseline,
    failed,
    sample,
    slow,
    unreachable,
    with_limits,
)
from tests.pages import record, said, small

TELLS = small(**{IN_A_ROW: 'action = "tell"'})


# -- alerts and warnings ------------------------------------------------------------------------------------------


def test_a_warning_is_posted_with_all_that_people_need() -> None:
    (event,) = posted(sample(1, seconds=1.5))
    assert event == NewEvent(
        step=CHECK,
        data=WarningRaised(
            name=ALERT,
            title="Response time",
            measure="seconds",
            value=1.5,
            rule="a person decides above 1 s",
            seen="1.5 s (limit: a person decides above 1 s)",
            was_bad=False,
            action="roll back",
            roles=("lead",),
        ),
        once=f"warning:{ALERT}:1",
    )
    assert posted(sample(1, seconds=0.5)) == []


def test_each_sample_that_warns_is_posted_once() -> None:
    assert [event.once for event in posted(sample(1, seconds=1.5), sample(2, seconds=1.5))] == [f"warning:{ALERT}:2"]


def test_an_alert_that_rolls_back_is_posted_by_its_countdown_and_not_before() -> None:
    assert posted(*slow(1, 2)) == []


def test_an_alert_that_only_tells_is_posted_at_once() -> None:
    (event,) = posted(*slow(1), page=TELLS)
    assert isinstance(event.data, AlertRaised)
    assert (event.once, event.data.action, event.data.number) == (f"alert:{ALERT}:1", "tell", 0)


def test_after_keep_an_alert_is_posted_without_a_countdown() -> None:
    (event,) = posted(*slow(1, 2), facts=(said("keep"),))
    assert isinstance(event.data, AlertRaised)
    assert (event.step, event.once) == (CHECK, f"alert:{ALERT}:2")


def test_what_was_bad_before_the_deploy_says_so() -> None:
    page = with_limits(LIMITS)
    (event,) = posted(baseline(seconds=7.0), *slow(1, 2), page=page)
    assert isinstance(event.data, WarningRaised)
    assert event.data.was_bad


def test_an_alert_calls_the_roles_it_pings_or_else_the_deciding_role() -> None:
    (event,) = posted(sample(1, seconds=1.5), page=PINGS)
    assert isinstance(event.data, WarningRaised)
    assert event.data.roles == ("dba", "lead")


def test_the_start_of_a_countdown_is_posted_with_its_number_and_length() -> None:
    (raised,) = alerts_raised_by(PAGE, record(*slow(1, 2)), CHECK)
    event = countdown_began(PAGE, raised, 3)
    assert isinstance(event.data, AlertRaised)
    assert (event.step, event.once) == (CHECK, None)
    assert (event.data.number, event.data.seconds, event.data.title) == (3, 60.0, "Response time")
    assert (event.data.name, event.data.value, event.data.roles) == (ALERT, 9.0, ("lead",))


def test_after_a_rollback_request_nothing_is_posted() -> None:
    for attempts in (slow(1), [failed(1)], [unreachable(1), unreachable(2)]):
        assert posted(*attempts) != []
        assert posted(*attempts, facts=(said("rollback"),)) == []


# -- no data ------------------------------------------------------------------------------------------------------


def test_the_second_sample_without_data_calls_people_once() -> None:
    assert posted(unreachable(1)) == []
    gone = unreachable(2, summary="no way to its address")
    assert posted(unreachable(1), gone) == [
        NewEvent(
            step=CHECK,
            data=CheckBlind(
                title="Response time", verdict="unreachable", summary="no way to its address", times=2, roles=("lead",)
            ),
            once=f"blind:{CHECK}:2",
        )
    ]
    assert posted(unreachable(1), unreachable(2), unreachable(3)) == []
    again = posted(unreachable(1), unreachable(2), sample(3, seconds=0.1), unreachable(4), unreachable(5))
    assert [event.once for event in again] == [f"blind:{CHECK}:5"]


def test_a_check_that_answers_without_data_is_posted_as_no_data() -> None:
    (event,) = posted(sample(1), sample(2))
    assert isinstance(event.data, CheckBlind)
    assert event.data.verdict == "no data"


def test_a_quiet_night_calls_nobody_and_an_unreadable_log_does() -> None:
    nights = [attempt for number in range(1, 9) for attempt in (real(number, 2), jobs(number))]
    assert posted(*nights, page=stand_in.PAGE, step="real") == []
    closed = [*nights[:-4], real(7, 0, unreachable=True), jobs(7), real(8, 0, unreachable=True)]
    (event,) = posted(*closed, page=stand_in.PAGE, step="real")
    assert isinstance(event.data, CheckBlind)


# -- earlier versions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "verdict"), [("could not ask", "unreachable"), ("unreachable", "unreachable"), ("no data", "no data")]
)
def test_an_unreachable_check_of_an_earlier_version_is_still_unreachable(stored: str, verdict: str) -> None:
    event = event_from("blind", {"title": "API", "verdict": stored, "times": 2})
    assert isinstance(event, CheckBlind)
    assert (event.title, event.verdict, event.times) == ("API", verdict, 2)
