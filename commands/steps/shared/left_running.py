"""Asks after a restart whether processes from before it still run."""

from __future__ import annotations

from commands.steps.outcome import Context
from commands.steps.shared.service import ServiceBox
from commands.systems.services.left_processes import STILL, left_note, still_running
from commands.systems.services.manager import State
from state.errors import ToolError


def left_running(box: ServiceBox, ctx: Context, old: str, before: State) -> tuple[str, tuple[str, ...]]:
    """The sentence about what still runs of the processes `old`; and what could not be looked at.

    Empty where a process that the manager listed `before` still runs: that is no restart, and is said already.
    """
    if not old:
        return "", ()
    try:
        result = ctx.tools.shell.ask(box.host, STILL, env={"OLD": old})
    except ToolError as error:
        return "", (f"whether processes from before the restart still run: {error}",)
    left = still_running(result.tail)
    main = {one.pid for one in before.processes}
    if not left or any(pid in main for pid, _ in left):
        return "", ()
    return left_note(left, box.manages.ends_all), ()
