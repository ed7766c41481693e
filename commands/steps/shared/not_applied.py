"""Migrations that a tool which ended well has left unapplied."""

from __future__ import annotations

from commands.steps.outcome import Context
from commands.steps.shared.migration_tool import MigrationToolStep
from commands.text.exit_codes import exit_words
from commands.text.phrases import agree, joined_few
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
    result = step.asked(ctx, script)
    if result.code:
        why = f"whether {step.tool} has left something unapplied (asking ended with {exit_words(result.code)})"
        return NotApplied(unasked=(why,))
    names = [line.strip() for line in result.tail.splitlines() if line.strip()]
    is_are = agree(len(names), "is", "are")
    return NotApplied(clause=f"{joined_few(names, _SHOWN)} {is_are} still not applied" if names else "")
