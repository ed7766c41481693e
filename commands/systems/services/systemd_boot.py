"""What a reboot of the host would not bring back of systemd's units."""

from __future__ import annotations

import re
from collections.abc import Iterator

from commands.systems.scripts import script
from commands.systems.services.manager import Finding

# defines the function `unbooted`; after `SERVICES_OF`
UNBOOTED = script("services/systemd_boot.sh")
_DEFAULTS = ("multi-user.target", "graphical.target")  # a host has one of them
_LINE = re.compile(r"^(?:\w+=)?boot=([^\t\n]+)\t([a-z-]+)\t(.*)$", re.MULTILINE)


def unbooted(output: str) -> Iterator[Finding]:
    """What the function of that name printed, among other lines."""
    for name, why, by in dict.fromkeys(_LINE.findall(output)):
        enable = f"enable it (systemctl enable {name})"
        if why == "disabled":
            yield Finding(what=f"{name} is disabled, so it will not run after a reboot of the host", todo=enable)
        elif why == "runtime":
            yield Finding(what=f"{name} is enabled only until the next reboot of the host", todo=enable)
        elif why == "file":
            what = f"{name} is gone after a reboot of the host: its unit file is {by}"
            yield Finding(what=what, todo="put that file into /etc/systemd/system, and enable it")
        elif why == "drop-in":
            what = f"after a reboot of the host {name} runs without the settings of {by}"
            yield Finding(what=what, todo="put that file below /etc/systemd/system")
        elif by in _DEFAULTS:
            what = f"{name} will not run after a reboot of the host: that does not start {by}, which asks for it"
            todo = f"let WantedBy= name what `systemctl get-default` shows, then: systemctl reenable {name}"
            yield Finding(what=what, todo=todo)
        elif by:
            what = f"{name} will not run after a reboot of the host: nothing starts then what asks for it ({by})"
            yield Finding(what=what, todo=f"enable that (systemctl enable {by})")
        else:
            what = f"{name} will not run after a reboot of the host: nothing that systemd starts then asks for it"
            yield Finding(what=what, todo="give its unit file an [Install] section, and enable it")
