"""Further instances of a template of systemd, which a restart leaves if nobody names them."""

from __future__ import annotations

from collections.abc import Iterable

from commands.systems.scripts import script

INSTANCES = script("services/systemd_instances.sh")  # defines `instances UNIT …`


def further_instances(listed: Iterable[str], named: Iterable[str], clock: float) -> dict[str, float]:
    """Of what that function printed those that are not `named`, with the seconds since their start."""
    own = {name.removesuffix(".service") for name in named}
    started = (one.removesuffix(".service").split(".service ") for one in listed)
    return {unit: max(clock - int(began) / 1e6, 0) for unit, began in started if unit not in own}
