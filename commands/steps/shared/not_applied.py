"""Migrations that a tool which ended well has left unapplied."""

from __future__ import annotations

from commands.steps.outcome import Context
from commands.steps.shared.migration_tool import MigrationToolStep
from commands.systems.migrations.tool_script import told_lines
from commands.text.exit_codes import exit_words
from commands.text.phrases import agree, joined_few
from state.errors import ToolError
from state.frozen import dataclass

_SHOWN = 5  # of them in a message


@dataclass(frozen=True, kw_only=True)
class NotApplied:
    """That there are some, as a clause or empty; and what could not be asked, as clauses."""

    clause: str = ""
    unasked: tuple[str, ...] = ()


def not_applied(step: MigrationToolStep, ctx: Context) -> NotApplied:
    """Ask the tool, whose own way forward applies all that there is."""
    script = step.pending_script()
    if not script:
        return NotApplied()
    what = f"whether {step.tool} has left something unapplied"
    try:
        result = step.asked(ctx, script)
    except ToolError as error:  # what was applied stays, and is known
        return NotApplied(unasked=(f"{what}: {error}",))
    if result.code:
        return NotApplied(unasked=(f"{what} (asking ended with {exit_words(result.code)})",))
    names = told_lines(result)
    is_are = agree(len(names), "is", "are")
    return NotApplied(clause=f"{joined_few(names, _SHOWN)} {is_are} still not applied" if names else "")
