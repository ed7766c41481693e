"""Failing checks: people are called once for a series of failures, and its end is posted."""

from __future__ import annotations

from dataclasses import replace

from state.events import CheckBlind, CheckFailed, Recovered
from state.records import AttemptState, NewEvent
from tests.commands.watch import stand_in
from tests.commands.watch.posted_events import PINGS, posted
from tests.commands.watch.watched import (
    CHECK,
    IN_A_ROW,
    LOG,
    PAGE,
    QUESTION,
    WATCH_BOX,
    failed,
    sample,
    unreachable,
)
from tests.pages import row, small, stored

LOG_PAGE = stored(**LOG)
ASKS = small(**{'every = "15 min"': 'every = "15 min"\nasks = "dba"'})
ROLLS_BACK = small(**{'on_failure = "tell"': 'on_failure = "roll back"'})


def bad(first: int, hour: int = 0, *, summary: str = "", roles: tuple[str, ...] = ("lead",)) -> NewEvent:
    """People are called to a failing check whose series of failures began with this sample."""
    data = CheckFailed(title="Response time", summary=summary, roles=roles)
    return NewEvent(step=CHECK, data=data, once=f"bad:{CHECK}:{first}:{hour}")


# -- failures -----------------------------------------------------------------------------------------------------


def test_a_failing_check_calls_people_once_for_a_series_of_failures() -> None:
    first, second = failed(1, summary="500"), failed(2, summary="502")
    assert posted(first) == [bad(1, summary="500")]
    assert posted(first, second) == [bad(1, summary="502")], "the key is the same, so it is written once"
    many = [failed(n, summary="500") for n in range(1, 41)]
    assert posted(*many) == [bad(1, summary="500")], "ten hours later nobody is called again"
    assert posted(first, sample(2, seconds=0.1), failed(3, summary="500")) == [bad(3, summary="500")]


def test_an_unreachable_sample_neither_calls_people_nor_ends_the_series() -> None:
    assert posted(failed(1), sample(2, AttemptState.UNKNOWN)) == []
    assert posted(failed(1), unreachable(2), failed(3)) == [bad(1)]


def test_the_end_of_a_series_of_failures_is_posted() -> None:
    good = sample(3, seconds=0.1, summary="200 in 5 ms.")
    assert posted(failed(1), failed(2), good) == [
        NewEvent(data=Recovered(title="Response time", summary="passes again: 200 in 5 ms"))
    ]
    (by_max,) = posted(failed(1), replace(good, summary="Tested by MAX."))
    assert by_max.data == Recovered(title="Response time", summary="passes again: Tested by MAX")
    assert posted(sample(2, seconds=0.1), good) == []
    assert posted(failed(1), sample(2, seconds=0.1), good) == [], "its end was posted with the sample before"


def test_a_failure_that_raises_an_alert_is_posted_as_the_alert_alone() -> None:
    over = failed(1, seconds=9.0)
    assert [event.data.stored_kind for event in posted(over)] == ["warning"]
    assert posted(over, sample(2, seconds=0.1)) == [], "people were called by the alert"
    assert [event.once for event in posted(over, failed(2, seconds=0.1))] == [f"bad:{CHECK}:1:0"]
    mixed = posted(over, failed(2, seconds=0.1), sample(3, seconds=0.1))
    assert [event.data.stored_kind for event in mixed] == ["recovered"]


def test_a_failure_that_rolls_back_is_posted_as_the_rollback_alone() -> None:
    assert posted(failed(1), page=ROLLS_BACK) == []
    cut_off = row(CHECK, AttemptState.STOPPED)
    assert posted(cut_off, page=ROLLS_BACK) == []


def test_a_failing_check_calls_the_roles_of_its_alerts_or_else_the_one_that_it_asks() -> None:
    assert posted(failed(1), page=PINGS) == [bad(1, roles=("dba", "lead"))]
    assert posted(failed(1), page=ASKS) == [bad(1, roles=("dba",))]
    (blind,) = posted(unreachable(1), unreachable(2), page=ASKS)
    assert isinstance(blind.data, CheckBlind)
    assert blind.data.roles == ("dba",)


def test_a_role_that_two_alerts_ping_is_called_once_and_other_checks_roles_are_not() -> None:
    rules = stand_in.RULES.replace("warn_above = 0.01\n", 'pings = ["lead"]\n').replace(IN_A_ROW, 'pings = ["dba"]')
    more = '\n[[alert]]\nname = "Slow"\ncheck = "real"\nmeasure = "seconds"\nabove = 5.0\npings = ["lead"]\n'
    page = stand_in.page_with(rules + more)
    (event,) = posted(row("real", AttemptState.FAILED), page=page, step="real")
    assert isinstance(event.data, CheckFailed)
    assert event.data.roles == ("lead",)


def test_a_failure_outside_the_watch_and_a_question_are_no_failing_check() -> None:
    assert posted(row("health", AttemptState.FAILED), step="health") == []
    question = small(**{WATCH_BOX: QUESTION})
    assert posted(row("all-well", AttemptState.FAILED), page=question, step="all-well") == []
    assert posted(page=PAGE) == []


# -- logs ---------------------------------------------------------------------------------------------------------


def test_old_lines_of_a_log_are_posted_as_no_worse_once() -> None:
    same = [failed(n, lines=1.0) for n in range(1, 4)]
    assert posted(*same[:1], page=LOG_PAGE) == [bad(1)]
    calm = Recovered(title="Response time", summary="no worse: nothing new since the previous sample")
    assert posted(*same[:2], page=LOG_PAGE) == [NewEvent(data=calm, once=f"calm:{CHECK}:1")]
    assert posted(*same, page=LOG_PAGE) == [NewEvent(data=calm, once=f"calm:{CHECK}:1")]


def test_new_lines_of_a_log_call_people_once_an_hour() -> None:
    def filling(*numbers: int) -> list[NewEvent]:
        return posted(*(failed(n, lines=float(n)) for n in numbers), page=LOG_PAGE)

    assert filling(1, 2) == filling(1, 2, 3, 4) == [bad(1)]
    assert filling(1, 2, 3, 4, 5) == [bad(1, hour=1)], "the fifth sample is an hour after the first"
    assert filling(*range(1, 10)) == [bad(1, hour=2)]
    assert filling(3, 4, 5) == [bad(3)]


def test_how_often_a_log_is_read_counts_for_the_hour() -> None:
    page = stored(**LOG, **{'every = "15 min"': 'every = "30 min"', IN_A_ROW: ""})
    assert posted(*(failed(n, lines=float(n)) for n in (1, 2, 3)), page=page) == [bad(1, hour=1)]


def test_a_log_without_an_interval_counts_as_read_every_15_minutes() -> None:
    steps = tuple(replace(step, box=step.box.model_copy(update={"every": None})) for step in LOG_PAGE.steps)
    page = replace(LOG_PAGE, steps=steps)
    assert posted(*(failed(n, lines=float(n)) for n in range(1, 6)), page=page) == [bad(1, hour=1)]
    assert posted(*(failed(n, lines=float(n)) for n in range(1, 5)), page=page) == [bad(1)]
