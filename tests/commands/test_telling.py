"""What is told with each write: who is waited for, and when nobody must be bothered."""

from __future__ import annotations

from commands import telling
from commands.outcome import done, failed
from state.records import DONE, FAILED, STOPPED
from tests.pages import SIGNED, record, row, said, small

PAGE = small()
GATE, DEPLOY, CHECK = PAGE.step("ready"), PAGE.step("put-the-code-there"), PAGE.step("response-time")


def test_a_step_is_told_when_it_begins_but_a_gate_and_a_check_of_the_watch_are_not() -> None:
    assert [news.kind for news in telling.began(PAGE, DEPLOY, 1)] == ["began"]
    assert telling.began(PAGE, GATE, 1) == telling.began(PAGE, CHECK, 1) == []


def test_a_gate_asks_its_roles_once() -> None:
    news = telling.ended(PAGE, record(row("ready", "running")), GATE, row("ready", DONE), done(""), 0.0)
    assert [(one.kind, one.data["roles"], one.once) for one in news] == [
        ("wanted", ("dba", "lead"), "wanted:sign:ready:1")
    ]


def test_a_failure_asks_the_deciding_role_and_offers_the_answers() -> None:
    now = record(row("ready", DONE), row("put-the-code-there", "running"), facts=SIGNED)
    ended, wanted = telling.ended(PAGE, now, DEPLOY, row("put-the-code-there", FAILED), failed("no"), 1.5)
    assert (ended.data["state"], ended.data["seconds"]) == (FAILED, 1.5)
    assert (wanted.data["kind"], wanted.data["roles"]) == ("answer", ("lead",))
    assert wanted.data["choices"] == ("again", "done", "skip")


def test_a_step_that_is_stopped_for_a_rollback_asks_nobody() -> None:
    facts = (*SIGNED, said("rollback"))
    now = record(row("ready", DONE), row("put-the-code-there", "running"), facts=facts)
    news = telling.ended(PAGE, now, DEPLOY, row("put-the-code-there", STOPPED), failed("stopped"), 1.0)
    assert [one.kind for one in news] == ["ended"]


def test_a_slow_answer_in_the_watch_warns_the_deciding_role_where_the_alert_pings_nobody() -> None:
    slow = row("response-time", DONE, seconds=6.0)
    news = telling.ended(PAGE, record(row("response-time", "running")), CHECK, slow, done("slow"), 6.0)
    assert [(one.kind, one.data.get("roles")) for one in news] == [("checked", []), ("warning", ["lead"])]
