"""What a restart and a look at logs become: a service that stays up, a log without errors."""

from __future__ import annotations

import re
from collections.abc import Callable

from commands.adopt.found import Found, Step, options
from commands.adopt.scene import Scene
from commands.runbook.page import Part

_NAME = re.compile(r"[A-Za-z0-9_][\w.@:/-]*")
_SHOWS = frozenset(("grep", "egrep", "wc", "head", "tail"))
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


def journal(step: Step, scene: Scene) -> Found | None:
    """A search for errors in the journal of a unit, as a check of the watch."""
    searched = [one for one in step.command.into if one.program in {"grep", "egrep"}]
    given, rest = options(step.words[1:], "-u --unit -S --since -n --lines -o --output -p --priority")
    units = given.get("-u", []) + given.get("--unit", [])
    if scene.part != Part.WATCH or not searched or len(units) != 1 or rest or units[0] not in scene.restarted:
        return None
    if step.command.writes or not all(one.program in _SHOWS for one in step.command.into):
        return None
    return Found(
        kind="logs",
        fields={"host": scene.places.host(), "unit": units[0], "since": "<log_mark>"},
        why="`grep -c` fails where nothing is found, so a healthy log would fail; here a new line with an error does",
    )


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
