"""The sessions that a killed migration tool leaves at work end with their client, or are named."""

from __future__ import annotations

from contextlib import suppress

from commands.steps.execution import pause
from commands.steps.outcome import Context
from commands.systems.migrations.locks import AdvisoryLock, locked_clause, locked_rows, release_words
from commands.systems.migrations.session_name import (
    NAME_VARIABLE,
    at_work,
    at_work_sentence,
    ends_with_its_client,
    session_name,
)
from commands.text.phrases import capitalized
from state.errors import ToolError
from state.frozen import dataclass

_PATIENCE, _APART = 4.0, 0.5  # seconds in which the server ends a session whose client is gone, and between two looks


@dataclass(frozen=True, kw_only=True)
class Left:
    """What still works, as sentences or empty; and in which databases that could not be seen, as clauses."""

    at_work: str = ""
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ToolSessions:
    """A step's sessions in these databases of the page, of which the tool's addresses lead to the `known`.

    `step` and `run_steps` are the keys of that step, and of all of its run that migrate.
    """

    step: str
    run_steps: tuple[str, ...]
    databases: tuple[str, ...]
    known: tuple[str, ...]
    lock: AdvisoryLock | None = None

    def variables(self, ctx: Context, options: str) -> dict[str, str]:
        """What the tool's script gets so that its sessions have the name. `options` are those for PGOPTIONS."""
        try:
            more = ends_with_its_client(ctx.tools.database, self.known)
        except ToolError:
            more = ""  # the tool says by itself that it does not reach its database
        return {"GONOGO_PGOPTIONS": f"{options} {more}".strip(), NAME_VARIABLE: session_name(self.step, ctx.run.target)}

    def left(self, ctx: Context) -> Left:
        """Those that work although no client is there. They get a while to end."""
        until = ctx.tools.clock.monotonic() + _PATIENCE
        while (found := self._look(ctx)).at_work and ctx.tools.clock.monotonic() < until:
            pause(ctx, _APART)
        return found

    def locked(self, ctx: Context) -> str:
        """That a table says that a migration is running, and what to do, as sentences; empty if none does."""
        if self.lock:
            return ""
        found: list[str] = []
        for name in self.databases:
            with suppress(ToolError):  # what the tool itself says stands there, too
                rows = locked_rows(ctx.tools.database, name)
                found.append(f"{capitalized(locked_clause(name, rows))}; {release_words(rows)}." if rows else "")
        return " ".join(filter(None, found))

    def _look(self, ctx: Context) -> Left:
        found: list[str] = []
        unseen: list[str] = []
        for name in self.databases:
            try:
                there = at_work(
                    ctx.tools.database,
                    name,
                    step=self.step,
                    run_steps=self.run_steps,
                    target=ctx.run.target,
                    lock=self.lock,
                )
                found.append(at_work_sentence(name, there, self.lock.tool if self.lock else ""))
            except ToolError as error:
                unseen.append(f"whether a session of the migration still works in database {name}: {error}")
        return Left(at_work=" ".join(filter(None, found)), unseen=tuple(unseen))
