"""The job folders of a run are removed once it is over, and only then."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from commands.run.job_folders import KEPT, RETRY, JobFolders
from state.errors import Refused, Unreachable
from state.records import RunState
from state.sqlite.store import Store
from tests.pages import NOON
from tests.stored import stored_run
from tests.world import World

OVER = NOON + KEPT


class Case:
    """A record, and a World that notes for which runs it was asked to remove folders."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "gonogo.db")
        self.world = World(rate=0)
        self.asked: list[str] = []
        self.folders = self.new()
        self.answer: object = True
        self.world.on_host("^remove jobs of ", self._remove)

    def new(self, **settings: float) -> JobFolders:
        return JobFolders(self.store, lambda _: self.world.tools(), **settings)

    def _remove(self, host: object) -> object:
        self.asked.append(str(host))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def ended(self, state: RunState = RunState.KEPT, at: datetime = NOON) -> int:
        run = stored_run(self.store)
        self.store.move_run(run.id, state, at)
        return run.id


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    made = Case(tmp_path)
    yield made
    made.store.close()


@pytest.mark.fault("a deadline that success does not reset")
@pytest.mark.parametrize("state", [RunState.KEPT, RunState.ABORTED, RunState.ENDED])
def test_the_folders_of_an_ended_run_are_removed_once(case: Case, state: RunState) -> None:
    run = case.ended(state)
    case.folders.sweep(OVER - timedelta(seconds=1))
    assert case.asked == [], "its last steps may still clean up"
    case.folders.sweep(OVER)
    assert case.asked == ["backend"]
    assert case.store.tidy_hosts(run) == {"backend"}
    case.folders.sweep(OVER + RETRY)
    case.new().sweep(OVER + RETRY)
    assert case.asked == ["backend"], "also not after a restart"


def test_a_run_that_goes_on_or_rolls_back_keeps_its_folders(case: Case) -> None:
    run = stored_run(case.store)
    case.folders.sweep(NOON + timedelta(days=9))
    case.store.move_run(run.id, RunState.ROLLING_BACK, NOON)
    case.folders.sweep(NOON + timedelta(days=9))
    assert case.asked == []


@pytest.mark.parametrize("answer", [Unreachable("It is away."), False], ids=["away", "a job still runs"])
def test_a_host_that_is_away_or_still_runs_a_job_is_tried_again_later(case: Case, answer: object) -> None:
    run, case.answer = case.ended(), answer
    case.folders.sweep(OVER)
    case.folders.sweep(OVER + RETRY - timedelta(seconds=1))
    assert (case.asked, case.store.tidy_hosts(run)) == (["backend"], frozenset())
    case.answer = True
    case.folders.sweep(OVER + RETRY)
    assert case.store.tidy_hosts(run) == {"backend"}


def test_after_a_crash_the_next_bot_removes_them(case: Case) -> None:
    case.ended()
    case.new().sweep(OVER)
    assert case.asked == ["backend"]


def test_a_page_that_cannot_be_read_and_an_unset_variable_hold_up_no_other_run(case: Case) -> None:
    case.ended()
    case.store.opened._connection.execute("UPDATE runs SET text = 'another version'")
    good = case.ended()
    case.folders.sweep(OVER)
    assert case.store.tidy_hosts(good) == {"backend"}

    def unset(_: object) -> object:
        raise Refused("SHOP_SSH is not set in the bot's environment.")

    JobFolders(case.store, unset).sweep(OVER)  # type: ignore[arg-type]


def test_it_sweeps_by_itself_until_it_is_stopped(case: Case) -> None:
    case.ended(at=datetime.now(UTC) - KEPT)
    folders = case.new(every=0.01)
    folders.start()
    deadline = time.monotonic() + 20
    while not case.asked and time.monotonic() < deadline:
        time.sleep(0.01)
    folders.stop()
    assert case.asked == ["backend"]


def test_no_run_is_forgotten_among_the_many_of_a_busy_week(case: Case) -> None:
    runs = [case.ended() for _ in range(30)]
    case.folders.sweep(OVER)
    assert all(case.store.tidy_hosts(run) == {"backend"} for run in runs)


def test_a_closed_state_file_is_no_error(case: Case) -> None:
    case.ended()
    case.store.close()
    case.folders.sweep(OVER)
    assert case.asked == []
