"""What is written without the key: stopping is no change, and nothing hides behind it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from state.errors import BadRecord
from state.events import PeopleAsked, RunHeld, StepSigned
from state.facts import Actor, AlertHold, Door, Fact, Hold, Keep, Resume, RollbackRequest, Signature
from state.journal import RecordKey, unsigned_stops
from state.records import NewEvent, Run
from state.store import RecordStore
from tests.state.kept import Kept
from tests.state.sqlite.samples import U1, at
from tests.state.store.journalled import changes, write_run

ANA = Actor(person="ana", door=Door.TERMINAL, account="ana@web1")
HOLD = Hold(by=ANA, at=at(20), number=0)
SIGNATURE = Signature(by=ANA, at=at(20), step="migrate", attempt=1, role="dba", refused=True)
HELD = NewEvent(data=RunHeld(person="ana", door="at the terminal"))
BAD = BadRecord("GONOGO_RECORD_KEY has 5 characters.")
OTHER = RecordKey(b"another key than that")


@pytest.fixture
def run(store: RecordStore) -> Run:
    """A run with one of everything: entries 1 to 14."""
    return write_run(store)


def write(kept: Kept, run: Run, fact: Fact, *events: NewEvent, key: Any = BAD) -> None:
    """Write as a process at the terminal that has not the bot's key."""
    with closing(kept.open(key=key)) as other:
        assert other.add_fact(run.id, fact, *events)


@pytest.mark.parametrize("key", [BAD, OTHER])
def test_stopping_without_the_bots_key_is_no_change_from_outside(
    kept: Kept, store: RecordStore, run: Run, key: Any
) -> None:
    refused = StepSigned(title="x", door="at the terminal", refused=True)
    asked = PeopleAsked(ask="answer", step="migrate")
    write(kept, run, HOLD, HELD, key=key)
    write(kept, run, SIGNATURE, NewEvent(data=refused), NewEvent(data=asked), key=key)
    assert changes(store, run) == []
    store.add_fact(run.id, Resume(by=U1, at=at(21), number=0))
    assert changes(store, run) == []
    assert [str(stop) for stop in unsigned_stops(store.chain(run.id))] == [
        "entry 15 (hold 0)",
        "entry 16 (event 7 hold)",
        "entry 17 (signature migrate:1:dba)",
        "entry 18 (event 8 signed)",
        "entry 19 (event 9 wanted)",
    ]


CONTINUES: list[Fact] = [
    replace(SIGNATURE, refused=False),
    Keep(by=ANA, at=at(20)),
    Resume(by=ANA, at=at(20), number=0),
    AlertHold(by=ANA, at=at(20), alert="slow", number=1, lasts=at(30) - at(20), reason="x"),
    Hold(by=U1, at=at(20), number=1),
]


@pytest.mark.parametrize("fact", CONTINUES, ids=lambda fact: f"{fact.key} by {fact.person}")
def test_what_lets_a_run_continue_is_found_also_right_after_an_unsigned_stop(
    kept: Kept, store: RecordStore, run: Run, fact: Fact
) -> None:
    write(kept, run, HOLD, HELD)
    write(kept, run, fact)
    (change,) = changes(store, run)
    assert change.startswith("entry 17 (")
    assert change.endswith("was written without the record's key")


def test_what_was_signed_cannot_be_removed_in_favour_of_an_unsigned_stop(
    kept: Kept, store: RecordStore, run: Run
) -> None:
    removed = "DELETE FROM journal WHERE number > 12; DELETE FROM facts WHERE kind = 'rollback'; "
    kept.by_hand(
        removed + "DELETE FROM events WHERE id = 6; UPDATE journal_heads SET number = 12, key = '', mac = '', "
        "hash = (SELECT hash FROM journal WHERE run = 1 AND number = 12) WHERE run = 1",
    )
    write(kept, run, HOLD, HELD)
    assert changes(store, run) == ["the end of the journal at entry 14 was altered"]


def test_an_unsigned_stop_that_somebody_alters_is_found(kept: Kept, store: RecordStore, run: Run) -> None:
    write(kept, run, HOLD, HELD)
    kept.by_hand("UPDATE facts SET person = 'U9' WHERE kind = 'hold'")
    assert changes(store, run) == ["entry 15 (hold 0) was altered"]


def test_a_rollback_request_is_written_with_any_key(kept: Kept, store: RecordStore) -> None:
    from tests.pages import NOON
    from tests.state.sqlite.samples import STARTED, new_run

    run = store.start_run(new_run(), NOON, STARTED)
    write(kept, run, RollbackRequest(by=ANA, at=at(20)), key=OTHER)
    assert store.record(run.id).rollback
    assert changes(store, run) == []


def test_the_key_of_the_serving_bot_is_the_right_one(kept: Kept, store: RecordStore, run: Run) -> None:
    assert store.key_problem() == ""
    with closing(kept.open(key=OTHER)) as other:
        assert "is not that of the bot" in other.key_problem()
    with closing(kept.open(key=BAD)) as other:
        assert other.key_problem() == str(BAD)
    with closing(kept.open(serving=True, key=OTHER)) as bot:
        bot.put_in_force({"record key": OTHER.id})
    with closing(kept.open(key=OTHER)) as other:
        assert other.key_problem() == "", "the bot has a new key now"
    assert "is not that of the bot" in store.key_problem()


def test_a_change_that_the_bot_did_not_sign_for_was_not_told(kept: Kept, store: RecordStore, run: Run) -> None:
    from state.events import RecordChanged

    told = NewEvent(data=RecordChanged(summary="x", findings=("abc",)))
    store.add_events(run.id, at(20), told)
    with closing(kept.open(key=BAD)) as other:
        other.add_events(run.id, at(21), NewEvent(data=RecordChanged(summary="y", findings=("def",))))
    assert store.reported(run.id) == {"abc"}
