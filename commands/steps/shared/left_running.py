"""Whether processes from before a restart still run, and what it leaves of the same kind."""

from __future__ import annotations

import re
from collections.abc import Collection

from commands.steps.outcome import Context
from commands.steps.shared.service import ServiceBox
from commands.systems.services.left_processes import STILL, hides_old, left_note, old_processes, still_running
from commands.systems.services.manager import State
from commands.text.phrases import agree, joined_few
from state.errors import ToolError
from state.records import RunState

_WHETHER = "whether processes from before the restart still run"
# what a container runs (`compose exec web php artisan up`) is no command of compose
_ANEW = r"\bcompose\b(?:\\\n|(?!\b(?:exec|run)\b).)*\b(?:up|restart|down)\b"
_HIDDEN = f"{_WHETHER}: the user of host “{{host}}” does not see them all (such as with hidepid)"


def left_running(box: ServiceBox, ctx: Context, output: str, before: State) -> tuple[str, tuple[str, ...]]:
    """The sentences about what goes on with what it ran before, of a restart's output; and what was not looked at."""
    left, unseen = _left_processes(box, ctx, output, before)
    return left + _left_beside(box, ctx, before), unseen


def _left_beside(box: ServiceBox, ctx: Context, before: State) -> str:
    """The sentence about workers and the like that run since before the deploy, and that no step of the page names."""
    others = [one for one in ctx.boxes.values() if isinstance(one, ServiceBox) and one.host == box.host]
    named = {name.removesuffix(".service") for one in (box, *others) for name in one.services}
    # what runs on has the code to which a rollback leads; and what is below another step's target is not known here
    if ctx.run.state == RunState.ROLLING_BACK or any(name.endswith(".target") for name in named - {*box.services}):
        return ""
    ran = "\n".join(command for one in ctx.boxes.values() for command in one.ran())
    age = ((ctx.tried_at or ctx.began_at) - ctx.run.began_at).total_seconds()  # when `before` was seen
    old = sorted(name for name, uptime in before.beside.items() if uptime > age)
    if not (left := [name for name in old if name not in named and not _is_in(name, ran, named)]):
        return ""
    run, they = agree(len(left), "runs", "run"), agree(len(left), "it was", "they were")
    why = f"which no step names: {they} not restarted, perhaps with the old code"
    return f" But {joined_few(left, 3)} {run} as well, {why}."


def _is_in(name: str, commands: str, named: Collection[str]) -> bool:
    """Whether commands of the page name an instance, or several of its template by a pattern (worker@*).

    A service of compose ("shop/worker", or "shop/worker (cron)" with its container's own name) is in its containers'
    names, too, and in each command by which compose makes anew what a project has.
    """
    _, of_project, service = name.partition("/")
    if of_project:
        names = "|".join(map(re.escape, re.findall(r"[^\s()]+", service)))
        return bool(re.search(rf"(?<![^\W_])({names})(?![^\W_])|{_ANEW}", "\n".join((commands, *named))))
    template = name.rpartition("@")[0]
    return bool(re.search(rf"{re.escape(name)}(?![0-9])|{re.escape(template)}(@[^0-9\s]|\*)", commands))


def _left_processes(box: ServiceBox, ctx: Context, output: str, before: State) -> tuple[str, tuple[str, ...]]:
    """The sentence about processes that still run.

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
