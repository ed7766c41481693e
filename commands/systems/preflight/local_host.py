"""Preflight checks of the bot's own machine: whether its jobs outlive the bot."""

from __future__ import annotations

import re

from commands.ports.preflight import PreflightResult, passed, warned
from commands.ports.shell import CommandResult
from commands.systems.preflight.hosts import HostCheck

# a process of the bot is in the bot's own control group, whose end ends all in it unless the unit says otherwise
SCRIPT = """\
unit=$(sed -n 's|^.*/\\([^/:]*\\.service\\)$|\\1|p' "$CGROUP" | head -n 1)
[ -n "$unit" ] || exit 0
printf 'unit=%s\\n' "$unit"
who=--system
if grep -q '/user@[0-9]*\\.service/' "$CGROUP"; then who=--user; export XDG_RUNTIME_DIR="/run/user/$(id -u)"; fi
printf 'kill_mode=%s\\n' "$(systemctl "$who" show --property=KillMode --value -- "$unit")"
"""


def outlives_check(host: str) -> HostCheck:
    """Check that systemd does not end this machine's jobs together with the bot."""
    return HostCheck(host=host, script=SCRIPT, judge=judge_unit, data=(("CGROUP", "/proc/self/cgroup"),))


def judge_unit(ended: CommandResult) -> list[PreflightResult]:
    """Judge what the script found: nothing where the bot is no service of systemd."""
    found = dict(re.findall(r"^(\w+)=(.*)$", ended.tail, re.MULTILINE))
    unit, mode = found.get("unit", ""), found.get("kill_mode", "")
    if not unit:
        return []
    if mode in {"process", "none"}:
        return passed(f"its jobs outlive the bot (KillMode={mode} of {unit})")
    does = f"KillMode={mode}" if mode else "whose KillMode could not be read"
    return warned(f"systemd may end its jobs together with the bot ({unit}, {does})", "set KillMode=process there")
