"""Migrations to be applied that their tool could not take back."""

from __future__ import annotations

from collections.abc import Mapping

from commands.steps.base import StepBox
from commands.steps.outcome import Context
from commands.steps.shared.migration_tool import ASK_LIMIT, MigrationToolStep
from commands.steps.values import page_texts

_SHOWN = 5  # of them in a message


def irreversible(step: MigrationToolStep, ctx: Context) -> tuple[str, tuple[str, ...]]:
    """The migrations that would be applied now and that nothing could take back, as words; empty if none is known.

    Only where the page's rollback has a way back by the same tool, which tells it. With it what could not be asked.
    """
    script = step.irreversible_script()
    if not script or not _goes_back(step, ctx.boxes, step.forward_id(ctx)):
        return "", ()
    result = ctx.tools.shell.ask(step.host, script, env=page_texts(step.script_env(), ctx.values), limit=ASK_LIMIT)
    if result.code:
        return "", (f"whether a rollback can take the migrations back (asking ended with exit code {result.code})",)
    found = [line for line in result.tail.splitlines() if line.strip()]
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more, ()


def _goes_back(step: MigrationToolStep, boxes: Mapping[str, StepBox], own: str) -> bool:
    """Whether a step of the rollback takes the migrations back by the tool's own command."""
    return any(
        isinstance(box, MigrationToolStep)
        and box.mode == "back"
        and box.undoes == own
        and box.command("back") == step.command("back")
        for box in boxes.values()
    )
