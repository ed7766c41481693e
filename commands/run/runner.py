"""The runner: the loop of one run, which carries out what `decide` says, again and again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from commands.ports.tools import Tools
from commands.progress.clock import ClockMonitor
from commands.progress.evidence import CHECK, check_step
from commands.progress.final_comparison import COMPARISON, comparison_step
from commands.progress.own_steps import step_of_run
from commands.progress.step_state import AFTER_ROLLBACK, PHASES
from commands.rollback.loss_monitor import LossMonitor
from commands.rollback.reach_monitor import ReachMonitor
from commands.rollback.request import request_rollback
from commands.run.context import ContextFactory
from commands.run.countdown_writes import write_countdown
from commands.run.decide import decide
from commands.run.due_events import DueEvents
from commands.run.environment import compare_places, end_drill_elsewhere
from commands.run.events import phase_began, run_moved, step_began
from commands.run.evidence_check import check_evidence
from commands.run.instructions import (
    AskAgain,
    BeginStep,
    CheckEvidence,
    CompareWithBackup,
    Instruction,
    MarkPhase,
    MoveRun,
    RequestRollback,
    StopSteps,
    Wait,
)
from commands.run.interruptions import report_interruption
from commands.run.mirroring import MirrorFile, Mirroring
from commands.run.record_guard import RecordGuard
from commands.run.recovery import clean_up_after_run, end_before_rollback, give_up_elsewhere, recover_after_crash
from commands.run.rollback_comparison import compare_after_rollback
from commands.run.running_step import RunningSteps
from commands.run.vitals import Vitals
from commands.runbook.page import Page, PageStep, Part
from commands.signoff.asked_again import asked_again
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from commands.watch.after_rollback import end_watch_after_rollback
from commands.watch.countdown import CancelCountdown, CountdownExpired, StartCountdown
from state.errors import BadRecord, MirrorTaken, NotOwner
from state.events import WatchOver
from state.facts import BOT
from state.records import ACTIVE, Attempt, AttemptState, Condition, NewEvent, Record
from state.store import RecordStore

LOG = logging.getLogger("gonogo.runner")
POLL = 0.2  # seconds until the loop notices what another process (the terminal) has written
RETRY_INTERVAL = 1.0  # seconds between two tries after an error, and between two requests to stop


class Runner:
    """Carries out one run until it ends or `detach` is called.

    `detach` leaves the run as it is: jobs go on running on their hosts, and a later runner finds them again.
    """

    def __init__(
        self,
        store: RecordStore,
        page: Page,
        run: int,
        tools: Tools,
        vitals: Vitals | None = None,
        mirror: MirrorFile | None = None,
    ) -> None:
        self.store = store
        self.page = page
        self.number = run
        self.tools = tools
        self._contexts = ContextFactory(store, page, run, tools)
        self._vitals = vitals or Vitals()
        self._mirror = Mirroring(mirror, run)
        self._steps = RunningSteps(self._contexts, self._vitals, self._mirror.require_free)
        self._loss = LossMonitor(store, page, run, tools)
        self._reach = ReachMonitor(store, page, run, tools)
        self._due = DueEvents(store, page, run)
        self._clock_monitor = ClockMonitor(tools.clock)
        self._guard = RecordGuard(store, page, run)
        self.left_to_mirror = False  # somebody rolls back from the mirror, so that no other bot may take the run
        self.up_to_date = threading.Event()  # set once all that was due has begun, or cannot begin now
        self._detaching = threading.Event()
        self._version = store.version(run)  # of the record that the loop has read
        self._thread = threading.Thread(target=self._loop, name=f"run-{run}", daemon=True)

    def start(self) -> None:
        """Start the loop, which first recovers what an earlier runner left running."""
        self._thread.start()

    def detach(self, timeout: float = 5.0) -> None:
        """Stop the loop and write nothing more. Returns when the loop has ended, or after `timeout` seconds."""
        self.leave()
        self._thread.join(timeout)

    def leave(self) -> None:
        """Let the loop end, and write nothing more. Returns at once; `wait` says when the loop has ended."""
        self._stop_threads()
        with self.store.changed:
            self.store.changed.notify_all()

    def _leave_mirror(self, *, over: bool) -> None:
        with suppress(BadRecord):  # somebody may have taken it, and then it stays
            self._mirror.end(over=over)

    def _stop_threads(self) -> None:
        """Let the run's other threads write nothing more."""
        self._detaching.set()
        self._steps.close()
        self._loss.stop()
        self._reach.stop()

    @property
    def way_back(self) -> str:
        """What to type to roll back while the record is away, as a sentence; empty where the run has no mirror."""
        return self._mirror.way_back

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end of the loop, for `timeout` seconds at most. True if it has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def wait_for_first_act(self, timeout: float) -> None:
        """Wait until an attempt of this runner has ended, for `timeout` s at most; see `RunningSteps`."""
        self._steps.wait_for_first(timeout)

    # -- the loop -------------------------------------------------------------------------------------------------

    def _loop(self) -> None:
        try:
            self._recover()
            self._loss.start()
            self._reach.start()
            self._take_turns()
        except NotOwner as error:
            LOG.warning("run %s is left to its new owner: %s", self.number, error)
            self._vitals.leaves(self.number)
            self._stop_threads()
            with suppress(BadRecord):
                self._mirror.leave()
        except MirrorTaken as error:
            LOG.warning("%s", error)
            self.left_to_mirror = True
            self._vitals.leaves(self.number)
            self._stop_threads()
        except BadRecord as error:
            # nothing was begun yet, and the engine starts another runner
            LOG.error("run %s waits: %s", self.number, error)  # noqa: TRY400
            self._stop_threads()
        finally:
            self._leave_mirror(over=False)
            self.up_to_date.set()
            self.tools.close()

    def _take_turns(self) -> None:
        while not self._detaching.is_set():
            try:
                if not self._turn():
                    self._vitals.leaves(self.number)
                    return
                self._vitals.turned(self.number)
            except (NotOwner, MirrorTaken):
                raise
            except BadRecord as error:
                # the message is enough, a traceback would hide it
                LOG.error("run %s waits: %s%s", self.number, error, self.way_back)  # noqa: TRY400
                self._wait_for_retry()
            except Exception:
                LOG.exception("run %s: internal error; the run goes on", self.number)
                self._wait_for_retry()

    def _wait_for_retry(self) -> None:
        self.up_to_date.set()
        self._detaching.wait(RETRY_INTERVAL)

    def _turn(self) -> bool:
        """One turn of the loop; False if the run is over."""
        self._mirror.require_free()
        self._version = self.store.version(self.number)
        record = self.store.record(self.number)
        if not record.run.active:
            self._leave_mirror(over=True)
            return False
        rolls_back = record.rollback is not None  # and a rollback waits for nothing
        if not rolls_back and self._guard.check(record, self._version[0], self._now()):
            return True
        if not self._clock_monitor.record_jump(self.store, record):
            instruction = decide(self.page, record, self._now())
            # nothing comes before what a rollback does next
            reports_last = rolls_back and not isinstance(instruction, Wait)
            if not reports_last:
                self._due.write(record, self._now())
            if isinstance(instruction, Wait):
                self._mirror.follow(record, self._version)
            self._carry_out(instruction, record)
            if reports_last:
                self._due.write(record, self._now())
        if rolls_back:
            self._guard.check(record, self._version[0], self._now())
        return True

    def _now(self) -> datetime:
        return self.tools.clock.now()

    def _carry_out(self, instruction: Instruction, record: Record) -> None:
        match instruction:
            case BeginStep(step, attempt):
                self._begin(step, attempt)
            case CheckEvidence() | CompareWithBackup():
                self._begin_own(instruction)
            case AskAgain(steps):
                repeats, events = asked_again(self.page, record, steps, self._now())
                self.store.repeat(self.number, repeats, self._now(), *events, only_if=self._unchanged(instruction))
            case MarkPhase(phase, over):
                self._mark(phase, over)
            case RequestRollback(reason):
                request_rollback(self.store, self.number, BOT, reason, self._now(), self._unchanged(instruction))
            case StartCountdown() | CancelCountdown() | CountdownExpired():
                condition = self._unchanged(instruction)
                write_countdown(self.store, self.page, self.number, instruction, self._now(), condition)
            case StopSteps(steps):
                self._steps.stop(steps)
                self._sleep(record, self._now() + timedelta(seconds=RETRY_INTERVAL))
            case MoveRun():
                self._move(instruction, record)
            case Wait(until):
                self._sleep(record, until)

    def _unchanged(self, instruction: Instruction) -> Condition:
        """The condition that `decide` still says so: a hold, KEEP, rollback or clock jump since then comes first."""
        return lambda record: decide(self.page, record, self._now()) == instruction and not self._clock_monitor.jumped()

    def _begin(self, step: PageStep, attempt: int) -> None:
        self._write_begin(step, attempt)
        self._vitals.step_began(step.part)
        self._steps.begin(step, attempt, lambda ctx: execute(step.box, ctx))

    def _write_begin(self, step: PageStep, attempt: int) -> None:
        """Write that an attempt begins: first into the mirror, which nobody may have taken, then into the record."""
        self._mirror.begins(step.id, attempt)
        try:
            events = step_began(self.page, step, attempt)
            self.store.begin_attempt(self.number, step.id, attempt, self._now(), *events)
        except BadRecord:
            self._mirror.did_not_begin(step.id, attempt)
            raise

    def _begin_own(self, instruction: CheckEvidence | CompareWithBackup) -> None:
        """Begin one of the two steps that the bot adds to the page."""
        step, attempt = comparison_step(), 1
        if isinstance(instruction, CheckEvidence):
            step, attempt = check_step(self.page), instruction.attempt
        self._write_begin(step, attempt)
        self._vitals.step_began(step.part)
        self._steps.begin(step, attempt, self._own_work(step.id))

    def _own_work(self, name: str) -> Callable[[Context], Outcome]:
        work = check_evidence if name == CHECK else compare_after_rollback
        read = self._contexts.patience.use
        return lambda ctx: work(self.page, read(ctx.stop, lambda: self.store.record(self.number)), ctx)

    def _move(self, move: MoveRun, record: Record) -> None:
        if record.last(AFTER_ROLLBACK):
            end_watch_after_rollback(self.store, self.page, record, self._now())
            moved = True
        else:
            event = run_moved(self.page, record, move.state, self._now())
            moved = self.store.move_run(self.number, move.state, self._now(), event, only_if=self._unchanged(move))
        if moved and move.state not in ACTIVE:
            self._vitals.leaves(self.number)  # what follows waits for hosts
            clean_up_after_run(self.page, record, self._contexts.context)

    def _mark(self, phase: str, over: bool) -> None:
        if over:
            ended = Attempt(step=phase, attempt=1, state=AttemptState.DONE, began_at=self._now())
            self.store.end_attempt(self.number, ended, self._now(), NewEvent(data=WatchOver()))
        else:
            event = phase_began(self.page, self.store.record(self.number), phase, self._now())
            self.store.begin_attempt(self.number, phase, 1, self._now(), event)

    def _sleep(self, record: Record, until: datetime | None) -> None:
        """Sleep until the record changes, the clock jumps, an event is due, or the given time."""
        next_event = self._due.next_at(record, self._now())
        deadline = min(until, next_event) if until else next_event
        self.up_to_date.set()
        while not self._detaching.is_set():
            left = (deadline - self._now()).total_seconds()
            if left <= 0 or self.store.version(self.number) != self._version or self._clock_monitor.jumped():
                return
            if self._guard.due():
                return
            self._vitals.turned(self.number)
            with self.store.changed:
                self.store.changed.wait(max(0.01, min(left, POLL)))

    def _recover(self) -> None:
        """Recover every attempt that an earlier runner left running, before anything else begins.

        In a rollback, forward steps are recovered as stopped ones: nothing of them may begin any more. Where the
        environment leads elsewhere now, nothing can be found out about them, and nothing may begin there.
        """
        record = self.store.record(self.number)
        if record.attempts:
            self._vitals.took_over(self.number)
        places = self.tools.places()
        if end_drill_elsewhere(self.store, self.page, record, places, self._now()):
            return
        elsewhere = compare_places(self.store, self.page, record, places, self._now())
        for attempt in record.attempts:
            if attempt.state == AttemptState.RUNNING and attempt.step not in PHASES:
                step = step_of_run(self.page, record, attempt.step)
                stopped = step.part != Part.ROLLBACK and (elsewhere or _rolls_back(record))
                if not stopped:
                    report_interruption(self.store, self.page, self.number, step, attempt.attempt, self._now())
                work = self._recovery(step, record, elsewhere)
                self._steps.begin(step, attempt.attempt, work, stopped=stopped, recovering=True)
        self._due.posts.take_over(record, self._now())

    def _recovery(self, step: PageStep, record: Record, elsewhere: bool) -> Callable[[Context], Outcome]:
        """What to do about an attempt that an earlier runner left running."""
        if step.part != Part.ROLLBACK and _rolls_back(record):
            return end_before_rollback(step)
        if step.part != Part.ROLLBACK and elsewhere:
            return give_up_elsewhere
        return self._own_work(step.id) if step.id in {CHECK, COMPARISON} else recover_after_crash(step)


def _rolls_back(record: Record) -> bool:
    """Whether the rollback's steps come before everything else; the checks after it may run again."""
    return record.rollback is not None and record.last(AFTER_ROLLBACK) is None
