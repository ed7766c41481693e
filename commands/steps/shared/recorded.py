"""Whether the page's database has recorded what its migration tool says."""

from __future__ import annotations

from commands.steps.outcome import Context
from commands.steps.shared.migration_tool import MigrationToolStep
from commands.systems.migrations.recorded import recorded_states, same_state, says_more, tables_at
from commands.systems.migrations.tool_script import show_state
from commands.text.phrases import agree, joined_few
from state.errors import ToolError
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """How the two differ, as a clause or empty; and what could not be compared, as clauses."""

    differs: str = ""
    unseen: tuple[str, ...] = ()


def left_behind(step: MigrationToolStep, ctx: Context, was: str, state: str) -> str:
    """The end of a summary: which other tables of the tool, such as those of tenants, still record the state before.

    Two environments may live in one database, so this is only told.
    """
    known, table = step.known_databases(ctx), step.table()
    if not table or len(known) != 1 or not was or same_state(was, state):
        return ""
    try:
        names = tables_at(ctx.tools.database, known[0], table, was)
    except ToolError:  # what the database has recorded is asked before, and says so
        return ""
    if not names:
        return ""
    still = agree(len(names), "still records", "still record")
    return f" Not moved: {joined_few(names, 3)} {still} {show_state(was)}."


def recorded(step: MigrationToolStep, ctx: Context, state: str) -> Recorded:
    """Compare what the tool has just said with the database that its address, or `database`, names on the page."""
    known, tool, table = step.known_databases(ctx), step.known_tool(), step.table()
    if not table or len(known) != 1:
        return Recorded()
    what = f"whether database {known[0]} has recorded what {tool} says"
    states: list[str] = []
    try:
        for there in recorded_states(ctx.tools.database, known[0], table):
            if same_state(there, state):
                return Recorded()
            states.append(there)
        more = any(says_more(state, there) for there in states)
        if more and step.several_databases(ctx):
            return Recorded(unseen=(f"{what}: it says that of several databases at once",))
    except ToolError as error:
        return Recorded(unseen=(f"{what}: {error}",))
    if not states:
        return Recorded(unseen=(f"{what}: it has no table of that tool under its usual name",) if state else ())
    there = joined_few([show_state(one) for one in states], 3)
    return Recorded(
        differs=f"{tool} says {show_state(state)}, and database {known[0]} has recorded {there}: "
        "the tool uses another one (look whether settings of its own win over the step's `env`)"
    )
