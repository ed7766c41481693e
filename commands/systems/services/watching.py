"""Services that start anew by themselves as soon as their files change, as in development."""

from __future__ import annotations

from commands.systems.scripts import script
from commands.systems.services.manager import Finding

WATCHING = script("services/watching.sh")  # defines `watching PID …`


def watched(service: str, option: str, todo: str) -> Finding:
    """The finding about a service for which `watching` printed an option."""
    what = (
        f"{service} starts anew as soon as files change ({option}), so it runs new code from the checkout on, before "
        "the page restarts it"
    )
    return Finding(what=what, todo=todo)
