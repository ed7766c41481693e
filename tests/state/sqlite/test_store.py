"""The store on a real SQLite file."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from state.errors import AlreadyRunning, BadRecord, TooLate
from state.events import event_from
from state.facts import Actor, Door, Fact, Hold, RollbackRequest
from state.records import Attempt, AttemptState, Run, RunState
from state.sqlite.migrations import MIGRATIONS
from state.sqlite.rows import event_hash
from state.sqlite.store import Store
from tests.pages import NOON, event

U1 = Actor(person="U1", door=Door.SLACK)
STARTED = event("started")


def new_run(target: str = "shop") -> dict[str, object]:
    """What `start` writes."""
    texts = dict.fromkeys(("page", "text", "ref", "note", "starter", "channel"), "")
    return {**texts, "target": target, "speed": 1.0, "notice_minutes": 0}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An open store on a new file."""
    return Store(tmp_path / "gonogo.db")


@pytest.fixture
def run(store: Store) -> Run:
    """A run that has begun."""
    return store.start_run(new_run(), NOON, STARTED)


def fact() -> Fact:
    """Something said."""
    return RollbackRequest(by=U1, at=NOON)


def test_the_file_is_for_its_owner_only(store: Store) -> None:
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_a_second_active_run_on_one_target_is_refused_by_the_database(store: Store, run: Run) -> None:
    with pytest.raises(AlreadyRunning, match="shop already has run 1"):
        store.start_run(new_run(), NOON, STARTED)
    assert store.start_run(new_run("other"), NOON, STARTED).id != run.id


def test_a_target_is_free_again_when_its_run_has_ended(store: Store, run: Run) -> None:
    store.move_run(run.id, RunState.ABORTED, NOON)
    assert store.start_run(new_run(), NOON, STARTED).active


def test_fifty_starts_at_once_make_one_run(store: Store) -> None:
    made: list[Run] = []

    def start() -> None:
        with contextlib.suppress(AlreadyRunning):
            made.append(store.start_run(new_run(), NOON, STARTED))

    threads = [threading.Thread(target=start) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_a_fact_said_twice_is_one_fact_with_one_event(store: Store, run: Run) -> None:
    assert store.add_fact(run.id, fact(), event("rollback"))
    assert not store.add_fact(run.id, fact(), event("rollback"))
    assert [event.data.stored_kind for event in store.events(run.id)] == ["started", "rollback"]


def test_facts_and_events_cannot_be_changed_even_by_hand(store: Store, run: Run) -> None:
    store.add_fact(run.id, fact())
    by_hand = sqlite3.connect(store.path)
    for sql in (
        "UPDATE facts SET person = 'x'",
        "DELETE FROM facts",
        "UPDATE events SET kind = 'x'",
        "DELETE FROM events",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
            by_hand.execute(sql)
    by_hand.close()


def test_an_illegal_move_is_refused(store: Store, run: Run) -> None:
    store.move_run(run.id, RunState.KEPT, NOON)
    with pytest.raises(TooLate, match="is kept; it cannot become rolling back"):
        store.move_run(run.id, RunState.ROLLING_BACK, NOON)


def test_a_step_that_ended_does_not_end_again(store: Store, run: Run) -> None:
    store.begin_attempt(run.id, "backup", 1, NOON)
    ended = Attempt(
        step="backup", attempt=1, state=AttemptState.DONE, began_at=NOON, summary="fine", outcome={"values": {"a": "b"}}
    )
    store.end_attempt(run.id, ended, NOON)
    with pytest.raises(TooLate):
        store.end_attempt(run.id, Attempt(step="backup", attempt=1, state=AttemptState.FAILED, began_at=NOON), NOON)
    assert store.record(run.id).values() == {"a": "b"}


def test_running_is_written_before_the_act_and_survives_the_process(store: Store, run: Run) -> None:
    store.begin_attempt(run.id, "backup", 1, NOON)
    store.close()
    again = Store(store.path)
    assert [row.state for row in again.record(run.id).attempts] == [AttemptState.RUNNING]
    again.close()


def test_attempts_stand_as_they_were_written_although_the_clock_went_back(store: Store, run: Run) -> None:
    for attempt in (1, 2):
        at = NOON - timedelta(hours=5 * attempt)
        store.begin_attempt(run.id, "restart", attempt, at)
        ended = Attempt(
            step="restart",
            attempt=attempt,
            state=AttemptState.DONE,
            began_at=at,
            outcome={"values": {"pid": str(attempt)}},
        )
        store.end_attempt(run.id, ended, at)
    record = store.record(run.id)
    assert [row.attempt for row in record.attempts] == [1, 2]
    assert record.values() == {"pid": "2"}, "an older value is taken for the newest"


def test_each_event_names_the_hash_of_the_one_before(store: Store, run: Run) -> None:
    store.add_events(run.id, NOON, event("status"), event("status"))
    events = store.events(run.id)
    assert [event.before for event in events] == ["", *(event.hash for event in events[:-1])]
    rows = sqlite3.connect(store.path)
    rows.row_factory = sqlite3.Row
    hashes = [event_hash(dict(row)) for row in rows.execute("SELECT * FROM events ORDER BY id")]
    rows.close()
    assert hashes == [event.hash for event in events], "an event's content was changed after it was written"


def test_an_event_with_a_once_is_told_once(store: Store, run: Run) -> None:
    for _ in range(3):
        store.add_events(run.id, NOON, event("status", once="status:1"))
    assert [event.data.stored_kind for event in store.events(run.id)] == ["started", "status"]


def test_a_second_serving_process_is_refused_with_a_sentence(tmp_path: Path) -> None:
    first = Store(tmp_path / "gonogo.db", serving=True)
    with pytest.raises(BadRecord, match="in use by another gonogo"):
        Store(tmp_path / "gonogo.db", serving=True)
    first.close()
    Store(tmp_path / "gonogo.db", serving=True).close()


def test_a_newer_record_is_refused(store: Store) -> None:
    store.close()
    by_hand = sqlite3.connect(store.path)
    by_hand.execute("PRAGMA user_version = 99")
    by_hand.close()
    with pytest.raises(BadRecord, match="newer gonogo"):
        Store(store.path)


def test_an_older_record_is_brought_forward_and_a_copy_of_it_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "gonogo.db"
    old = sqlite3.connect(path)
    old.executescript(f"{MIGRATIONS[0]} PRAGMA user_version = 1;")
    old.execute(
        "INSERT INTO runs VALUES (1,'t','p','x','main','','U1','',1.0,0,'kept','2026-11-23T12:00:00+00:00',NULL)"
    )
    old.execute("INSERT INTO steps VALUES (1,'backup',1,'done','2026-11-23T12:00:00+00:00',NULL,'good','{}')")
    old.commit()
    old.close()
    with closing(Store(path)) as store:
        assert store.record(1).last("backup") is not None, "what was in the old file is still there"
    copies = list(tmp_path.glob("gonogo.db.shape-*"))
    assert [copy.name for copy in copies] == ["gonogo.db.shape-1"]
    assert copies[0].stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copies[0])) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (1,)
        assert copy.execute("SELECT says FROM steps").fetchall() == [("good",)]


def test_half_a_copy_of_a_process_that_died_in_an_upgrade_is_cleared_away(tmp_path: Path) -> None:
    path = tmp_path / "gonogo.db"
    with closing(sqlite3.connect(path)) as old:
        old.executescript(f"{MIGRATIONS[0]} PRAGMA user_version = 1;")
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for pid in (dead.pid, os.getppid()):
        (tmp_path / f"gonogo.db.shape-1.{pid}.part").write_text("half a copy")
    Store(path).close()
    left = sorted(one.name for one in tmp_path.glob("*.part"))
    assert left == [f"gonogo.db.shape-1.{os.getppid()}.part"], "only a living process may still be copying"


def test_many_processes_that_open_an_old_record_at_once_bring_it_forward_once(tmp_path: Path) -> None:
    path = tmp_path / "gonogo.db"
    code = "import sys, pathlib; from state.sqlite.store import Store; Store(pathlib.Path(sys.argv[1])).close()"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.execute("PRAGMA journal_mode = WAL")
        old.executescript(f"{MIGRATIONS[0]} PRAGMA user_version = 1; BEGIN IMMEDIATE;")
        opening = [subprocess.Popen([sys.executable, "-c", code, str(path)], stderr=subprocess.PIPE) for _ in range(6)]
        time.sleep(2)  # all of them have read the old number by now and wait for the lock
        old.execute("COMMIT")
        said = [one.communicate()[1].decode() for one in opening]
    assert [one.returncode for one in opening] == [0] * 6, said


def test_progress_is_shown_of_a_running_attempt_only(store: Store, run: Run) -> None:
    store.begin_attempt(run.id, "backup", 1, NOON)
    store.show_progress(run.id, "backup", 1, "10 of 60 tables")
    assert store.record(run.id).attempts[0].progress == "10 of 60 tables"
    store.end_attempt(run.id, Attempt(step="backup", attempt=1, state=AttemptState.DONE, began_at=NOON), NOON)
    store.show_progress(run.id, "backup", 1, "too late")
    assert store.record(run.id).attempts[0].progress == "10 of 60 tables"


def test_a_damaged_record_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "gonogo.db"
    path.write_bytes(b"this is not a database" * 500)
    with pytest.raises(BadRecord, match="cannot be read"):
        Store(path)


def test_what_was_told_already_wakes_nobody(store: Store, run: Run) -> None:
    store.add_events(run.id, NOON, event("status", once="status:1"))
    before = store.version()
    store.add_events(run.id, NOON, event("status", once="status:1"))
    assert store.version() == before


def test_another_process_is_noticed(store: Store, run: Run) -> None:
    before = store.version()
    other = Store(store.path)
    other.add_fact(run.id, fact())
    other.close()
    assert store.version() != before


def test_a_kept_file_stays_as_it_was(store: Store, run: Run) -> None:
    first = store.save_file(run.id, "a.sql", "SELECT 1")
    assert store.save_file(run.id, "a.sql", "SELECT 1") == first
    store.save_file(run.id, "a.sql", "DROP TABLE x")
    assert store.file(run.id, "a.sql") == "SELECT 1"


def test_half_an_emoji_in_broken_output_does_not_stop_the_run(store: Store, run: Run) -> None:
    store.begin_attempt(run.id, "backup", 1, NOON)
    broken = Attempt(
        step="backup",
        attempt=1,
        state=AttemptState.DONE,
        began_at=NOON,
        summary="\ud83d",
        outcome={"lines": ["\ud83d"]},
    )
    store.end_attempt(run.id, broken, NOON, event("ended", {"lines": ["half: \ud83d"]}))
    assert store.events(run.id)[-1].data == event_from("ended", {"lines": ["half: ?"]})
    assert store.record(run.id).attempts[0].summary == "?"
    assert store.record(run.id).attempts[0].outcome == {"lines": ["?"]}


def test_half_an_emoji_in_a_note_does_not_refuse_the_start(store: Store) -> None:
    assert store.start_run({**new_run(), "note": "go \ud83d"}, NOON, STARTED).note == "go ?"


def test_a_nul_in_a_reason_and_in_output_is_kept_whole(store: Store, run: Run) -> None:
    said = Hold(by=U1, at=NOON, number=0, reason="wait\x00for me")
    assert store.add_fact(run.id, said, event("hold", {"reason": said.reason}))
    assert store.record(run.id).facts == (said,)
    assert store.events(run.id)[-1].data == event_from("hold", {"reason": "wait\x00for me"})
