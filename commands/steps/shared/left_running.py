"""Asks after a restart whether processes from before it still run."""

from __future__ import annotations

from commands.steps.outcome import Context
from commands.steps.shared.service import ServiceBox
from commands.systems.services.left_processes import STILL, hides_old, left_note, old_processes, still_running
from commands.systems.services.manager import State
from state.errors import ToolError

_WHETHER = "whether processes from before the restart still run"
_HIDDEN = f"{_WHETHER}: the user of host “{{host}}” does not see them all (such as with hidepid)"


def left_running(box: ServiceBox, ctx: Context, output: str, before: State) -> tuple[str, tuple[str, ...]]:
    """The sentence about what still runs of the processes that a restart's output notes; and what was not looked at.

    Empty where a process that the manager listed `before` still runs: that is no restart, and is said already.
    """
    old, unseen = old_processes(output), (_HIDDEN.format(host=box.host),) if hides_old(output) else ()
    if not old:
        return "", unseen
    try:
        result = ctx.tools.shell.ask(box.host, STILL, env={"OLD": old})
    except ToolError as error:
        return "", (f"{_WHETHER}: {error}",)
    left = still_running(result.tail)
    main = {one.pid for one in before.processes}
    if not left or any(pid in main for pid, _ in left):
        return "", unseen
    return left_note(left, box.manages.ends_all), unseen
