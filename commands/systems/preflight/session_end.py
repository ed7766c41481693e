"""Preflight: whether what is started on a host by SSH outlives the bot's own session there."""

from __future__ import annotations

import re
from collections.abc import Mapping

from commands.ports.preflight import PreflightResult, warned
from commands.ports.shell import CommandResult
from commands.systems.preflight.hosts import HostCheck

_USER_UNITS = re.compile(r"\bsystem(?:ctl|d-run)\b[^\n;&|]{0,300}\s--user\b")
# without sudo; what it starts runs under the user's systemd, and ends with that
_PODMAN = re.compile(
    r"(?:^|[;&|(:])\s*podman(?:-compose)?\s[^\n;&|]{0,300}?\b(?:run|start|restart|up|play|kube)\b", re.MULTILINE
)
_MANAGER = "org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager"
# says nothing where no logind looks after log-ins
_SCRIPT = f"""\
command -v loginctl > /dev/null || exit 0
who=$(id -un)
linger=$(timeout 3 loginctl show-user "$who" --property=Linger --value 2> /dev/null) || linger=
[ ! -e "/var/lib/systemd/linger/$who" ] || linger=yes
of() {{ timeout 3 busctl get-property {_MANAGER} "$1" 2> /dev/null || true; }}
printf 'who=%s\\nlinger=%s\\nkills=%s\\nonly=%s\\nbut=%s\\n' "$who" "$linger" \\
  "$(of KillUserProcesses)" "$(of KillOnlyUsers)" "$(of KillExcludeUsers)"
"""


def has_user_units(text: str) -> bool:
    """Whether commands of the page use the systemd of the user who logs in."""
    return _USER_UNITS.search(text) is not None


def has_podman(text: str) -> bool:
    """Whether commands of the page start containers with podman, without sudo."""
    return _PODMAN.search(text) is not None


def outlives_session_check(host: str, *, user_units: bool, podman: bool = False) -> HostCheck:
    """Check that a log-out ends neither what runs under the user's own systemd, if the page uses it, nor any process.

    `podman`: containers of a user other than root run there too.
    """

    def judge(ended: CommandResult) -> list[PreflightResult]:
        found = dict(re.findall(r"^(\w+)=(.*)$", ended.tail, re.MULTILINE))
        under = user_units or (podman and found.get("who") != "root")
        return [*(_units(found, "systemctl --user" if user_units else "podman") if under else ()), *_processes(found)]

    return HostCheck(host=host, script=_SCRIPT, judge=judge)


def _units(found: Mapping[str, str], by: str) -> list[PreflightResult]:
    who = found.get("who", "")
    if not who or found.get("linger") == "yes":
        return []
    return warned(
        f"what runs under the systemd of {who} ({by}) ends with {who}'s last session there, which may be "
        "the bot's own: it would run while the bot looks, and end afterwards",
        f"run loginctl enable-linger {who}",
    )


def _processes(found: Mapping[str, str]) -> list[PreflightResult]:
    who = found.get("who", "")
    if found.get("kills") != "b true" or f'"{who}"' in found.get("but", ""):
        return []
    if (only := found.get("only", "")).count('"') and f'"{who}"' not in only:
        return []
    return warned(
        f"logind ends all processes of {who} that a session started when that session ends (KillUserProcesses=yes): a "
        "command of the bot with its connection, and a pm2 with the session that started it",
        "set KillUserProcesses=no, or KillExcludeUsers, in logind.conf there",
    )
