"""The running attempts of a run: a thread each, which runs the step and writes its end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from commands.rollback.loss import with_loss
from commands.run.context import ContextFactory, missing_input, with_fitting_values
from commands.run.events import counted_alerts, step_ended
from commands.run.recovery import resolve_unknown
from commands.run.vitals import Vitals
from commands.runbook.page import PageStep
from commands.steps.outcome import Context, Outcome, unknown
from commands.text.durations import format_duration
from state.errors import BadRecord, MirrorTaken
from state.records import Attempt

LOG = logging.getLogger("gonogo.runner")

ABANDON_AFTER = 15.0  # seconds after which an attempt that does not stop is no longer waited for
RETRY_INTERVAL = 1.0  # seconds between two tries to write how an attempt ended


class RunningStep:
    """One running attempt: the event that stops it, and since when that event is set (by the monotonic clock)."""

    def __init__(self, *, step: PageStep, attempt: int) -> None:
        self.step = step
        self.attempt = attempt
        self.stop = threading.Event()
        self.stopping_since: float | None = None
        self.abandoned = False


class RunningSteps:
    """Begins and stops the attempts of one run.

    `require_free` raises MirrorTaken once somebody rolls the run back from its mirror, and so has stopped its attempts.
    """

    def __init__(
        self,
        contexts: ContextFactory,
        vitals: Vitals | None = None,
        require_free: Callable[[], None] = lambda: None,
    ) -> None:
        self.contexts = contexts
        self._vitals = vitals or Vitals()
        self._require_free = require_free
        self._clock = contexts.tools.clock
        self._running: dict[str, RunningStep] = {}
        self._closed = contexts.patience.closed
        self._writing = threading.Lock()
        self._first_ended = threading.Event()

    def begin(
        self,
        step: PageStep,
        attempt: int,
        work: Callable[[Context], Outcome],
        *,
        stopped: bool = False,
        recovering: bool = False,
    ) -> None:
        """Run `work` in a thread of its own. With `stopped` it finds itself asked to stop from the start.

        With `recovering` it finds out how an earlier process's attempt ended.
        """
        running = RunningStep(step=step, attempt=attempt)
        if stopped:
            running.stop.set()
        self._running[step.id] = running
        name = f"{self.contexts.number}-{step.id}"
        threading.Thread(target=self._run, args=(running, work, recovering), name=name, daemon=True).start()

    def wait_for_first(self, timeout: float) -> None:
        """Wait until one attempt has ended, for `timeout` s at most; not for steps that wait for people or a time."""
        if any(not running.step.box.waits for running in list(self._running.values())):
            self._first_ended.wait(timeout)

    def stop(self, steps: tuple[str, ...]) -> None:
        """Ask attempts to stop, again and again; one that does not stop in time ends as unknown."""
        for step_id in steps:
            running = self._running.get(step_id)
            if running is None:
                continue
            now = self._clock.monotonic()
            running.stop.set()
            if running.stopping_since is None:
                running.stopping_since = now
            if now - running.stopping_since > ABANDON_AFTER:
                running.abandoned = True
                late = unknown(
                    f"It did not stop within {format_duration(ABANDON_AFTER)}, so the bot no longer waits for it. "
                    "It may still be running; check it before you rely on it."
                )
                self._write_end(running, late, ABANDON_AFTER)

    def close(self) -> None:
        """Write nothing any more. An end that is being written now is written; the attempts themselves go on."""
        self._closed.set()
        with self._writing:
            pass

    def _run(self, running: RunningStep, work: Callable[[Context], Outcome], recovering: bool) -> None:
        began = self._clock.monotonic()
        try:
            outcome = self._outcome(running, work, recovering=recovering)
        except Exception as error:
            # without the error's message and traceback: they may hold a secret
            run, name = self.contexts.number, type(error).__name__
            LOG.error("step %s of run %s raised %s", running.step.id, run, name)  # noqa: TRY400
            outcome = unknown(f"Internal error in the bot ({name}). Check what runs before you decide.")
        seconds = self._clock.monotonic() - began
        while not self._try_to_write_end(running, outcome, seconds):
            self._closed.wait(RETRY_INTERVAL)
        self._first_ended.set()

    def _outcome(self, running: RunningStep, work: Callable[[Context], Outcome], *, recovering: bool) -> Outcome:
        contexts, step = self.contexts, running.step
        ctx = contexts.context(step, running.attempt, running.stop)

        def whole_work() -> Outcome:
            missing = missing_input(step, ctx)
            return missing or with_fitting_values(step, resolve_unknown(step, ctx, work(ctx)))

        record = contexts.patience.use(running.stop, lambda: contexts.store.record(contexts.number))
        return with_loss(contexts.page, record, step, contexts.tools, whole_work, recovering=recovering)

    def _try_to_write_end(self, running: RunningStep, outcome: Outcome, seconds: float) -> bool:
        """Write how an attempt ended, unless nobody waits for it. False if it cannot be written now."""
        with self._writing:
            if running.abandoned or self._closed.is_set():
                return True
            try:
                self._require_free()
                self._write_end(running, outcome, seconds)
            except MirrorTaken:
                return True  # the mirror says how it ended, and is read into the record
            except BadRecord as error:
                # the message is enough, a traceback would hide it
                LOG.error("the result of %s is not written yet: %s", running.step.id, error)  # noqa: TRY400
                return False
        return True

    def _write_end(self, running: RunningStep, outcome: Outcome, seconds: float) -> None:
        contexts, step, now = self.contexts, running.step, self._clock.now()
        attempt = Attempt(
            step=step.id,
            attempt=running.attempt,
            state=outcome.state,
            began_at=now,
            summary=outcome.summary,
            outcome=outcome.as_data(),
        )
        record = contexts.store.record(contexts.number)
        attempt = counted_alerts(contexts.page, record, step, attempt)
        events = step_ended(contexts.page, record, step, attempt, outcome, round(seconds, 1))
        contexts.store.end_attempt(contexts.number, attempt, now, *events)
        self._vitals.step_ended(step.part, outcome.state)
