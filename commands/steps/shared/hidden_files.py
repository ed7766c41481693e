"""Asks what volumes hide of a new image, once the service is ready and may have filled them."""

from __future__ import annotations

from commands.steps.outcome import Context
from commands.steps.shared.service import ServiceBox
from commands.steps.values import page_texts
from commands.systems.services.manager import REMARK, State
from state.errors import ToolError

_WHETHER = "whether volumes hide files of the new image"
_WITHIN = 40  # seconds, after which nothing more is compared
_LIMIT = 90


def hidden_files(box: ServiceBox, ctx: Context, before: State, after: State) -> tuple[str, tuple[str, ...]]:
    """The sentences about what the volumes of services with another image hide; and what was not compared."""
    was, now = ({one.service: one.code for one in state.processes if one.code} for state in (before, after))
    other = [f"{name}\t{image}" for name, image in was.items() if now.get(name, image) != image]
    if not (box.manages.hidden and other):
        return "", ()
    env = page_texts({**box.host_env(), "IMAGES": "\n".join(other), "HIDDEN_WITHIN": str(_WITHIN)}, ctx.values)
    try:
        said = ctx.tools.shell.ask(box.host, box.manages.hidden, env=env, limit=_LIMIT).tail
    except ToolError as error:
        return "", (f"{_WHETHER}: {error}",)
    unread = f"{REMARK}unread\t"
    folders = [line.removeprefix(unread) for line in said.splitlines() if line.startswith(unread)]
    return box.manages.remark(said), tuple(f"{_WHETHER} in {folder}: to list them took too long" for folder in folders)
