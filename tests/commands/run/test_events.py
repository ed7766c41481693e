"""What is told with each write: who is waited for, and when nobody must be bothered."""

from __future__ import annotations

from commands.run import events as run_events
from commands.runbook import Page
from commands.steps.outcome import done, failed
from commands.watch.verdicts import check_verdicts
from state.records import Attempt, AttemptState
from tests.pages import SIGNED, payload, record, row, said, small

PAGE = small()
GATE, DEPLOY, CHECK = PAGE.step("ready"), PAGE.step("put-the-code-there"), PAGE.step("response-time")


def test_a_step_is_told_when_it_begins_but_a_gate_and_a_check_of_the_watch_are_not() -> None:
    assert [news.data.stored_kind for news in run_events.step_began(PAGE, DEPLOY, 1)] == ["began"]
    assert run_events.step_began(PAGE, GATE, 1) == run_events.step_began(PAGE, CHECK, 1) == []


def test_a_gate_asks_its_roles_once() -> None:
    news = run_events.step_ended(
        PAGE, record(row("ready", "running")), GATE, row("ready", AttemptState.DONE), done(""), 0.0
    )
    assert [(one.data.stored_kind, payload(one).roles, one.once) for one in news] == [
        ("wanted", ("dba", "lead"), "wanted:sign:ready:1")
    ]


def test_a_failure_asks_the_deciding_role_and_offers_the_answers() -> None:
    now = record(row("ready", AttemptState.DONE), row("put-the-code-there", "running"), facts=SIGNED)
    ended, wanted = run_events.step_ended(
        PAGE, now, DEPLOY, row("put-the-code-there", AttemptState.FAILED), failed("no"), 1.5
    )
    assert (payload(ended).state, payload(ended).seconds) == (AttemptState.FAILED, 1.5)
    assert (payload(wanted).ask, payload(wanted).roles) == ("answer", ("lead",))


def test_a_step_that_is_stopped_for_a_rollback_asks_nobody() -> None:
    facts = (*SIGNED, said("rollback"))
    now = record(row("ready", AttemptState.DONE), row("put-the-code-there", "running"), facts=facts)
    news = run_events.step_ended(
        PAGE, now, DEPLOY, row("put-the-code-there", AttemptState.STOPPED), failed("stopped"), 1.0
    )
    assert [one.data.stored_kind for one in news] == ["ended"]


def look(attempt: int, state: str = AttemptState.DONE, **measures: float) -> Attempt:
    return row("response-time", state, attempt, after=15 * attempt, **measures)


def told(*rows: Attempt, page: Page = PAGE) -> list[tuple[str, str | None, tuple[str, ...]]]:
    """What is told besides the result when the last of the looks ends."""
    news = run_events.step_ended(page, record(*rows), page.step(rows[-1].step), rows[-1], done(""), 0.1)
    return [
        (one.data.stored_kind, one.once, getattr(one.data, "roles", ()))
        for one in news
        if one.data.stored_kind not in {"checked", "ended"}
    ]


def test_a_check_that_fails_calls_people_once_where_no_row_of_the_alert_table_does() -> None:
    first, second = look(1, AttemptState.FAILED, seconds=0.05), look(2, AttemptState.FAILED, seconds=0.05)
    assert told(first) == [("bad", "bad:response-time:1:0", ("lead",))]
    assert told(first, second) == [("bad", "bad:response-time:1:0", ("lead",))], "the same word is written once"
    inconclusive = look(3, AttemptState.UNKNOWN)
    assert told(first, second, inconclusive) == []
    assert told(first, inconclusive, look(4, AttemptState.FAILED, seconds=0.05)) == [
        ("bad", "bad:response-time:1:0", ("lead",))
    ]
    assert told(first, look(2, seconds=0.05)) == [("recovered", None, ())]
    assert told(look(1, seconds=0.05), look(2, seconds=0.05)) == []
    asks = small(**{'every = "15 min"': 'every = "15 min"\nasks = "dba"'})
    assert told(first, page=asks)[0][2] == ("dba",)


def test_what_a_row_of_the_alert_table_tells_is_not_told_twice() -> None:
    slow = look(1, AttemptState.FAILED, seconds=9.0)
    assert [kind for kind, _, _ in told(slow)] == ["warning"]
    assert told(slow, look(2, seconds=0.05)) == []
    assert [kind for kind, _, _ in told(slow, look(2, AttemptState.FAILED, seconds=0.05))] == ["bad"]
    back = small(**{'on_failure = "tell"': 'on_failure = "roll back"'})
    assert told(look(1, AttemptState.FAILED, seconds=0.05), page=back) == [], "the rollback itself is told"


LOG = small(**{'http\nweb = "api"\npath = "/jobs"': 'logs\nhost = "backend"\nfile = "/e"\nsince = "0"'})


def test_a_log_calls_people_for_new_lines_once_an_hour_and_not_again_for_the_same_ones() -> None:
    one, same, two = (
        look(1, AttemptState.FAILED, lines=1.0),
        look(2, AttemptState.FAILED, lines=1.0),
        look(3, AttemptState.FAILED, lines=2.0),
    )
    assert [kind for kind, _, _ in told(one, page=LOG)] == ["bad"]
    assert [kind for kind, _, _ in told(one, same, page=LOG)] == ["recovered"]
    assert told(one, same, two, page=LOG) == told(one, page=LOG), "it was called in this hour"
    assert told(one, same, two, same, look(5, AttemptState.FAILED, lines=3.0), page=LOG) == [
        ("bad", "bad:response-time:1:1", ("lead",))
    ]
    assert [check_verdicts(LOG, record(*rows))[0].verdict for rows in ((one,), (one, same), (one, same, two))] == [
        "bad",
        "warning",
        "bad",
    ]


def test_a_slow_answer_in_the_watch_warns_the_deciding_role_where_the_alert_pings_nobody() -> None:
    slow = row("response-time", AttemptState.DONE, seconds=6.0)
    news = run_events.step_ended(PAGE, record(row("response-time", "running")), CHECK, slow, done("slow"), 6.0)
    assert [(one.data.stored_kind, getattr(one.data, "roles", ())) for one in news] == [
        ("checked", ()),
        ("warning", ("lead",)),
    ]
