"""The mirror of a run: it follows the record, and what happened in it is read back once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import Postgres
from state.copying import OF_RUN
from state.errors import BadMirror, BadRecord, MirrorTaken, Refused
from state.events import MirrorRead
from state.facts import Hold, RollbackRequest
from state.journal import RecordKey
from state.mirror import Mirror
from state.mirror_notes import notes_of, remove_mirror, set_taken
from state.place import Place, open_record
from state.reading_back import read_back
from state.records import Attempt, AttemptState, Position, Run, RunState
from state.sqlite.open_file import OpenFile
from state.sqlite.store import Store
from state.store import RecordStore
from tests.pages import event
from tests.state.kept import KeptInPostgres
from tests.state.sqlite.samples import STARTED, U1, at, new_run
from tests.state.store.journalled import SIGNED, write_run

KEY = RecordKey(b"0123456789abcdef")


@pytest.fixture(params=["in a file", "in PostgreSQL"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where the record is."""
    if request.param == "in a file":
        yield tmp_path / "gonogo.db"
        return
    server: Postgres = request.getfixturevalue("postgres")
    kept = KeptInPostgres(server, tmp_path)
    kept.prepare()
    yield kept.address
    kept.close()


@pytest.fixture
def store(place: Place) -> Iterator[RecordStore]:
    """The record, with a run of another target whose rows are between those of ours."""
    with closing(open_record(place, key=KEY)) as store:
        store.start_run(new_run("other"), at(0), STARTED)
        yield store


@pytest.fixture
def run(store: RecordStore) -> Run:
    run = store.start_run(new_run(text="# The page"), at(0), STARTED)
    store.begin_attempt(run.id, "backup", 1, at(1), event("began"))
    return run


@pytest.fixture
def mirror(store: RecordStore, run: Run, tmp_path: Path) -> Iterator[Mirror]:
    mirror = Mirror(tmp_path / "mirrors", store, run, "the record")
    mirror.follow()
    yield mirror
    mirror.close()


def rows(store: RecordStore, run: int) -> dict[str, list[dict[str, object]]]:
    """Every row of a run that a mirror must have."""
    left_out = {"posts", "tidy_hosts"}
    tables = {table: store.tables.rows(sql, run) for table, sql in OF_RUN.items() if table not in left_out}
    return {
        table: [{name: value for name, value in dict(row).items() if name != "rowid"} for row in found]
        for table, found in tables.items()
    }


def in_mirror(mirror: Mirror) -> Store:
    return Store(mirror.file, key=KEY)


def write_more(store: RecordStore, run: int) -> None:
    """One of everything, among it a row that changes."""
    store.add_fact(run, SIGNED, event("signed"))
    ended = Attempt(step="backup", attempt=1, state=AttemptState.DONE, began_at=at(1), outcome={"values": {"a": "b"}})
    store.end_attempt(run, ended, at(2), event("ended"))
    store.start_run(new_run("third"), at(2), STARTED)
    store.save_file(run, "016.sql", "DROP TABLE old;")
    store.add_clock_jump(run, timedelta(minutes=5), at(9), Position(), event("clock"))
    store.begin_attempt(run, "migrate", 1, at(10))
    store.move_run(run, RunState.ROLLING_BACK, at(11), event("moved"))


def test_the_mirror_has_every_row_of_the_run_and_its_journal_and_nothing_of_others(
    store: RecordStore, run: Run, mirror: Mirror
) -> None:
    write_more(store, run.id)
    mirror.follow()
    store.add_fact(run.id, RollbackRequest(by=U1, at=at(12)), event("rollback"))
    mirror.follow()
    with closing(in_mirror(mirror)) as copy:
        assert rows(copy, run.id) == rows(store, run.id)
        assert copy.record(run.id) == store.record(run.id)
        assert copy.changes(run.id) == []
        assert [one.id for one in copy.runs()] == [run.id]


def test_the_file_is_its_owners_alone(mirror: Mirror) -> None:
    assert mirror.file.stat().st_mode & 0o777 == 0o600
    assert mirror.file.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_about_to_begin_is_in_the_mirror_until_the_record_has_it(
    store: RecordStore, run: Run, mirror: Mirror
) -> None:
    mirror.begins("migrate", 1)
    mirror.begins("code", 2)
    with closing(in_mirror(mirror)) as copy:
        assert [one[:2] for one in notes_of(copy.tables, mirror.file).may_begin] == [("migrate", 1), ("code", 2)]
        mirror.did_not_begin("code", 2)
        store.begin_attempt(run.id, "migrate", 1, at(10))
        mirror.follow()
        assert notes_of(copy.tables, mirror.file).may_begin == ()


def test_once_it_is_taken_nothing_begins_and_nothing_is_written_over_it(
    store: RecordStore, run: Run, mirror: Mirror
) -> None:
    with closing(in_mirror(mirror)) as copy:
        set_taken(copy.opened, at(5))
        store.add_fact(run.id, SIGNED)
        for act in (mirror.require_free, mirror.follow, mirror.remove, lambda: mirror.begins("migrate", 1)):
            with pytest.raises(MirrorTaken, match="rolled back from its mirror"):
                act()
        mirror.close()
        with pytest.raises(MirrorTaken):  # as a bot that starts does
            mirror.follow()
        assert copy.record(run.id).facts == ()


def test_a_mirror_in_use_is_not_replaced_before_it_is_taken(store: RecordStore, run: Run, mirror: Mirror) -> None:
    mirror.close()
    with closing(OpenFile(mirror.file, serving=True)), pytest.raises(MirrorTaken):
        mirror.follow()


def test_the_mirror_of_another_bot_that_took_the_run_stays_when_this_one_leaves(
    store: RecordStore, run: Run, mirror: Mirror
) -> None:
    others = Mirror(mirror.file.parent, store, run, "the record")
    others.follow()
    with pytest.raises(BadMirror, match="another bot"):
        mirror.begins("migrate", 1)
    mirror.leave()
    with closing(in_mirror(others)) as copy:
        assert rows(copy, run.id) == rows(store, run.id)
        set_taken(copy.opened, at(5))
    with pytest.raises(MirrorTaken):
        mirror.require_free()
    others.close()


def test_a_bot_that_made_no_mirror_leaves_the_one_that_is_there(store: RecordStore, run: Run, mirror: Mirror) -> None:
    Mirror(mirror.file.parent, store, run, "the record").leave()
    assert mirror.file.exists()
    mirror.leave()
    assert not mirror.file.exists()


def test_a_mirror_that_somebody_removed_is_made_anew(store: RecordStore, run: Run, mirror: Mirror) -> None:
    remove_mirror(mirror.file)
    write_more(store, run.id)
    mirror.follow()
    with closing(in_mirror(mirror)) as copy:
        assert rows(copy, run.id) == rows(store, run.id)


@pytest.mark.parametrize("cut", ["half of it", "empty", "another file"])
def test_a_mirror_that_is_damaged_is_made_anew(store: RecordStore, run: Run, mirror: Mirror, cut: str) -> None:
    mirror.close()
    whole = mirror.file.read_bytes()
    mirror.file.write_bytes({"half of it": whole[: len(whole) // 2], "empty": b"", "another file": b"x" * 9000}[cut])
    with pytest.raises(BadMirror):
        mirror.require_free()
    mirror.follow()
    with closing(in_mirror(mirror)) as copy:
        assert rows(copy, run.id) == rows(store, run.id)


def test_a_bot_that_is_killed_while_it_writes_the_mirror_leaves_the_one_before_whole(
    store: RecordStore, run: Run, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.close()
    before = mirror.file.read_bytes()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    write_more(store, run.id)
    with pytest.raises(KeyboardInterrupt):
        mirror.follow()
    assert mirror.file.read_bytes() == before
    monkeypatch.undo()
    mirror.follow()
    with closing(in_mirror(mirror)) as copy:
        assert rows(copy, run.id) == rows(store, run.id)


def test_a_full_disk_is_said_of_the_mirror_and_it_goes_on_when_there_is_space(
    store: RecordStore, run: Run, mirror: Mirror
) -> None:
    assert mirror._open
    mirror._open._connection.execute("PRAGMA max_page_count = 1")
    store.save_file(run.id, "big.sql", "x" * 900_000)
    with pytest.raises(BadMirror, match="full"):
        mirror.follow()
    mirror._open._connection.execute("PRAGMA max_page_count = 1000000")
    mirror.follow()
    with closing(in_mirror(mirror)) as copy:
        assert rows(copy, run.id) == rows(store, run.id)


def test_a_folder_in_which_nothing_can_be_locked_is_no_rollback_from_the_mirror(
    store: RecordStore, run: Run, tmp_path: Path
) -> None:
    mirror = Mirror(tmp_path / "locked", store, run, "the record")
    mirror.file.with_name(f"{mirror.file.name}.lock").mkdir(parents=True)
    with pytest.raises(BadMirror):
        mirror.follow()


def test_a_mirror_that_holds_other_rows_than_the_bot_left_there_is_made_anew(
    store: RecordStore, run: Run, mirror: Mirror
) -> None:
    with closing(in_mirror(mirror)) as copy:
        copy.add_events(run.id, at(2), event("hold"), event("hold"), event("hold"))
    write_more(store, run.id)
    with pytest.raises(BadMirror, match="made anew"):
        mirror.follow()
    mirror.follow()
    with closing(in_mirror(mirror)) as copy:
        assert rows(copy, run.id) == rows(store, run.id)


# -- back into the record -----------------------------------------------------------------------------------------


def go_on_alone(mirror: Mirror, run: int) -> None:
    """What happens in the mirror while the record is away."""
    with closing(in_mirror(mirror)) as copy:
        set_taken(copy.opened, at(20))
        copy.add_fact(run, RollbackRequest(by=U1, at=at(20)), event("rollback"))
        copy.save_file(run, "back.sql", "DROP TABLE new;")
        ended = Attempt(step="backup", attempt=1, state=AttemptState.UNKNOWN, began_at=at(1), summary="cut")
        copy.end_attempt(run, ended, at(21), event("ended"))
        copy.end_attempt(run, Attempt(step="backup", attempt=1, state=AttemptState.DONE, began_at=at(1)), at(21))
        copy.move_run(run, RunState.ROLLING_BACK, at(21), event("moved", {"state": "rolling back"}))
        copy.begin_attempt(run, "back", 1, at(22), event("began", {"attempt": 1}, step="back"))
        copy.add_clock_jump(run, timedelta(minutes=5), at(29), copy.record(run).position, event("clock"))
        copy.end_attempt(run, Attempt(step="back", attempt=1, state=AttemptState.DONE, began_at=at(22)), at(30))
        copy.begin_attempt(run, "open", 1, at(31))
        copy.move_run(run, RunState.ROLLED_BACK, at(40), event("moved", {"state": "rolled back"}))


def read(mirror: Mirror, store: RecordStore) -> int:
    with closing(OpenFile(mirror.file, serving=True)) as file:
        return read_back(file, mirror.file, store, at(50)).entries


def said(store: RecordStore, run: int) -> list[tuple[str, ...]]:
    return [(one.data.stored_kind, one.step) for one in store.events(run) if not isinstance(one.data, MirrorRead)]


def test_what_happened_in_the_mirror_comes_into_the_record_once_and_its_journal_is_whole(
    store: RecordStore, run: Run, mirror: Mirror
) -> None:
    go_on_alone(mirror, run.id)
    store.start_run(new_run("third"), at(35), STARTED)  # takes the numbers that the mirror gave
    assert read(mirror, store) == 16
    with closing(in_mirror(mirror)) as copy:
        mine, its = store.record(run.id), copy.record(run.id)
        assert (mine.run, mine.attempts, mine.facts) == (its.run, its.attempts, its.facts)
        assert said(store, run.id) == said(copy, run.id)
        assert [event.at for event in store.events(run.id)[-3:]] == [event.at for event in copy.events(run.id)[-3:]]
        assert store.file(run.id, "back.sql") == "DROP TABLE new;"
    assert store.changes(run.id) == []
    entries = store.chain(run.id).entries
    assert read(mirror, store) == 0
    assert store.chain(run.id).entries == entries
    mirror.require_free()


def test_a_mirror_that_was_read_and_removed_by_whoever_rolled_back_is_not_made_anew(mirror: Mirror) -> None:
    mirror.close()
    remove_mirror(mirror.file)
    mirror.read_back()
    assert list(mirror.file.parent.iterdir()) == []


def test_what_goes_on_in_a_mirror_after_it_was_read_is_read_too(store: RecordStore, run: Run, mirror: Mirror) -> None:
    with closing(in_mirror(mirror)) as copy:
        copy.add_fact(run.id, Hold(by=U1, at=at(20), number=0), event("hold"))
    assert read(mirror, store) == 2
    go_on_alone(mirror, run.id)
    assert read(mirror, store) == 16
    assert store.run(run.id).state == RunState.ROLLED_BACK
    assert [fact.kind for fact in store.record(run.id).facts] == ["hold", "rollback"]
    assert store.changes(run.id) == []


def test_what_the_record_wrote_meanwhile_stays_as_it_is(store: RecordStore, run: Run, mirror: Mirror) -> None:
    go_on_alone(mirror, run.id)
    store.end_attempt(run.id, Attempt(step="backup", attempt=1, state=AttemptState.FAILED, began_at=at(1)), at(21))
    store.add_fact(run.id, RollbackRequest(by=U1, at=at(20)), event("rollback"))
    store.begin_attempt(run.id, "back", 1, at(22), event("began", {"attempt": 1}, step="back"))
    read(mirror, store)
    assert [kind for kind, _ in said(store, run.id)].count("rollback") == 1
    assert said(store, run.id).count(("began", "back")) == 1, "it is told once"
    record = store.record(run.id)
    assert [(one.step, one.state) for one in record.attempts] == [
        ("backup", "failed"), ("back", "done"), ("open", "running"),
    ]  # fmt: skip
    assert (record.run.state, len(record.facts)) == (RunState.ROLLED_BACK, 1)
    assert store.changes(run.id) == []


def test_a_mirror_that_was_changed_is_not_read_and_the_change_is_named(
    store: RecordStore, run: Run, mirror: Mirror
) -> None:
    go_on_alone(mirror, run.id)
    mirror.close()
    with closing(sqlite3.connect(mirror.file)) as forged:
        forged.execute("UPDATE attempts SET state = 'failed' WHERE step = 'back'")
        forged.commit()
    with pytest.raises(
        BadRecord, match=r"not as the bot wrote it: entry \d+ \(result of step back, attempt 1\) was alt"
    ):
        read(mirror, store)
    assert store.record(run.id).rollback is None


def test_a_mirror_of_a_run_of_another_record_is_not_read(
    store: RecordStore, run: Run, mirror: Mirror, tmp_path: Path
) -> None:
    with closing(Store(tmp_path / "elsewhere.db", key=KEY)) as other:
        for target in ("other", "shop"):
            other.start_run(new_run(target), at(3), STARTED)
        with pytest.raises(BadRecord, match="does not hold the run of the mirror"):
            read(mirror, other)


def test_a_record_file_is_no_mirror(store: RecordStore, run: Run, mirror: Mirror, tmp_path: Path) -> None:
    with closing(Store(tmp_path / "elsewhere.db", key=KEY)) as other:
        write_run(other)
        with pytest.raises(BadRecord, match="is no mirror of a run"):
            notes_of(other.tables, tmp_path / "elsewhere.db")


def test_without_the_records_key_nothing_is_read(place: Place, store: RecordStore, run: Run, mirror: Mirror) -> None:
    go_on_alone(mirror, run.id)
    other = open_record(place, key=RecordKey(b"another key than that"))
    with closing(other), pytest.raises(Refused, match="Set GONOGO_RECORD_KEY"):
        read(mirror, other)
