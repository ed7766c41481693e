"""Rows of the state file: bad text, and that nothing is lost."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from state.events import StatusDue
from state.facts import BOT, Actor, AlertHold, Choice, Door, Fact, Hold, Keep, Signature, StepAnswer, evidence_hash
from state.records import NewEvent, Position
from state.store.rows import (
    clean,
    event_row,
    fact_row,
    jump_row,
    to_attempt,
    to_event,
    to_fact,
    to_jump,
    to_run,
)
from state.true_times import ClockJump
from tests.pages import NOON
from tests.state.sqlite.samples import U1, at

HALF_EMOJI = "\ud83d"
RUN = {
    **dict.fromkeys(("target", "page", "text", "ref", "note", "starter", "channel", "rollback_loss"), "x"),
    "id": 7,
    "speed": 2.0,
    "notice_minutes": 10,
    "places": '{"host shop: port": "ab"}',
    "state": "kept",
    "began_at": "2026-11-23T19:00:00.000123+07:00",
    "ended_at": at(5).isoformat(),
}
EVENT = {
    "id": 3,
    "run": 7,
    "at": NOON.isoformat(),
    "kind": "status",
    "step": "copy",
    "data": '{"slot": 2}',
    "once": None,
    "entry": 5,
    "hash": "def",
}


def as_row(values: dict[str, Any]) -> sqlite3.Row:
    """The values as SQLite returns them."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        columns = ", ".join(f"? AS {name}" for name in values)
        row: sqlite3.Row = connection.execute(f"SELECT {columns}", tuple(values.values())).fetchone()
        return row


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        (f"go {HALF_EMOJI}", "go ?"),
        ("go 🚀 ไป", "go 🚀 ไป"),
        ([HALF_EMOJI, 1, None], ["?", 1, None]),
        (("a", HALF_EMOJI), ["a", "?"]),
        ({"lines": [{"text": HALF_EMOJI}], "n": 2.5}, {"lines": [{"text": "?"}], "n": 2.5}),
        (True, True),
    ],
)
def test_half_an_emoji_becomes_a_question_mark_wherever_it_is(value: object, cleaned: object) -> None:
    assert clean(value) == cleaned


def test_an_event_is_stored_with_its_own_words_in_a_fixed_order() -> None:
    new = NewEvent(data=StatusDue(slot=2, late=f"1 ชม. {HALF_EMOJI}"), step="copy", once="status:2")
    assert event_row(new) == {
        "kind": "status",
        "step": "copy",
        "data": '{"late": "1 ชม. ?", "slot": 2}',
        "once": "status:2",
    }


def test_an_event_is_read_from_its_row() -> None:
    event = to_event(as_row(EVENT))
    assert (event.id, event.run, event.at, event.step) == (3, 7, NOON, "copy")
    assert (event.data, event.entry, event.hash) == (StatusDue(slot=2), 5, "def")


@pytest.mark.parametrize(
    "fact",
    [
        Keep(by=BOT, at=NOON, reason="quiet"),
        Hold(by=Actor(person="U1", door=Door.TERMINAL, account="ana@web1", claimed=True), at=NOON, number=0),
        Signature(by=U1, at=NOON, step="copy", attempt=2, role="dba", refused=True, reason="ไม่"),
        StepAnswer(by=U1, at=at(1.5), step="copy", attempt=2, choice=Choice.SKIP),
        AlertHold(by=U1, at=NOON, alert="slow", number=3, lasts=timedelta(minutes=30.5), reason="a test"),
    ],
)
def test_a_fact_is_read_back_as_it_was_written(fact: Fact) -> None:
    number, back = to_fact(as_row({"id": 9, "run": 7, **fact_row(fact)}))
    assert number == 9
    assert back == fact
    assert type(back) is type(fact)


def test_a_fact_is_stored_under_its_kind_and_key_with_its_own_fields_as_data() -> None:
    person = Actor(person=f"U1{HALF_EMOJI}", door=Door.TERMINAL, account="ana@web1", claimed=True)
    half_hour = timedelta(minutes=30)
    fact = AlertHold(by=person, at=NOON, alert=f"slow {HALF_EMOJI}", number=3, lasts=half_hour, reason="ไม่")
    assert fact_row(fact) == {
        "kind": "false alarm",
        "key": "false alarm:slow ?:3",
        "person": "U1?",
        "door": "terminal",
        "account": "ana@web1",
        "claimed": 1,
        "at": NOON.isoformat(),
        "data": '{"alert": "slow ?", "lasts": 1800.0, "number": 3, "reason": "ไม่"}',
    }


def test_a_signature_is_read_with_its_evidence_and_an_older_one_without() -> None:
    evidence = (("page", "ab"), ("backup", "cd"))
    hashed = evidence_hash(evidence)
    made = Signature(by=U1, at=NOON, step="copy", attempt=2, role="dba", evidence=evidence, evidence_hash=hashed)
    row = {"id": 1, "run": 7, **fact_row(made)}
    assert to_fact(as_row(row)) == (1, made)
    older = {**row, "data": '{"step": "copy", "attempt": 2, "role": "dba", "refused": false, "reason": ""}'}
    assert to_fact(as_row(older)) == (1, replace(made, evidence=(), evidence_hash=""))


def test_a_run_is_read_with_its_times_and_a_key_from_its_written_start_in_utc() -> None:
    run = to_run(as_row(RUN))
    assert run.key == "run-7-20261123T120000000123"
    assert run.began_at == datetime(2026, 11, 23, 19, 0, 0, 123, tzinfo=timezone(timedelta(hours=7)))
    assert (run.ended_at, run.state.value, run.notice_minutes, run.rollback_loss) == (at(5), "kept", 10, "x")
    assert to_run(as_row({**RUN, "ended_at": None})).ended_at is None
    assert run.places == (("host shop: port", "ab"),)


def test_an_attempt_is_read_with_its_number_and_its_written_start() -> None:
    row = {
        "number": 5,
        "run": 7,
        "step": "copy",
        "attempt": 2,
        "state": "failed",
        "began_at": NOON.isoformat(),
        "ended_at": at(3).isoformat(),
        "summary": "exit 1",
        "outcome": '{"values": {"pid": "7"}}',
        "progress": "50 %",
    }
    number, attempt = to_attempt(as_row(row))
    assert number == 5
    assert (attempt.step, attempt.attempt, attempt.state.value) == ("copy", 2, "failed")
    assert (attempt.began_at, attempt.ended_at, attempt.written_at) == (NOON, at(3), NOON.isoformat())
    assert (attempt.summary, attempt.outcome, attempt.progress) == ("exit 1", {"values": {"pid": "7"}}, "50 %")
    assert to_attempt(as_row({**row, "ended_at": None}))[1].ended_at is None


def test_a_clock_jump_is_read_back_as_it_was_written() -> None:
    after = {"began": frozenset({3, 1}), "ended": frozenset({2}), "said": frozenset[int](), "told": frozenset({12})}
    jump = ClockJump(by=timedelta(seconds=-90.5), position=Position(attempt=3, fact=4, event=12), after=after)
    row = jump_row(jump)
    assert json.loads(row["after"]) == {"began": [1, 3], "ended": [2], "said": [], "told": [12]}
    assert to_jump(as_row({"run": 7, **row})) == jump
