"""A run with one of everything, and what the journal says was changed in it."""

from __future__ import annotations

from datetime import timedelta

from state.facts import RollbackRequest, Signature
from state.records import Attempt, AttemptState, Position, Run
from state.store import RecordStore
from tests.pages import NOON, event
from tests.state.sqlite.samples import STARTED, U1, at, new_run

SIGNED = Signature(by=U1, at=at(2), step="backup", attempt=1, role="dba")


def write_run(store: RecordStore) -> Run:
    """A run with one of everything: entries 1 to 14."""
    run = store.start_run(new_run(text="# The page"), NOON, STARTED)  # 1, 2
    store.begin_attempt(run.id, "backup", 1, at(1), event("began"))  # 3, 4
    ended = Attempt(step="backup", attempt=1, state=AttemptState.UNKNOWN, began_at=at(1), summary="cut")
    store.end_attempt(run.id, ended, at(2), event("ended"))  # 5, 6
    done = Attempt(step="backup", attempt=1, state=AttemptState.DONE, began_at=at(1), outcome={"values": {"a": "b"}})
    store.end_attempt(run.id, done, at(2))  # 7
    store.add_fact(run.id, SIGNED, event("signed"))  # 8, 9
    store.save_file(run.id, "016.sql", "DROP TABLE old;")  # 10
    store.save_file(run.id, "016.sql", "another text")
    store.add_clock_jump(run.id, timedelta(minutes=5), at(9), Position(), event("clock"))  # 11, 12
    store.add_fact(run.id, RollbackRequest(by=U1, at=at(10)), event("rollback"))  # 13, 14
    return run


def changes(store: RecordStore, run: Run) -> list[str]:
    return [str(change) for change in store.changes(run.id)]
