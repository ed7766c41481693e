"""One change by hand after the other: each is named with the first entry."""

from __future__ import annotations

import pytest

from state.records import Run
from state.store import RecordStore
from tests.state.kept import Kept
from tests.state.store.journalled import changes, write_run


@pytest.fixture
def run(store: RecordStore) -> Run:
    """A run with one of everything: entries 1 to 14."""
    return write_run(store)


ATTACKS = {
    "the page's text": (
        "UPDATE runs SET text = '# Another'",
        "entry 1 (the start of the run, with its page) was altered",
    ),
    "who started it": ("UPDATE runs SET starter = 'U9'", "entry 1 (the start of the run, with its page) was altered"),
    "the state": (
        "UPDATE runs SET state = 'kept'",
        "the state of the run was added: no entry covers it",
    ),
    "an attempt's start": (
        "UPDATE attempts SET began_at = '2026-01-01T00:00:00+00:00'",
        "entry 3 (start of step backup, attempt 1) was altered",
    ),
    "a result": (
        "UPDATE attempts SET outcome = '{}'",
        "entry 7 (result of step backup, attempt 1) was altered",
    ),
    "a result that is gone": (
        "UPDATE attempts SET outcome = '{}', state = 'running', ended_at = NULL",
        "entry 7 (result of step backup, attempt 1) was removed from the record",
    ),
    "an attempt": ("DELETE FROM attempts", "entry 3 (start of step backup, attempt 1) was removed from the record"),
    "who signed": ("UPDATE facts SET person = 'U9'", "entry 8 (signature backup:1:dba) was altered"),
    "through which door": ("UPDATE facts SET door = 'terminal'", "entry 8 (signature backup:1:dba) was altered"),
    "a signature": (
        "DELETE FROM facts WHERE kind = 'sign'",
        "entry 8 (signature backup:1:dba) was removed from the record",
    ),
    "an event's words": ("UPDATE events SET data = '{\"x\": 1}' WHERE id = 2", "entry 4 (event 2 began) was altered"),
    "an event's kind": (
        "UPDATE events SET kind = 'ended' WHERE id = 2",
        "entry 4 (event 2 began) was removed from the record",
    ),
    "an event's time": ("UPDATE events SET at = 'x' WHERE id = 5", "entry 12 (event 5 clock) was altered"),
    "a kept file": ("UPDATE files SET text = 'DROP TABLE new'", "entry 10 (file 016.sql) was altered"),
    "a clock jump": ("UPDATE clock_jumps SET seconds = 1", "entry 11 (clock jump 1) was altered"),
    "a forged KEEP": (
        (
            "INSERT INTO facts (run, kind, key, person, door, at, data) "
            "SELECT run, 'keep', 'keep', person, door, at, '{}' FROM facts WHERE kind = 'sign'"
        ),
        "KEEP was added: no entry covers it",
    ),
    "a forged event": (
        "INSERT INTO events (run, at, kind, step, data) SELECT run, at, kind, step, data FROM events WHERE id = 1",
        "event 7 started was added: no entry covers it",
    ),
    "a fact in another run": (
        "UPDATE facts SET run = 2 WHERE kind = 'sign'",
        "entry 8 (signature backup:1:dba) was removed from the record",
    ),
    "an entry": ("DELETE FROM journal WHERE number = 8", "entry 8 was removed"),
    "several entries": ("DELETE FROM journal WHERE number IN (8, 9)", "entries 8 to 9 were removed"),
    "the first entry": ("DELETE FROM journal WHERE number = 1", "entry 1 was removed"),
    "the last entry": ("DELETE FROM journal WHERE number = 14", "entry 14 was removed"),
    "the end, with its rows": (
        (
            "DELETE FROM journal WHERE number > 12; DELETE FROM facts WHERE kind = 'rollback'; "
            "DELETE FROM events WHERE id = 6"
        ),
        "entries 13 to 14 were removed",
    ),
    "the end and its number": (
        (
            "DELETE FROM journal WHERE number > 12; DELETE FROM facts WHERE kind = 'rollback'; "
            "DELETE FROM events WHERE id = 6; UPDATE journal_heads SET number = 12, "
            "hash = (SELECT hash FROM journal WHERE run = 1 AND number = 12) WHERE run = 1"
        ),
        "the end of the journal at entry 12 was altered",
    ),
    "the end, as if by another key": (
        (
            "DELETE FROM journal WHERE number > 12; DELETE FROM facts WHERE kind = 'rollback'; "
            "DELETE FROM events WHERE id = 6; UPDATE journal_heads SET number = 12, key = 'x', "
            "hash = (SELECT hash FROM journal WHERE run = 1 AND number = 12) WHERE run = 1"
        ),
        "the end of the journal at entry 12 was altered",
    ),
    "the whole journal": ("DELETE FROM journal WHERE run = 1", "entries 1 to 14 were removed"),
    "the journal's end mark": (
        "DELETE FROM journal_heads WHERE run = 1",
        "the end of the journal after entry 14 was removed",
    ),
    "the journal and its end mark": (
        "DELETE FROM journal WHERE run = 1; DELETE FROM journal_heads WHERE run = 1",
        "the start of the run, with its page was added: no entry covers it",
    ),
    "every journal and every end mark": (
        "DELETE FROM journal; DELETE FROM journal_heads; UPDATE runs SET text = '# Another'",
        "the start of the run, with its page was added: no entry covers it",
    ),
    "an attempt that passes for another": (
        (
            "INSERT INTO attempts SELECT -5, run, 'back', 'up 1', state, began_at, ended_at, summary, outcome, "
            "progress FROM attempts LIMIT 1"
        ),
        "start of step back 'up, attempt 1' was added: no entry covers it",
    ),
    "two entries, swapped": (
        (
            "UPDATE journal SET number = 99 WHERE number = 8; UPDATE journal SET number = 8 WHERE number = 9; "
            "UPDATE journal SET number = 9 WHERE number = 99"
        ),
        "entry 8 (event 4 signed) was altered or put in",
    ),
    "a signature's digest": (
        "UPDATE journal SET digest = 'x' WHERE number = 8",
        "entry 8 (signature backup:1:dba) was altered or put in",
    ),
    "what an entry is about": (
        "UPDATE journal SET ref = 'x' WHERE number = 8",
        "entry 8 (fact x) was altered or put in",
    ),
    "an entry's kind": (
        "UPDATE journal SET kind = 'nonsense' WHERE number = 8",
        "entry 8 (something unknown sign:backup:1:dba) was altered or put in",
    ),
    "a number that is none": (
        "UPDATE journal SET number = 'x' WHERE number = 8",
        "entry 8 was removed",
    ),
    "a signature of the chain": (
        "UPDATE journal SET mac = 'ไม่' WHERE number = 8",
        "entry 8 (signature backup:1:dba) was altered or put in: its signature is wrong",
    ),
    "a key's name": (
        "UPDATE journal SET key = 'x' WHERE number = 8",
        "entry 8 (signature backup:1:dba) was written with another key (x)",
    ),
    "no key": (
        "UPDATE journal SET key = '', mac = '' WHERE number = 8",
        "entry 8 (signature backup:1:dba) was written without the record's key",
    ),
    "a text that is no text": (
        "UPDATE facts SET data = x'00ff' WHERE kind = 'sign'",
        "entry 8 (signature backup:1:dba) was altered",
    ),
}


UNTYPED = {"an attempt that passes for another", "a number that is none", "a text that is no text"}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_somebody_changes_is_named_with_the_first_entry(
    kept: Kept, store: RecordStore, run: Run, attack: str
) -> None:
    sql, first = ATTACKS[attack]
    if kept.name == "postgres" and attack in UNTYPED:
        pytest.skip("a column of PostgreSQL takes values of its own type only")
    kept.by_hand(sql)
    assert changes(store, run)[0] == first
