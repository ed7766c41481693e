"""Makes the context of an attempt: earlier values, the run's files, how to repeat a part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from threading import Event

from commands.ports.tools import Tools
from commands.progress.values import values_for
from commands.rollback.restored import not_restored_before, not_undone
from commands.run.patience import Patience
from commands.run.recovery import CANNOT_TELL, resolve_unknown
from commands.run.surprise_tools import tools_of_attempt
from commands.runbook.page import Page, PageStep, Part
from commands.steps.base import execute, page_value_types
from commands.steps.outcome import Context, Outcome, failed, unknown
from commands.steps.value_types import NUMBER_TYPES, ValueType, misfit
from state.errors import BadRecord
from state.events import RunStarted
from state.records import AttemptState, Record, RunState
from state.store import RecordStore

PROGRESS_LINES, PROGRESS_WIDTH = 5, 200  # how many lines of running output are shown, and characters of each

RunStep = Callable[[PageStep, Context], Outcome]


class ContextFactory:
    """Makes the contexts of one run's attempts."""

    def __init__(self, store: RecordStore, page: Page, run: int, tools: Tools) -> None:
        self.store = store
        self.page = page
        self.number = run
        self.tools = tools
        self.patience = Patience(run)
        self._boxes = {step.id: step.box for step in page.steps}
        types = page_value_types(self._boxes)
        self._numbers = frozenset(name for name, kind in types.items() if kind in NUMBER_TYPES)

    def context(self, step: PageStep, attempt: int, stop: Event) -> Context:
        """The context of an attempt. Its key is the same in every process, so each effect happens once.

        Like every use of the record in it, this waits while the record is away.
        """
        record = self.patience.use(stop, lambda: self.store.record(self.number))
        first = next((one for one in record.attempts if one.step == step.id), None)
        begun = next((one for one in record.attempts if (one.step, one.attempt) == (step.id, attempt)), None)

        taken: Counter[str] = Counter()

        def rerun_part(part: str, interrupted: bool) -> list[tuple[str, Outcome]]:
            return self._repeat(ctx, part, record, _recover if interrupted else _execute)

        def run_check(check: str) -> tuple[str, Outcome]:
            measured = self.page.step(check)
            taken[check] += 1  # with the same key, a command would not run again
            key, values = f"{ctx.key}/{check}/{taken[check]}", values_for(self.page, record, measured)
            own = replace(ctx, title=measured.title, key=key, values=values, unsettled={})
            return measured.title, execute(measured.box.for_baseline(), own)

        ctx = Context(
            tools=tools_of_attempt(self.tools, self.store, self.page, record, step),
            run=record.run,
            key=_key(record, step, attempt),
            title=step.title,
            began_at=first.began_at if first else self.tools.clock.now(),
            tried_at=begun.began_at if begun else None,
            stamp=first.stamp if first else "",
            time_zone=self.page.runbook.time_zone,
            values=values_for(self.page, record, step),
            stop=stop,
            file=lambda name: self.patience.use(stop, lambda: self.store.file(self.number, name)),
            save_file=lambda name, text: self.patience.use(stop, lambda: self.store.save_file(self.number, name, text)),
            rerun_part=rerun_part,
            run_check=run_check,
            boxes=self._boxes,
            numbers=self._numbers,
            on_output=lambda text: self._show_progress(step.id, attempt, text),
            not_restored=not_restored_before(self.page, record, step),
            not_undone=not_undone(self.page, record) if record.run.state == RunState.ROLLING_BACK else (),
            unsettled=_unsettled(self.page, record, step, attempt),
            found_at_start=self.patience.use(stop, self._found_at_start),
        )
        return ctx

    def _found_at_start(self) -> dict[str, str]:
        """What the run's preflight found and kept; the first event says it."""
        for event in self.store.events(self.number, limit=1):
            if isinstance(event.data, RunStarted):
                return event.data.found_by_name()
        return {}

    def _show_progress(self, step: str, attempt: int, text: str) -> None:
        """Show the newest output of a running attempt. If it cannot be written now, the attempt goes on without it."""
        with suppress(BadRecord):
            self.store.show_progress(self.number, step, attempt, _last_lines(text))

    def _repeat(self, ctx: Context, part: str, record: Record, run_step: RunStep) -> list[tuple[str, Outcome]]:
        """Run a part's steps again within one check. After a failure only the steps that clean up (`always`) run.

        The values that these steps provided the first time are left out, so that no step acts on what is gone by now.
        """
        steps = self.page.part(Part(part))
        provided = {name for step in steps for name in step.box.outputs()}
        given: list[tuple[PageStep, Mapping[str, str]]] = []
        results: list[tuple[str, Outcome]] = []
        for step in steps:
            failing = any(outcome.state != AttemptState.DONE for _, outcome in results)
            if (failing and not step.box.always) or step.box.asks_people:
                continue
            values = {
                name: value for name, value in values_for(self.page, record, step).items() if name not in provided
            }
            for other, more in given:
                values |= more if other.gives_values_to(step) else {}
            own = replace(
                ctx,
                title=step.title,
                key=f"{ctx.key}/{step.id}",
                values=values,
                unsettled={},
                after_change=False,
            )
            missing = missing_input(step, own, " What this step cleans up may still be there.")
            outcome = missing or with_fitting_values(step, run_step(step, own))
            given.append((step, outcome.values))
            results.append((step.title, outcome))
        return results


def _key(record: Record, step: PageStep, attempt: int) -> str:
    return f"{record.run.key}/{step.id}/{attempt}"


def _unsettled(page: Page, record: Record, step: PageStep, attempt: int) -> dict[str, bool]:
    """The keys of the attempts right before this one whose end is unknown, and whether they had the same values."""
    others = {other.id for other in page.steps if not other.gives_values_to(step)}
    earlier = [one for one in record.attempts if one.step == step.id and one.attempt < attempt]
    inputs, keys = step.box.inputs(), {}
    for one in reversed(earlier):
        if one.state != AttemptState.UNKNOWN:
            break
        keys[_key(record, step, one.attempt)] = not any(
            other.state == AttemptState.DONE
            and other.step not in others
            and other.at > one.began_at
            and inputs & set(other.values)
            for other in record.attempts
        )
    return keys


def missing_input(step: PageStep, ctx: Context, note: str = "") -> Outcome | None:
    """The failure of a step that lacks an input, with a note on what that leaves; None if it lacks none."""
    missing = sorted(step.box.inputs() - set(ctx.values))
    if not missing:
        return None
    return failed(f"<{missing[0]}> has no value, because the step that provides it did not succeed.{note}")


def with_fitting_values(step: PageStep, outcome: Outcome) -> Outcome:
    """The outcome, or the failure of a step with a value that does not fit its type: nothing of it is kept."""
    types = step.box.value_types()
    for name, value in outcome.values.items():
        if why := misfit(name, value, types.get(name, ValueType.WORD), f"set by “{step.title}”"):
            return failed(why, lines=outcome.lines, output=outcome.output, measures=outcome.measures)
    return outcome


def _execute(step: PageStep, ctx: Context) -> Outcome:
    return resolve_unknown(step, ctx, execute(step.box, ctx))


def _recover(step: PageStep, ctx: Context) -> Outcome:
    """For a step of an interrupted repetition: recover what it made, so that the steps after it clean it up."""
    return step.box.recover(ctx) or unknown(CANNOT_TELL)


def _last_lines(text: str) -> str:
    return "\n".join(line[:PROGRESS_WIDTH] for line in text.splitlines()[-PROGRESS_LINES:])
