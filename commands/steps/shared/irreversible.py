"""Migrations to be applied that their tool could not take back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from commands.steps.base import StepBox
from commands.steps.outcome import Context
from commands.steps.shared.migration_tool import MigrationToolStep
from commands.systems.migrations.tool_script import told_lines
from commands.text.exit_codes import exit_words
from state.frozen import dataclass

_SHOWN = 5  # of them in a message
_LEAVES = "leaves "


@dataclass(frozen=True, kw_only=True)
class Irreversible:
    """What the rollback could not take back of what would be applied now, as words; empty if nothing is known of it.

    - `stays`: the rollback fails there, or goes past a whole migration.
    - `leaves`: a part that the rollback goes past, as the migration says itself.
    - `unasked`: what could not be asked.
    """

    stays: str = ""
    leaves: str = ""
    unasked: tuple[str, ...] = ()


def irreversible(step: MigrationToolStep, ctx: Context) -> Irreversible:
    """Ask the tool, if the page's rollback has a way back by its commands. A restore takes everything back."""
    back = _way_back(ctx.boxes, step.forward_id(ctx))
    if back is None or back.restores():
        return Irreversible()
    script = step.irreversible_script()
    if not script or back.command("back") != step.command("back"):
        return Irreversible(unasked=("whether the rollback's command can take the migrations back",))
    result = step.asked(ctx, script)
    if result.code:
        why = f"whether a rollback can take the migrations back (asking ended with {exit_words(result.code)})"
        return Irreversible(unasked=(why,))
    found = told_lines(result)
    return Irreversible(
        stays=_some([line for line in found if not line.startswith(_LEAVES)]),
        leaves=_some([line.removeprefix(_LEAVES) for line in found if line.startswith(_LEAVES)]),
    )


def _some(found: Sequence[str]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more


def _way_back(boxes: Mapping[str, StepBox], own: str) -> MigrationToolStep | None:
    """The step of the rollback that takes the migrations back."""
    back = (box for box in boxes.values() if isinstance(box, MigrationToolStep) and box.mode == "back")
    return next((box for box in back if box.undoes == own), None)
