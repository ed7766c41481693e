"""What a restart and a look at logs become: a service that stays up, a log without errors."""

from __future__ import annotations

import re
from collections.abc import Callable

from commands.adopt.found import Found, Step
from commands.adopt.scene import Scene
from commands.runbook.page import Part

_NAME = re.compile(r"[A-Za-z0-9_][\w.@:/-]*")
_LEFT_OUT = {"--update-env": "--update-env is left out, because it gives the service the shell's own variables"}


def restart(manager: str) -> Callable[[Step, Scene], Found | None]:
    """A restart or reload by a service manager, of services that are named."""

    def make(step: Step, scene: Scene) -> Found | None:
        words = step.groups["names"].split()
        names = [word for word in words if word not in _LEFT_OUT]
        if not names or "all" in names or not all(map(_NAME.fullmatch, names)) or step.command.into:
            return None
        fields: dict[str, object] = {"host": scene.places.host(), "manager": manager}
        fields |= {"name": names[0]} if len(names) == 1 else {"names": names}
        if step.sudo and manager != "pm2":
            fields["sudo"] = True
        if step.groups.get("verb") == "reload":
            fields["reload"] = True
        scene.restarted.update(names)
        why = "“online” is true in a crash loop too; a new process must stay up, with no new error in its log"
        return Found(
            kind="service", fields=fields, why="; ".join([why, *(_LEFT_OUT[w] for w in words if w in _LEFT_OUT)])
        )

    return make


def logs(step: Step, scene: Scene) -> Found | None:
    """A search for errors in the log of a service that this page restarts, as a check of the watch."""
    searched = [one for one in step.command.into if one.program in {"grep", "egrep"}]
    if scene.part != Part.WATCH or not searched or {step.groups["name"]} != scene.restarted:
        return None
    return Found(
        kind="logs",
        fields={"host": scene.places.host()},
        why="`pm2 logs` shows old lines, and the word error in its header; here only lines since the restart count",
    )
