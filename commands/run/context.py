"""What an act is handed: the context of one attempt, with the values of earlier steps, the run's files, and how to repeat a part."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

from commands.ports.tools import Tools
from commands.progress.clock import shift, shift_of_end
from commands.rollback.restored import missing_at
from commands.run.act import settled
from commands.runbook.page import Page, PageStep
from commands.steps.base import StepBox, act
from commands.steps.outcome import Context, Outcome, failed
from state.errors import BadRecord
from state.records import DONE, Record
from state.sqlite.store import Store

Make = Callable[[StepBox, Context], Outcome]


class ContextMaker:
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
            "countdown": str(record.run.countdown),
            **_values(self.page, record),
        }
        first = next((row for row in record.steps if row.step == step.id), None)

        def repeat(part: str, cut: bool) -> list[tuple[str, Outcome]]:
            return self._repeat(whole, part, dict(values), after_a_cut if cut else act)

        def measure(check: str) -> tuple[str, Outcome]:
            probed = self.page.step(check)
            own = replace(whole, title=probed.title, key=f"{whole.key}/{check}")
            return probed.title, act(probed.box.beforehand(), own)

        whole = Context(
            tools=self.tools,
            run=record.run,
            key=f"{record.run.key}/{step.id}/{attempt}",
            title=step.title,
            began_at=first.began_at if first else self.tools.clock.now(),
            jumped=shift(record, first) if first else timedelta(0),
            time_zone=self.page.runbook.time_zone,
            values=values,
            stop=stop,
            file=lambda name: self.store.file(self.number, name),
            keep_file=lambda name, text: self.store.keep_file(self.number, name, text),
            repeat=repeat,
            measure=measure,
            beside={other.id: other.box for other in self.page.steps},
            hear=lambda text: self._show(step.id, attempt, text),
            missing=missing_at(self.page, record, step),
        )
        return whole

    def _show(self, step: str, attempt: int, text: str) -> None:
        """Show what a step has said so far; where that cannot be written now, the step goes on all the same."""
        with suppress(BadRecord, sqlite3.Error):
            self.store.show_progress(self.number, step, attempt, _last_lines(text))

    def _repeat(self, whole: Context, part: str, values: dict[str, str], make: Make) -> list[tuple[str, Outcome]]:
        """Make a part's steps once more within one check; after a failure only the steps that clean up.

        What its steps found out the first time is forgotten, so that nothing of then is taken for what is made now.
        """
        steps = self.page.part(part)
        known = {name: value for name, value in values.items() if not any(name in one.box.gives() for one in steps)}
        results: list[tuple[str, Outcome]] = []
        for step in steps:
            bad = any(outcome.state != DONE for _, outcome in results)
            if (bad and not step.box.always) or step.box.kind == "gate":
                continue
            own = replace(whole, title=step.title, key=f"{whole.key}/{step.id}", values=known)
            outcome = _unknown(step.box.needs() - set(known)) or settled(step, own, make(step.box, own))
            known = {**known, **outcome.values}
            results.append((step.title, outcome))
        return results


def _values(page: Page, record: Record) -> dict[str, str]:
    """What the steps found out, later ones over earlier ones; moments by the clock as it goes now."""
    found: dict[str, str] = {}
    for row in record.steps:
        if row.state == DONE and (values := row.values):
            jumped, moments = shift_of_end(record, row), page.step(row.step).box.moments()
            found |= {name: _moved(text, jumped) if name in moments else text for name, text in values.items()}
    return found


def _moved(moment: str, jumped: timedelta) -> str:
    return (datetime.fromisoformat(moment) + jumped).isoformat()


def _unknown(names: set[str]) -> Outcome | None:
    """The outcome of a step that lacks a value of another one; None where it lacks none."""
    if not names:
        return None
    return failed(
        f"<{min(names)}> is not known, because the step that gives it did not end well; what this one cleans up may still be there."
    )


def after_a_cut(box: StepBox, ctx: Context) -> Outcome:
    """A step of a repetition that was cut off: what it made is found again where looking tells, so that it is cleaned up."""
    return box.look(ctx) or failed("The bot was cut off here, and looking does not tell how it ended.")


def _last_lines(text: str) -> str:
    """The last 5 lines, each at most 200 characters."""
    return "\n".join(line[:200] for line in text.splitlines()[-5:])
