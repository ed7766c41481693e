"""The engine: a runner for each active run, also for runs that another process started or left."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from commands.ports.tools import Tools
from commands.queue.keeper import QueueKeeper
from commands.run.close_run import end_lost_run
from commands.run.lost_places import Lost, LostPlaces, nothing_lost
from commands.run.mirroring import MirrorFile, MirrorOf, no_mirror
from commands.run.next_run import start_next_run
from commands.run.record_guard import require_true_run
from commands.run.runner import Runner
from commands.run.vitals import Vitals
from commands.runbook import Page, read_stored_page
from state.errors import BadMirror, BadRecord, MirrorTaken, Refused, UnreadableRun
from state.records import Run, RunState
from state.store import RecordStore

if TYPE_CHECKING:
    from commands.start.starter import Starter

LOG = logging.getLogger("gonogo.engine")
POLL = 0.5  # seconds until the engine notices a run that another bot has left
LEAVE = 5.0  # seconds in which the runners must end that a stopping engine leaves
TICK = 0.01  # seconds between two looks at whether they have


class Engine:
    """Carries out every active run in the record.

    `tools_for` makes the tools for a run's own page. `starter` starts the page that a kept run's decision names
    (Option B). `mirror_of` gives the mirror of a run, from which people roll back while the record is away.
    `lost` says what is known of the places of a page that are gone; None while they are there.
    """

    def __init__(
        self,
        store: RecordStore,
        tools_for: Callable[[Page], Tools],
        starter: Starter,
        mirror_of: MirrorOf = no_mirror,
        lost: Callable[[Page], Lost | None] = nothing_lost,
    ) -> None:
        self.store = store
        self._tools_for = tools_for
        self._starter = starter
        self._mirror_of = mirror_of
        self._lost = LostPlaces(lost)
        self._queues = QueueKeeper(store, starter)
        self._runners: dict[int, Runner] = {}
        self.vitals = Vitals()
        self._active: set[int] = set()  # as the last pass found them
        self._left_out: set[int] = set()  # active runs that cannot be carried out
        self._errors: dict[int, str] = {}  # why a run cannot be carried out, as it was logged last
        self._stopping = threading.Event()
        self._looked = threading.Event()  # set once the runs of the record were looked for
        self._went_on_at = time.monotonic()
        self._thread = threading.Thread(target=self._loop, name="engine", daemon=True)

    def start(self) -> None:
        """Start to carry out runs."""
        self._thread.start()

    def wait_for_first_acts(self, timeout: float, act: float) -> None:
        """Wait until every run in the record has been taken up and has begun what is due, for `timeout` s at most.

        What it has begun at a place then has `act` s in which nothing else takes the processor from it.
        """
        until = time.monotonic() + timeout
        self._looked.wait(timeout)
        runners = self.runners
        for runner in runners:
            runner.up_to_date.wait(max(0.0, until - time.monotonic()))
        until = min(until, time.monotonic() + act)
        for runner in runners:
            runner.wait_for_first_act(max(0.0, until - time.monotonic()))

    def stop(self) -> None:
        """Leave every run as it is, and hand it over: another bot continues it at once, or a later engine.

        Returns within about 6 s. A run whose runner has not ended by then is free when this process leaves the record.
        """
        self._stopping.set()
        with self.store.changed:
            self.store.changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(1.0)
        with suppress(BadRecord):  # without the session, the runs are free already
            self._hand_over(dict(self._runners))

    def _hand_over(self, left: dict[int, Runner]) -> None:
        """End the runners, and let other bots have each run as soon as its own runner writes nothing more."""
        for runner in left.values():
            runner.leave()
        until = time.monotonic() + LEAVE
        while left and time.monotonic() < until:
            ended = [number for number, runner in left.items() if runner.wait(0)]
            for number in ended:
                del left[number]
            self.store.hand_over(ended)
            time.sleep(TICK)

    @property
    def is_alive(self) -> bool:
        """Whether the engine carries out runs."""
        return self._thread.is_alive()

    @property
    def runners(self) -> list[Runner]:
        """The runs that it carries out now."""
        return list(self._runners.values())

    @property
    def idle_seconds(self) -> float:
        """How long ago the loop went on last; more than some seconds where it is stuck."""
        return time.monotonic() - self._went_on_at

    def _loop(self) -> None:
        kept: list[int] | None = None  # kept runs whose next page may still have to start
        while not self._stopping.is_set():
            started: tuple[int, int] | None = None
            self._went_on_at = time.monotonic()
            try:
                started = self.store.version(0)
                # before all else, because a rollback may be in the record; what follows a kept run takes seconds
                for run in self._without_runner():
                    if not self._stopping.is_set():
                        self._start_runner(run)
                self._looked.set()
                self._leave_lost()
                self._queues.turn()
                if kept is None:
                    kept = [run.id for run in self.store.runs() if run.state == RunState.KEPT]
                kept = [number for number in [*kept, *self._ended()] if not self._has_followed(number)]
                self.vitals.engine_turned(self._active | self._runners.keys(), self._left_out)
            except BadRecord as error:
                # the message is enough, a traceback would hide it
                ways = "".join(runner.way_back for runner in self._runners.values())
                LOG.error("the record cannot be used now; trying again: %s%s", error, ways)  # noqa: TRY400
                kept = None
            except Exception:
                LOG.exception("internal error; the engine goes on")  # as with a row that somebody put there
                kept = None
            self._wait_for_start(started)

    def _leave_lost(self) -> None:
        """Let go of the runs whose places are gone for good: with its next turn the engine ends them."""
        for runner in self._runners.values():
            if self._lost.why(runner.page):
                runner.leave()

    def _wait_for_start(self, version: tuple[int, int] | None) -> None:
        """Wait for POLL seconds, or until a run was started since this version. Other writes concern its runner."""
        until = time.monotonic() + POLL
        while (left := until - time.monotonic()) > 0 and not self._stopping.is_set():
            with self.store.changed:
                self.store.changed.wait(left)
            with suppress(BadRecord):
                if version and self.store.version(0) != version:
                    return

    def _without_runner(self) -> list[Run]:
        """The active runs that nobody carries out yet; those that roll back come first."""
        active = self.store.active_runs()
        unreadable = self.store.unreadable_runs(active)
        self._active, self._left_out = {run.id for run in active}, set(unreadable)
        for number in unreadable:
            self._report(number, str(UnreadableRun(number)))
        waiting = [run for run in active if run.id not in self._runners]
        elsewhere = self.store.owned_elsewhere() if waiting else frozenset()
        waiting = [run for run in waiting if run.id not in elsewhere]
        self._lost.forget_all_but({run.id for run in waiting})
        waiting = [run for run in waiting if not self._is_for_another(run)]
        return sorted(waiting, key=lambda run: not self._rolls_back(run)) if waiting[1:] else waiting

    def _is_for_another(self, run: Run) -> bool:
        with suppress(Refused):  # a page that this version cannot read is reported where its run is taken up
            return bool(run.drill) and self._lost.is_for_another(run.id, page_of(run))
        return False

    def _rolls_back(self, run: Run) -> bool:
        try:
            return self.store.record(run.id).rollback is not None
        except Exception:  # a record that cannot be read is reported by its runner, and holds up no other run
            return False

    def _start_runner(self, run: Run) -> None:
        """Start a run's runner. A run that cannot be carried out is logged once and holds up no other run."""
        self._went_on_at = time.monotonic()
        owned = self.store.owned(run.id)
        if owned is None:
            self.vitals.leaves(run.id)
            return  # another bot carries it out
        try:
            mirror = self._mirror_of(owned, run)
            if mirror and _read_back(mirror):
                return  # what was read is carried out at the next look at the record
            require_true_run(owned, run, self.store.now())
            page = page_of(run)
            if run.drill and (why := self._lost.why(page)):
                end_lost_run(owned, run, why, self.store.now())
                self.store.release(run.id)
                return
            runner = Runner(owned, page, run.id, self._tools_for(page), self.vitals, mirror)
        except MirrorTaken as error:
            self._report(run.id, str(error))  # the run stays this bot's, so that no other one carries it on
            self._left_out.add(run.id)
            self.vitals.leaves(run.id)
            return
        except Exception as error:
            why = _in_words(error)
            self._report(run.id, f"run {run.id} of {run.target} cannot be carried out: {why}")
            self._left_out.add(run.id)
            self.vitals.leaves(run.id)
            self.store.release(run.id)
            return
        self._errors.pop(run.id, None)
        self._runners[run.id] = runner
        self.vitals.carries(run.id)
        runner.start()

    def _report(self, run: int, why: str) -> None:
        """Log why a run cannot be carried out, once."""
        if self._errors.get(run) != why:
            LOG.warning("%s", why)
        self._errors[run] = why

    def _has_followed(self, number: int) -> bool:
        """Start the page that follows a run, if one does. False if the record cannot be used for that now."""
        self._went_on_at = time.monotonic()
        try:
            run = self.store.run(number)
            if run.state == RunState.KEPT:
                owned = self.store.owned(number)
                if owned is None:
                    return False
                start_next_run(owned, self._starter, page_of(run), run)
                self.store.release(number)
        except Exception as error:
            self._report(number, f"after run {number} no page is started: {_in_words(error)}")
            return not isinstance(error, BadRecord)
        return True

    def _ended(self) -> list[int]:
        """Forget the runners that have ended; returns their runs."""
        ended = [number for number, runner in self._runners.items() if runner.wait(0)]
        for number in ended:
            runner = self._runners.pop(number)
            if not runner.left_to_mirror:
                self.store.release(number)
        return ended


def _read_back(mirror: MirrorFile) -> bool:
    """Whether somebody rolled back from the mirror of a run, and that was read into the record now.

    Raises MirrorTaken while that cannot be.
    """
    try:
        mirror.require_free()
    except MirrorTaken:
        mirror.read_back()
        return True
    except BadMirror:
        pass  # it is made anew
    return False


def _in_words(error: Exception) -> str:
    """An error for the log; of one that nobody expected only the name: its message may hold a secret."""
    return str(error) if isinstance(error, (Refused, OSError, ValueError)) else type(error).__name__


def page_of(run: Run) -> Page:
    """The run's own copy of its page, as it was when the run began."""
    return read_stored_page(run.text, run.page)


def zone_of(run: Run) -> ZoneInfo:
    """The zone of the run's page; UTC if this version cannot read that page."""
    try:
        return ZoneInfo(page_of(run).runbook.time_zone)
    except Refused:
        return ZoneInfo("UTC")
