"""What an act is handed: the context of one attempt, with the values of earlier steps, the run's files, and how to repeat a part."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from threading import Event

from commands.ports.tools import Tools
from commands.rollback.restored import not_restored_before
from commands.run.running_step import resolve_unknown
from commands.runbook.page import Page, PageStep, Part
from commands.steps.base import StepBox, execute
from commands.steps.outcome import Context, Outcome, failed
from state.errors import BadRecord
from state.records import AttemptState
from state.sqlite.store import Store

Make = Callable[[StepBox, Context], Outcome]


class ContextFactory:
    """Makes the contexts of one run's acts."""

    def __init__(self, store: Store, page: Page, run: int, tools: Tools) -> None:
        self.store = store
        self.page = page
        self.number = run
        self.tools = tools

    def context(self, step: PageStep, attempt: int, stop: Event) -> Context:
        """The context of an attempt; the same attempt has the same key, whoever makes it."""
        record = self.store.record(self.number)
        values = {
            "ref": record.run.ref,
            "run": str(self.number),
            "countdown": str(record.run.notice_minutes),
            **record.values(),
        }
        first = next((row for row in record.attempts if row.step == step.id), None)

        def repeat(part: str, cut: bool) -> list[tuple[str, Outcome]]:
            return self._repeat(whole, part, dict(values), recover_after_crash if cut else execute)

        def measure(check: str) -> tuple[str, Outcome]:
            probed = self.page.step(check)
            own = replace(whole, title=probed.title, key=f"{whole.key}/{check}")
            return probed.title, execute(probed.box.for_baseline(), own)

        whole = Context(
            tools=self.tools,
            run=record.run,
            key=f"{record.run.key}/{step.id}/{attempt}",
            title=step.title,
            began_at=first.began_at if first else self.tools.clock.now(),
            stamp=first.stamp if first else "",
            time_zone=self.page.runbook.time_zone,
            values=values,
            stop=stop,
            file=lambda name: self.store.file(self.number, name),
            save_file=lambda name, text: self.store.save_file(self.number, name, text),
            repeat=repeat,
            measure=measure,
            boxes={other.id: other.box for other in self.page.steps},
            on_output=lambda text: self._show(step.id, attempt, text),
            missing=not_restored_before(self.page, record, step),
        )
        return whole

    def _show(self, step: str, attempt: int, text: str) -> None:
        """Show what a step has said so far; where that cannot be written now, the step goes on all the same."""
        with suppress(BadRecord):
            self.store.show_progress(self.number, step, attempt, _last_lines(text))

    def _repeat(self, whole: Context, part: str, values: dict[str, str], make: Make) -> list[tuple[str, Outcome]]:
        """Make a part's steps once more within one check; after a failure only the steps that clean up.

        What its steps found out the first time is forgotten, so that nothing of then is taken for what is made now.
        """
        steps = self.page.part(Part(part))
        known = {name: value for name, value in values.items() if not any(name in one.box.outputs() for one in steps)}
        results: list[tuple[str, Outcome]] = []
        for step in steps:
            bad = any(outcome.state != AttemptState.DONE for _, outcome in results)
            if (bad and not step.box.always) or step.box.asks_people:
                continue
            own = replace(whole, title=step.title, key=f"{whole.key}/{step.id}", values=known)
            outcome = _unknown(step.box.inputs() - set(known)) or resolve_unknown(step, own, make(step.box, own))
            known = {**known, **outcome.values}
            results.append((step.title, outcome))
        return results


def _unknown(names: set[str]) -> Outcome | None:
    """The outcome of a step that lacks a value of another one; None where it lacks none."""
    if not names:
        return None
    return failed(
        f"<{min(names)}> is not known, because the step that gives it did not end well; what this one cleans up may still be there."
    )


def recover_after_crash(box: StepBox, ctx: Context) -> Outcome:
    """A step of a repetition that was cut off: what it made is found again where looking tells, so that it is cleaned up."""
    return box.recover(ctx) or failed("The bot was cut off here, and looking does not tell how it ended.")


def _last_lines(text: str) -> str:
    """The last 5 lines, each at most 200 characters."""
    return "\n".join(line[:200] for line in text.splitlines()[-5:])
