"""The runner: one thread that carries out what `decide` says of one run, and one more thread for each running act."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from commands.ports.tools import Tools
from commands.progress.clock import ClockMonitor
from commands.progress.step_state import DECISION, WATCH
from commands.progress.usual_time import SlowStepMonitor
from commands.report.status_posts import StatusPosts
from commands.rollback import budget
from commands.rollback.loss import LossMonitor
from commands.rollback.request import request_rollback
from commands.run import countdown_writes
from commands.run.context import ContextFactory
from commands.run.decide import BeginStep, MarkPhase, MoveRun, NextAct, RequestRollback, StopSteps, Wait, decide
from commands.run.events import run_moved, step_began, step_ended
from commands.run.running_step import RunningStep, clean_up_after_run, recover_after_crash, resolve_unknown
from commands.runbook.page import Page, PageStep, Part
from commands.signoff import reminders
from commands.signoff.events import decision_asked
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome, failed, unknown
from commands.text.durations import format_duration
from commands.watch.countdown import CancelCountdown, CountdownExpired, StartCountdown
from state.errors import BadRecord
from state.events import WatchBegan, WatchOver
from state.facts import BOT
from state.records import ACTIVE, Attempt, AttemptState, Condition, NewEvent, Record
from state.sqlite.store import Store

LOG = logging.getLogger("gonogo.runner")
POLL = 0.2  # seconds; how soon a word from another process (the terminal) is heard
ABANDON = 15.0  # seconds after which an act that does not stop is left behind as unknown


class Runner:
    """Carries one run on until it ends or `leave` is called; `leave` stops no remote job, a later runner finds it again."""

    def __init__(self, store: Store, page: Page, run: int, tools: Tools) -> None:
        self.store = store
        self.page = page
        self.number = run
        self.tools = tools
        self._maker = ContextFactory(store, page, run, tools)
        self._loss = LossMonitor(store, page, run, tools)
        self._slow = SlowStepMonitor(store, page, run)
        self._posts = StatusPosts(store, page, run)
        self._jumps = ClockMonitor(tools.clock)
        self._acts: dict[str, RunningStep] = {}
        self._leaving = threading.Event()
        self._ending = threading.Lock()
        self._seen = store.version()
        self._thread = threading.Thread(target=self._loop, name=f"run-{run}", daemon=True)

    def start(self) -> None:
        """Begin, and first look at what an earlier runner left behind."""
        self._thread.start()

    def leave(self, timeout: float = 5.0) -> None:
        """Stop deciding; returns when the loop has ended or after `timeout` seconds."""
        self._leaving.set()
        self._loss.stop()
        with self.store.changed:
            self.store.changed.notify_all()
        self._thread.join(timeout)
        with self._ending:
            pass  # an act that is just writing its end does so; no later one does

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the run's end; says whether it came."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # -- the loop -------------------------------------------------------------------------------------------------

    def _loop(self) -> None:
        self._take_over()
        self._loss.start()
        while not self._leaving.is_set():
            try:
                self._seen = self.store.version()
                record = self.store.record(self.number)
                if not record.run.active:
                    return
                if self._jumps.note(self.store, record):
                    continue
                self._posts.write_due(record, self._now())
                self._slow.tell(record, self._now())
                self._tell(record, self._now())
                self._carry_out(decide(self.page, record, self._now()), record)
            except BadRecord as error:
                LOG.error("run %s waits: %s", self.number, error)  # noqa: TRY400  its words say it all
                self._leaving.wait(1.0)
            except Exception:
                LOG.exception("run %s: the loop goes on after an error of its own", self.number)
                self._leaving.wait(1.0)

    def _tell(self, record: Record, now: datetime) -> None:
        """Write what the time alone brings: who is chased, and how much of the rollback's time is over."""
        news = reminders.due_reminders(self.page, record, now)
        news += budget.due_budget_events(self.page, record, self._slow.usual(record), now)
        if news:
            self.store.add_events(self.number, now, *news)

    def _now(self) -> datetime:
        return self.tools.clock.now()

    def _carry_out(self, following: NextAct, record: Record) -> None:
        match following:
            case BeginStep(step, attempt):
                self.store.begin_attempt(
                    self.number, step.id, attempt, self._now(), *step_began(self.page, step, attempt)
                )
                self._act(step, attempt, lambda ctx: execute(step.box, ctx))
            case MarkPhase(name, over):
                self._note(name, over)
            case RequestRollback(reason):
                request_rollback(self.store, self.number, BOT, reason, self._now(), self._still(following))
            case StartCountdown() | CancelCountdown() | CountdownExpired():
                countdown_writes.write_countdown(
                    self.store, self.page, self.number, following, self._now(), self._still(following)
                )
            case StopSteps(steps):
                self._stop(steps)
                self._sleep(record, self._now() + timedelta(seconds=1))
            case MoveRun():
                self._move(following, record)
            case Wait(until):
                self._sleep(record, until)

    def _still(self, following: NextAct) -> Condition:
        """Whether this is still what comes next: a hold, KEEP or rollback written meanwhile, or a jump, comes first."""
        return lambda record: decide(self.page, record, self._now()) == following and not self._jumps.jumped()

    def _move(self, move: MoveRun, record: Record) -> None:
        news = run_moved(self.page, record, move.state, self._now())
        moved = self.store.move_run(self.number, move.state, self._now(), news, only_if=self._still(move))
        if moved and move.state not in ACTIVE:
            clean_up_after_run(self.page, record, self._maker.context)

    def _note(self, name: str, over: bool) -> None:
        if over:
            row = Attempt(step=name, attempt=1, state=AttemptState.DONE, began_at=self._now())
            self.store.end_attempt(self.number, row, self._now(), NewEvent(data=WatchOver()))
        elif name == WATCH:
            lasts = format_duration(self.page.watch.lasts) if self.page.watch else ""
            began = WatchBegan(lasts=lasts, speed=self.store.run(self.number).speed)
            self.store.begin_attempt(self.number, WATCH, 1, self._now(), NewEvent(data=began))
        else:
            self.store.begin_attempt(self.number, DECISION, 1, self._now(), decision_asked(self.page))

    def _sleep(self, record: Record, until: datetime | None) -> None:
        """Wait until somebody writes, an act ends, another process has written, or the moment has come."""
        now = self._now()
        watches = (self._posts.due(record, now), self._slow.due(record, now))
        moments = (until, *watches, reminders.due(self.page, record, now), budget.due(self.page, record, now))
        deadline = min(moment for moment in moments if moment)
        while not self._leaving.is_set():
            left = (deadline - self._now()).total_seconds()
            if left <= 0 or self.store.version() != self._seen or self._jumps.jumped():
                return
            with self.store.changed:
                self.store.changed.wait(max(0.01, min(left, POLL)))

    # -- acts -----------------------------------------------------------------------------------------------------

    def _act(self, step: PageStep, attempt: int, work: Callable[[Context], Outcome], *, stopped: bool = False) -> None:
        running = RunningStep(step=step, attempt=attempt)
        if stopped:
            running.stop.set()
        self._acts[step.id] = running
        name = f"{self.number}-{step.id}"
        threading.Thread(target=self._work, args=(running, work), name=name, daemon=True).start()

    def _work(self, running: RunningStep, work: Callable[[Context], Outcome]) -> None:
        began = self.tools.clock.monotonic()
        step = running.step
        try:
            outcome = self._guarded(running, work)
        except Exception as error:
            # without the traceback: its values may hold what a tool knows and the log must not
            LOG.error("step %s of run %s raised %s", step.id, self.number, type(error).__name__)  # noqa: TRY400
            outcome = unknown(
                f"The bot itself made a mistake here ({type(error).__name__}); look at production before you decide."
            )
        seconds = self.tools.clock.monotonic() - began
        while not self._noted(running, outcome, seconds):
            self._leaving.wait(1.0)

    def _noted(self, running: RunningStep, outcome: Outcome, seconds: float) -> bool:
        """Write how an act ended; False where the record takes no writes now, so that it must be tried again."""
        with self._ending:
            if running.abandoned or self._leaving.is_set():
                return True
            try:
                self._end(running.step, running.attempt, outcome, seconds)
            except BadRecord as error:
                LOG.error("the end of %s waits: %s", running.step.id, error)  # noqa: TRY400  its words say it all
                return False
        return True

    def _guarded(self, running: RunningStep, work: Callable[[Context], Outcome]) -> Outcome:
        ctx = self._maker.context(running.step, running.attempt, running.stop)
        if missing := sorted(running.step.box.inputs() - set(ctx.values)):
            return failed(f"<{missing[0]}> is not known, because the step that gives it did not end well.")
        return resolve_unknown(running.step, ctx, work(ctx))

    def _end(self, step: PageStep, attempt: int, outcome: Outcome, seconds: float) -> None:
        record = self.store.record(self.number)
        row = Attempt(
            step=step.id,
            attempt=attempt,
            state=outcome.state,
            began_at=self._now(),
            summary=outcome.summary,
            outcome=outcome.as_data(),
        )
        news = step_ended(self.page, record, step, row, outcome, round(seconds, 1))
        self.store.end_attempt(self.number, row, self._now(), *news)

    def _stop(self, steps: tuple[str, ...]) -> None:
        for step_id in steps:
            running = self._acts.get(step_id)
            if running is None:
                continue
            running.stop.set()
            running.asked_at = running.asked_at or self.tools.clock.monotonic()
            if self.tools.clock.monotonic() - running.asked_at > ABANDON:
                running.abandoned = True
                late = unknown(
                    f"It did not stop within {format_duration(ABANDON)} and was left behind; look at it before you trust it."
                )
                self._end(running.step, running.attempt, late, ABANDON)

    def _take_over(self) -> None:
        """Look at every act that was in flight when the last runner died, before anything is run again.

        On the way back nothing of the way forward may begin any more, and so its acts are looked at as stopped ones.
        """
        record = self.store.record(self.number)
        back = record.rollback is not None
        self._posts.take_over(record, self._now())
        for row in record.attempts:
            if row.state == AttemptState.RUNNING and row.step not in {WATCH, DECISION}:
                step = self.page.step(row.step)
                self._act(step, row.attempt, recover_after_crash(step), stopped=back and step.part != Part.ROLLBACK)
