"""What a killed migration tool leaves at work in the page's databases: it ends with its client, or is named."""

from __future__ import annotations

from dataclasses import dataclass

from commands.steps.execution import pause
from commands.steps.outcome import Context
from commands.systems.migrations.session_name import NAME_VARIABLE, at_work, at_work_sentence, ends_with_its_client
from state.errors import ToolError

_PATIENCE, _APART = 4.0, 0.5  # seconds in which the server ends a session whose client is gone, and between two looks


@dataclass(frozen=True, kw_only=True)
class ToolSessions:
    """The sessions of this name in these databases of the page."""

    name: str
    databases: tuple[str, ...]

    def variables(self, ctx: Context, options: str) -> dict[str, str]:
        """What the tool's script gets so that its sessions have the name. `options` are those for PGOPTIONS."""
        try:
            more = ends_with_its_client(ctx.tools.database, self.databases)
        except ToolError:
            more = ""  # the tool says by itself that it does not reach its database
        return {"GONOGO_PGOPTIONS": f"{options} {more}".strip(), NAME_VARIABLE: self.name}

    def left(self, ctx: Context) -> str:
        """The sentences about those that work although no client is there, or empty. They get a while to end."""
        until = ctx.tools.clock.monotonic() + _PATIENCE
        while found := " ".join(filter(None, (self._look(ctx, name) for name in self.databases))):
            if ctx.tools.clock.monotonic() >= until:
                break
            pause(ctx, _APART)
        return found

    def _look(self, ctx: Context, database: str) -> str:
        try:
            pids = at_work(ctx.tools.database, database, self.name)
        except ToolError as error:
            return f"Whether a session of the migration still works in database {database} could not be seen: {error}"
        return at_work_sentence(database, pids) if pids else ""
