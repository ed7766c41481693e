"""What starts a unit of systemd anew without being told: a limit of time, a watch over files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from commands.systems.services.manager import Finding
from commands.systems.services.watching import watched


def by_itself(named: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    """The units of these that do so; their properties, and in "Watches" what `watching` printed."""
    for unit in named.values():
        if option := unit.get("Watches", ""):
            yield watched(unit["Id"], option, "leave that out of the unit")
        if (lasts := unit.get("RuntimeMaxUSec", "")) not in ("", "0", "infinity"):
            what = f"systemd ends {unit['Id']} each time after {lasts} (RuntimeMaxSec), which a check takes for a crash"
            yield Finding(what=what, todo="let no check of the page be at work then, or unset RuntimeMaxSec")
