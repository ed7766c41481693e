"""The runner: one thread that carries out what `decide` says of one run, and one more thread for each running act."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from commands.ports.tools import Tools
from commands.progress.clock import JumpWatch
from commands.progress.step_state import DECISION, WATCH
from commands.progress.usual_time import SlowWatch
from commands.report.status_posts import StatusPosts
from commands.rollback import budget
from commands.rollback.loss import LossWatch
from commands.rollback.request import turn_back
from commands.run import countdown_writes
from commands.run import events as run_events
from commands.run.act import Act, after_a_cut, give_back, settled
from commands.run.context import ContextMaker
from commands.run.decide import Begin, Move, Next, Note, StopActs, TurnBack, Wait, decide
from commands.runbook.page import Page, PageStep
from commands.runbook.people import BOT
from commands.signoff import events as signoff_events
from commands.signoff import reminders as chase
from commands.steps.base import act
from commands.steps.outcome import Context, Outcome, failed, unknown
from commands.text.durations import say
from commands.watch.countdown import AtZero, BeginCountdown, Recovered
from state.errors import BadRecord
from state.records import ACTIVE, DONE, RUNNING, News, Provided, Record, Step
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
        self._maker = ContextMaker(store, page, run, tools)
        self._loss = LossWatch(store, page, run, tools)
        self._slow = SlowWatch(store, page, run)
        self._posts = StatusPosts(store, page, run)
        self._jumps = JumpWatch(tools.clock)
        self._acts: dict[str, Act] = {}
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
                self._posts.tell(record, self._now())
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
        news = chase.chases(self.page, record, now)
        news += budget.told_at(self.page, record, self._slow.usual(record), now)
        if news:
            self.store.tell(self.number, now, *news)

    def _now(self) -> datetime:
        return self.tools.clock.now()

    def _carry_out(self, following: Next, record: Record) -> None:
        match following:
            case Begin(step, attempt):
                self.store.begin_step(
                    self.number, step.id, attempt, self._now(), *run_events.began(self.page, step, attempt)
                )
                self._act(step, attempt, lambda ctx: act(step.box, ctx))
            case Note(name, over):
                self._note(name, over)
            case TurnBack(reason):
                turn_back(self.store, self.number, BOT, reason, self._now(), self._still(following))
            case BeginCountdown() | Recovered() | AtZero():
                countdown_writes.note(
                    self.store, self.page, self.number, following, self._now(), self._still(following)
                )
            case StopActs(steps):
                self._stop(steps)
                self._sleep(record, self._now() + timedelta(seconds=1))
            case Move():
                self._move(following, record)
            case Wait(until):
                self._sleep(record, until)

    def _still(self, following: Next) -> Provided:
        """Whether this is still what comes next: a hold, KEEP or rollback written meanwhile, or a jump, comes first."""
        return lambda record: decide(self.page, record, self._now()) == following and not self._jumps.jumped()

    def _move(self, move: Move, record: Record) -> None:
        news = run_events.moved(self.page, record, move.state, self._now())
        moved = self.store.move_run(self.number, move.state, self._now(), news, provided=self._still(move))
        if moved and move.state not in ACTIVE:
            give_back(self.page, record, self._maker.context)

    def _note(self, name: str, over: bool) -> None:
        if over:
            row = Step(step=name, attempt=1, state=DONE, began_at=self._now())
            self.store.end_step(self.number, row, self._now(), News(kind="watch over"))
        elif name == WATCH:
            data = {
                "lasts": say(self.page.watch.lasts) if self.page.watch else "",
                "speed": self.store.run(self.number).speed,
            }
            self.store.begin_step(self.number, WATCH, 1, self._now(), News(kind="watch", data=data))
        else:
            self.store.begin_step(self.number, DECISION, 1, self._now(), signoff_events.decision(self.page))

    def _sleep(self, record: Record, until: datetime | None) -> None:
        """Wait until somebody writes, an act ends, another process has written, or the moment has come."""
        now = self._now()
        watches = (self._posts.due(record, now), self._slow.due(record, now))
        moments = (until, *watches, chase.due(self.page, record, now), budget.due(self.page, record, now))
        deadline = min(moment for moment in moments if moment)
        while not self._leaving.is_set():
            left = (deadline - self._now()).total_seconds()
            if left <= 0 or self.store.version() != self._seen or self._jumps.jumped():
                return
            with self.store.changed:
                self.store.changed.wait(max(0.01, min(left, POLL)))

    # -- acts -----------------------------------------------------------------------------------------------------

    def _act(self, step: PageStep, attempt: int, work: Callable[[Context], Outcome], *, stopped: bool = False) -> None:
        running = Act(step=step, attempt=attempt)
        if stopped:
            running.stop.set()
        self._acts[step.id] = running
        name = f"{self.number}-{step.id}"
        threading.Thread(target=self._work, args=(running, work), name=name, daemon=True).start()

    def _work(self, running: Act, work: Callable[[Context], Outcome]) -> None:
        began = self.tools.clock.steady()
        step = running.step
        try:
            outcome = self._guarded(running, work)
        except Exception as error:
            # without the traceback: its values may hold what a tool knows and the log must not
            LOG.error("step %s of run %s raised %s", step.id, self.number, type(error).__name__)  # noqa: TRY400
            outcome = unknown(
                f"The bot itself made a mistake here ({type(error).__name__}); look at production before you decide."
            )
        seconds = self.tools.clock.steady() - began
        while not self._noted(running, outcome, seconds):
            self._leaving.wait(1.0)

    def _noted(self, running: Act, outcome: Outcome, seconds: float) -> bool:
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

    def _guarded(self, running: Act, work: Callable[[Context], Outcome]) -> Outcome:
        ctx = self._maker.context(running.step, running.attempt, running.stop)
        if missing := sorted(running.step.box.needs() - set(ctx.values)):
            return failed(f"<{missing[0]}> is not known, because the step that gives it did not end well.")
        return settled(running.step, ctx, work(ctx))

    def _end(self, step: PageStep, attempt: int, outcome: Outcome, seconds: float) -> None:
        record = self.store.record(self.number)
        row = Step(
            step=step.id,
            attempt=attempt,
            state=outcome.state,
            began_at=self._now(),
            says=outcome.says,
            outcome=outcome.as_data(),
        )
        news = run_events.ended(self.page, record, step, row, outcome, round(seconds, 1))
        self.store.end_step(self.number, row, self._now(), *news)

    def _stop(self, steps: tuple[str, ...]) -> None:
        for step_id in steps:
            running = self._acts.get(step_id)
            if running is None:
                continue
            running.stop.set()
            running.asked_at = running.asked_at or self.tools.clock.steady()
            if self.tools.clock.steady() - running.asked_at > ABANDON:
                running.abandoned = True
                late = unknown(
                    f"It did not stop within {say(ABANDON)} and was left behind; look at it before you trust it."
                )
                self._end(running.step, running.attempt, late, ABANDON)

    def _take_over(self) -> None:
        """Look at every act that was in flight when the last runner died, before anything is run again.

        On the way back nothing of the way forward may begin any more, and so its acts are looked at as stopped ones.
        """
        record = self.store.record(self.number)
        back = record.fact("rollback") is not None
        self._posts.take_over(record, self._now())
        for row in record.steps:
            if row.state == RUNNING and row.step not in {WATCH, DECISION}:
                step = self.page.step(row.step)
                self._act(step, row.attempt, after_a_cut(step), stopped=back and step.part != "rollback")
