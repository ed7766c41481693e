"""A record is copied whole from a file to PostgreSQL and back, and the copy is the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import Postgres
from state.copying import copy_record
from state.errors import BadRecord
from state.facts import Hold, Keep
from state.place import Place, open_record, verify_record
from state.records import Run
from state.store import RecordStore
from tests.pages import NOON, event
from tests.state.kept import KeptInFile, KeptInPostgres
from tests.state.sqlite.samples import STARTED, U1, OldRecord, at, new_run
from tests.state.store.journalled import write_run


@pytest.fixture(params=["to PostgreSQL", "to a file", "to a file from a file"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Place, Place]]:
    """From where, and to where."""
    file, other = tmp_path / "gonogo.db", tmp_path / "other.db"
    if request.param == "to a file from a file":
        yield file, other
        return
    server: Postgres = request.getfixturevalue("postgres")
    kept = KeptInPostgres(server, tmp_path)
    kept.prepare()
    yield (file, kept.address) if request.param == "to PostgreSQL" else (kept.address, file)
    kept.close()


def written(place: Place, key: Path) -> tuple[Run, RecordStore]:
    """A record with one of everything, and with texts that not every database takes."""
    store = open_record(place, key=key)
    run = write_run(store)
    store.set_rollback_loss(run.id, "a\0b \ufdd0 ไทย 🚀")
    store.show_progress(run.id, "backup", 1, "50 %")
    store.save_post(run.id, 0, "C1", "1.2")
    store.save_file(run.id, "b.txt", "nul \0, escape \ufdd0 and \ufdd00")
    store.mark_tidy(run.id, "shop")
    store.start_run(new_run("other", note="\0"), NOON, STARTED)
    return run, store


def test_a_copy_has_everything_and_goes_on_where_the_record_was(places: tuple[Place, Place], tmp_path: Path) -> None:
    source, target = places
    key = tmp_path / "the.key"
    run, store = written(source, key)
    with closing(store):
        copied = copy_record(source, target, store.key)
        assert (copied.runs, copied.entries, copied.changes) == (2, 17, ())
        with closing(open_record(target, key=key)) as copy:
            for number in (run.id, run.id + 1):
                assert copy.record(number) == store.record(number)
                assert copy.chain(number).entries == store.chain(number).entries
                assert copy.events(number) == store.events(number)
            assert copy.run(run.id).rollback_loss == "a\0b \ufdd0 ไทย 🚀"
            assert copy.file(run.id, "b.txt") == store.file(run.id, "b.txt") == "nul \0, escape \ufdd0 and \ufdd00"
            assert (copy.posts(run.id), copy.tidy_hosts(run.id)) == ({0: "1.2"}, frozenset({"shop"}))
            assert copy.add_fact(run.id, Hold(by=U1, at=at(30), number=0), event("hold"))
            copy.begin_attempt(run.id, "migrate", 1, at(31))
            assert copy.start_run(new_run("third"), NOON, STARTED).id == 3
            assert copy.changes(run.id) == []
        assert [verdict.changes for verdict in verify_record(target, store.key)] == [(), (), (), ()]


def test_what_was_changed_from_outside_before_is_the_same_in_the_copy_and_said(
    places: tuple[Place, Place], tmp_path: Path, postgres: Postgres
) -> None:
    source, target = places
    _, store = written(source, tmp_path / "the.key")
    store.close()
    kept = KeptInFile(tmp_path) if isinstance(source, Path) else KeptInPostgres(postgres, tmp_path)
    kept.by_hand("UPDATE facts SET person = 'U9' WHERE kind = 'sign'")
    copied = copy_record(source, target, store.key)
    assert copied.changes == ("run 1: entry 8 (signature backup:1:dba) was altered",)


def test_runs_that_are_older_than_the_journal_are_copied_as_such(tmp_path: Path, postgres: Postgres) -> None:
    file, key = tmp_path / "gonogo.db", tmp_path / "the.key"
    with OldRecord(file) as old:
        old.run(1, "kept", ended=5)
        old.run(2)
        old.step("backup", run=2, ended=3)
    with closing(open_record(file, key=key)) as store:
        store.add_fact(2, Keep(by=U1, at=at(9)), event("keep"))
        read = store.key
    kept = KeptInPostgres(postgres, tmp_path)
    kept.prepare()
    assert copy_record(file, kept.address, read).runs == 2
    assert [verdict.covered for verdict in verify_record(kept.address, read)] == [True, False, True]


def test_a_place_that_holds_a_record_is_not_written_over(places: tuple[Place, Place], tmp_path: Path) -> None:
    source, target = places
    _, store = written(source, tmp_path / "the.key")
    with closing(store), closing(open_record(target, key=tmp_path / "the.key")) as other:
        other.start_run(new_run("mine"), NOON, STARTED)
        with pytest.raises(BadRecord, match=r"There is a record at .* already, so nothing was copied"):
            copy_record(source, target, store.key)
        assert [run.target for run in other.runs()] == ["mine"]


@pytest.mark.parametrize("which", [0, 1])
def test_a_record_that_is_being_served_is_not_copied(places: tuple[Place, Place], tmp_path: Path, which: int) -> None:
    key = tmp_path / "the.key"
    _, store = written(places[0], key)
    serving = open_record(places[which], serving=True, key=key)
    with closing(store), closing(serving), pytest.raises(BadRecord, match="in use"):
        copy_record(*places, store.key)


def test_a_place_without_a_record_is_named(places: tuple[Place, Place]) -> None:
    with pytest.raises(BadRecord, match=r"There is no record at .*, so nothing was copied"):
        copy_record(*places, None)


def test_bytes_that_are_no_text_are_named_and_nothing_is_left(tmp_path: Path, postgres: Postgres) -> None:
    file = KeptInFile(tmp_path)
    _, store = written(file.path, tmp_path / "the.key")
    store.close()
    file.by_hand("UPDATE runs SET note = CAST(x'ff' AS TEXT)")
    kept = KeptInPostgres(postgres, tmp_path)
    kept.prepare()
    with pytest.raises(BadRecord, match=r"The record holds a text that is none, which .* nothing was copied"):
        copy_record(file.path, kept.address, store.key)
    assert kept.admin("SELECT count(*) FROM gonogo_record.runs") == [(0,)]
