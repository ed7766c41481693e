"""The rollback reaches all that its changes need, before the first of them changes anything."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

from commands.ports.tools import Tools
from commands.progress.rollback_steps import rollback_steps
from commands.runbook.page import Page, PageStep, Part
from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed
from commands.text.durations import format_duration
from state.errors import GonogoError, Stopped, ToolError, Unreachable
from state.records import Record

REACH = "what the rollback needs"  # the step, not on the page, that reaches the rollback's places
PATIENCE = 30.0  # seconds in which a place that cannot be reached may come back before people are asked
INTERVAL = 1.0  # seconds between two tries
LIMIT = 10.0  # seconds for one try
WORDS = {"hosts": "host", "databases": "database"}


class ReachBox(StepBox):
    """The box of that step: the places, as (section, name)."""

    kind: ClassVar[str] = "reach"
    # without a place, one part of production goes back and another does not
    needs_second_person: ClassVar[bool] = True
    may_be_fixed: ClassVar[bool] = False

    needed: tuple[tuple[str, str], ...] = ()

    def places(self) -> set[tuple[str, str]]:
        return set(self.needed)

    def plan(self) -> list[str]:
        return [f"reaches {WORDS[sort]} {name}, before the rollback changes anything" for sort, name in self.needed]

    def run(self, ctx: Context) -> Outcome:
        """Try again for a while where nothing answers: a firewall or a restart may refuse a port for some seconds."""
        deadline = ctx.tools.clock.monotonic() + PATIENCE
        while away := self.away(ctx.tools):
            reasons = list(away.values())
            final = [why for why in reasons if not isinstance(why, Unreachable)]
            if final or ctx.tools.clock.monotonic() > deadline:
                tried = "" if final else f" (tried for {format_duration(PATIENCE)})"
                why = " ".join(str(one) for one in final or reasons)
                return failed(
                    f"The rollback has not changed anything yet, because it cannot reach all it needs{tried}: {why} "
                    "It begins by itself once all of that answers.",
                    lines=tuple(self._lines(reasons)),
                    values={name: sort for sort, name in away},
                    inconclusive=True,
                )
            ctx.on_output("\n".join(map(str, reasons)))
            if ctx.stop.wait(INTERVAL):
                raise Stopped("Stopped by a person.")
        return done(f"The rollback reaches all it needs: {self._names()}.")

    def away(self, tools: Tools) -> dict[tuple[str, str], GonogoError]:
        """The places that cannot be used, and why; all are tried at once. Empty if the rollback can use all."""
        with ThreadPoolExecutor(len(self.needed) or 1) as pool:
            found = list(pool.map(lambda place: _why_away(tools, *place), self.needed))
        return {place: why for place, why in zip(self.needed, found, strict=True) if why}

    def _names(self) -> str:
        return ", ".join(f"{WORDS[sort]} {name}" for sort, name in self.needed)

    def _lines(self, away: list[GonogoError]) -> Iterator[str]:
        yield f"needed: {self._names()}"
        yield from map(str, away)


def was_away(record: Record, host: str) -> bool:
    """Whether a host of the rollback could not be reached before it began."""
    attempt = record.last(REACH)
    return attempt is not None and attempt.values.get(host) == "hosts"


def reach_step(page: Page, record: Record) -> PageStep:
    """The step that reaches every host and database on which the rollback changes something.

    Web sites may be down: they go back. What is only asked at the end, such as what an untouched host runs, must not
    keep the others from going back.
    """
    changing = (step for step in rollback_steps(page, record) if step.box.changes_production)
    places = dict.fromkeys(place for step in changing for place in sorted(step.box.places()))
    needed = tuple(place for place in places if place[0] in WORDS)
    box = ReachBox(needed=needed)
    return PageStep(id=REACH, title="Reach all that the rollback needs", line=0, part=Part.ROLLBACK, box=box)


def _why_away(tools: Tools, sort: str, name: str) -> GonogoError | None:
    try:
        if sort == "databases":
            tools.database.query(name, "SELECT 1", limit=LIMIT)
        elif code := tools.shell.ask(name, ":", limit=LIMIT).code:
            return ToolError(f"Host “{name}” runs no command (exit code {code}).")
    except GonogoError as error:
        return error
    return None
