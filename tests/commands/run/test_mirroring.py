"""The loop of a run keeps its mirror, and leaves the run alone once that is taken."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from commands.run.engine import Engine
from state.errors import BadRecord
from state.facts import RollbackRequest
from state.mirror import Mirror
from state.mirror_notes import notes_of, set_taken
from state.records import Run, RunState
from state.sqlite.open_file import OpenFile
from state.sqlite.store import Store
from state.store import RecordStore
from tests.commands.run.driven_runner import DEPLOY, wait_until
from tests.commands.run.engine_case import STARTER, EngineCase
from tests.pages import NOON, SIGNED


class Case(EngineCase):
    """An engine that keeps mirrors in a folder."""

    def __init__(self, folder: Path) -> None:
        self.mirrors = folder / "mirrors"
        super().__init__(folder)
        self.engine = self.mirroring_engine()

    def mirroring_engine(self) -> Engine:
        return self.new_engine(lambda store, run: Mirror(self.mirrors, store, run, "the record"))

    @property
    def file(self) -> Path:
        return self.mirrors / f"{self.store.run(1).key}.db"

    def take(self, *, back: bool = False) -> None:
        """Somebody rolls back from the mirror; with `back` it is done."""
        with closing(Store(self.file, key=self.store.key)) as mirror:
            set_taken(mirror.opened, NOON)
            mirror.add_fact(1, RollbackRequest(by=STARTER, at=NOON))
            if back:
                mirror.move_run(1, RunState.ABORTED, NOON)

    def sign(self) -> None:
        """Both roles sign the gate."""
        wait_until(lambda: self.state_of(1) == "done")
        for signature in SIGNED:
            self.store.add_fact(1, signature)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    case = Case(tmp_path)
    yield case
    case.engine.stop()
    case.store.close()


def entries(case: Case) -> int:
    """How many entries of the run's journal are in the mirror."""
    if not case.file.exists():
        return 0
    with closing(Store(case.file, key=case.store.key)) as mirror:
        return len(mirror.chain(1).entries)


def test_while_a_run_waits_its_mirror_has_all_that_the_record_has(case: Case) -> None:
    case.start()
    case.engine.start()
    wait_until(lambda: case.state_of(1) == "done" and entries(case) == len(case.store.chain(1).entries))


def test_what_begins_is_in_the_mirror_before_the_record_is_told(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[str, bool] = {}
    begin = RecordStore.begin_attempt

    def looked(store: RecordStore, run: int, step: str, attempt: int, *rest: Any) -> None:
        with closing(OpenFile(case.file)) as mirror:
            known[step] = (step, attempt) in [one[:2] for one in notes_of(mirror, case.file).may_begin]
        begin(store, run, step, attempt, *rest)

    monkeypatch.setattr(RecordStore, "begin_attempt", looked)
    case.start()
    case.engine.start()
    case.sign()
    wait_until(lambda: case.state_of(1, DEPLOY) == "done")
    assert known[DEPLOY]


def test_what_the_record_could_not_be_told_is_not_said_to_have_begun(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[str] = []

    def away(store: RecordStore, run: int, step: str, *rest: Any) -> None:
        refused.append(step)
        raise BadRecord("away")

    case.start()
    monkeypatch.setattr(RecordStore, "begin_attempt", away)
    case.engine.start()
    wait_until(lambda: refused)
    case.engine.stop()
    with closing(OpenFile(case.file)) as mirror:
        assert notes_of(mirror, case.file).may_begin == ()


def test_once_somebody_rolls_back_from_the_mirror_the_bot_begins_nothing_and_keeps_the_run_from_others(
    case: Case, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    released: list[int] = []
    monkeypatch.setattr(case.store, "release", released.append)
    case.start()
    case.engine.start()
    wait_until(lambda: case.state_of(1) == "done" and entries(case) == len(case.store.chain(1).entries))
    with closing(OpenFile(case.file, serving=True)):  # and goes on with that
        case.take()
        case.store.add_fact(1, RollbackRequest(by=STARTER, at=NOON))
        wait_until(lambda: "was rolled back from its mirror" in caplog.text)
        wait_until(lambda: not case.engine._runners)
        assert case.store.run(1).state == RunState.GOING, "the bot ends nothing by itself, either"
        assert released == []


@pytest.mark.parametrize("at", ["a start of the bot", "a turn of the loop"])
def test_what_was_done_in_a_mirror_comes_into_the_record_by_the_bot_that_finds_it(case: Case, at: str) -> None:
    case.start()
    case.engine.start()
    wait_until(lambda: case.state_of(1) == "done" and entries(case) == len(case.store.chain(1).entries))
    if at == "a start of the bot":
        case.engine.stop()
        case.engine = case.mirroring_engine()
    case.take(back=True)
    if at == "a start of the bot":
        case.engine.start()
    else:
        case.sign()
    wait_until(lambda: case.store.run(1).state == RunState.ABORTED)
    assert case.store.changes(1) == []
    assert case.state_of(1, DEPLOY) == ""
    wait_until(lambda: not case.file.exists())


def test_a_mirror_that_cannot_be_written_keeps_no_step_from_beginning_and_is_logged_once(
    case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    case.mirrors.write_text("not a folder")
    case.start()
    case.engine.start()
    case.sign()
    wait_until(lambda: case.state_of(1, DEPLOY) == "done")
    assert caplog.text.count("its mirror is not written now") == 1


def test_the_mirror_of_a_run_that_is_over_is_removed(case: Case) -> None:
    case.start()
    case.engine.start()
    wait_until(lambda: entries(case) > 0)
    case.store.add_fact(1, RollbackRequest(by=STARTER, at=NOON))
    wait_until(lambda: case.store.run(1).state == RunState.ABORTED)
    wait_until(lambda: not list(case.mirrors.iterdir()))


def test_the_log_says_how_to_roll_back_while_the_record_is_away(
    case: Case, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> list[Run]:
        raise BadRecord("It is away.")

    case.start()
    case.engine.start()
    wait_until(lambda: entries(case) > 0)
    monkeypatch.setattr(case.store, "active_runs", away)
    hint = f"It is away. To roll back run 1 meanwhile, type on this machine: gonogo rollback --from {case.file}"
    wait_until(lambda: hint in caplog.text)
