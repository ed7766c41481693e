"""Whether the page's database has recorded what its migration tool says."""

from __future__ import annotations

from commands.steps.outcome import Context
from commands.steps.shared.migration_tool import MigrationToolStep
from commands.systems.migrations.recorded import is_recorded, recorded_states
from commands.systems.migrations.tool_script import show_state
from state.errors import ToolError
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """How the two differ, as a clause or empty; and what could not be compared, as clauses."""

    differs: str = ""
    unseen: tuple[str, ...] = ()


def recorded(step: MigrationToolStep, ctx: Context, state: str) -> Recorded:
    """Compare what the tool has just said with the database that its address, or `database`, names on the page."""
    known, tool = step.known_databases(ctx), step.known_tool()
    if len(known) != 1:
        return Recorded()
    what = f"whether database {known[0]} has recorded what {tool} says"
    try:
        states = recorded_states(ctx.tools.database, known[0], tool)
    except ToolError as error:
        return Recorded(unseen=(f"{what}: {error}",))
    if states is None or is_recorded(state, states) or not (states or state):
        return Recorded()
    if not states:
        return Recorded(unseen=(f"{what}: it has no table of that tool under its usual name",))
    there = " and ".join(show_state(one) for one in states)
    return Recorded(
        differs=f"{tool} says {show_state(state)}, and database {known[0]} has recorded {there}: "
        "the tool uses another one (look whether settings of its own win over the step's `env`)"
    )
