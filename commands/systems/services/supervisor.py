"""supervisor: its programs, of which each may have several processes, with their log files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from commands.systems.logs import log_lines
from commands.systems.logs.log_lines import NewLines
from commands.systems.scripts import script
from commands.systems.services.manager import REMARK, Finding, Manager, Phase, Process, State
from commands.systems.services.sudo_words import is_of_sudo, manager_refused
from commands.text.foreign_json import read_json
from commands.text.phrases import joined

_PHASES = {"RUNNING": Phase.UP, "STARTING": Phase.STARTING}
_NO_LOG = "/dev/null"
_TARGET = '"$name$([[ $name = *:* ]] || echo ":*")"'  # a plain name is a group, if only of one process


class Supervisor(Manager):
    """supervisor. A name is a program's, a group's, or a process's of a group, as "group:process"."""

    name = title = "supervisor"
    up = "running"
    programs = ("supervisorctl", "awk", "sed")
    log_values = ("log_out", "log_offset_out")
    takes_sudo = True
    ends_all = "set stopasgroup = true for it, or start it with `exec`"
    state = script("services/supervisor.sh")
    restart = f"unread; $SUDO supervisorctl restart {_TARGET} >&2"
    reload = f"$SUDO supervisorctl signal HUP {_TARGET} >&2"
    errors = f'{log_lines.SHELL_FUNCTIONS}each_log "$OUT" "$OUT_FROM" || true'
    preflight = "explain=yes\n"

    def read_state(self, output: str, host: str) -> State:
        if output.startswith("refused "):
            return State(processes=(), logs=_logs([]), obstacles=(_refused(output.removeprefix("refused "), host),))
        said = read_json(output)
        listed = said["processes"]
        return State(
            processes=tuple(_process(one, listed) for one in listed),
            logs=_logs(listed),
            obstacles=tuple(_missing(name, said["names"], host) for name in said["missing"]),
            warnings=(*map(_without_log, dict.fromkeys(_names_without_log(listed))), *_unread(said)),
            reboot=tuple(map(_by_hand, said["by_hand"])),
        )

    def remark(self, said: str) -> str:
        answers = [line.removeprefix(REMARK) for line in said.splitlines() if line.startswith(f"{REMARK}{{")]
        found = dict.fromkeys(one.what for answer in answers for one in _unread(read_json(answer)))
        return f"But {'; '.join(found)}." if found else ""

    def log_env(self, logs: Mapping[str, str]) -> dict[str, str]:
        return {"OUT": logs["log_out"], "OUT_FROM": logs["log_offset_out"]}

    def read_errors(self, output: str, logs: Mapping[str, str], allow: Sequence[str]) -> NewLines:
        return log_lines.parse_output(output, allow)


def _process(one: Mapping[str, Any], listed: Sequence[Mapping[str, Any]]) -> Process:
    several = sum(other["service"] == one["service"] for other in listed) > 1
    died = one["status"] in ("BACKOFF", "FATAL")
    return Process(
        service=one["service"],
        number=one["name"] if several else "",
        pid=str(one["pid"]),
        status=f"{one['status']} ({one['said']})" if died else one["status"],
        phase=_PHASES.get(one["status"], Phase.DOWN),
        restarts=0,
        counted=False,  # what supervisor started again has another process id
        uptime=one["uptime"],
        members=".".join(one["below"]),
    )


def _logs(listed: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The logs of all processes with their marks. Raises Refused for a path that looks like two."""
    marks = {path: mark for one in listed for path, mark in one["logs"]}
    paths, ends = log_lines.joined_logs(marks or {_NO_LOG: "0"})
    return {"log_out": paths, "log_offset_out": ends}


def _names_without_log(listed: Sequence[Mapping[str, Any]]) -> list[str]:
    return [one["service"] for one in listed if not one["logs"]]


def _without_log(name: str) -> Finding:
    what = f"supervisor writes no log file of {name}, so its errors are not seen"
    return Finding(what=what, todo="give it a stdout_logfile")


def _by_hand(name: str) -> Finding:
    what = f"supervisor does not start {name} by itself (autostart = false), so it would not run after a reboot"
    return Finding(what=what, todo="set autostart = true for it, and let supervisor read that (supervisorctl update)")


def _unread(said: Mapping[str, Any]) -> Iterator[Finding]:
    """What its files say and it does not do: it reads them only when it is told to."""
    if not (unread := said.get("unread")):
        return
    if unread["unreadable"]:
        yield Finding(
            what="supervisor cannot read its files as they are now, and goes on with what it has",
            todo="mend them: supervisorctl reread shows what is wrong",
        )
    own = {one["group"] for one in said["processes"]}
    for name in sorted(own & set(unread["changed"])):
        yield Finding(
            what=f"supervisor has not read the changed settings of {name}, and starts it by the old ones",
            todo="let a `run` step do it before: supervisorctl update, which restarts what has changed",
        )
    if names := sorted(unread["removed"]):
        yield Finding(
            what=f"supervisor still has {joined(names)}, which its files no longer have",
            todo="if nobody needs that: supervisorctl update, which stops what was removed",
        )


def _missing(name: str, names: Sequence[str], host: str) -> Finding:
    has = f"it has {', '.join(names)}" if names else "it has none at all"
    what = f"supervisor on host “{host}” has no program {name}; {has}"
    return Finding(what=what, todo="fix the name, or let supervisor read its settings (supervisorctl update)")


def _refused(said: str, host: str) -> Finding:
    socket = "let a group of this user have its socket (chown and chmod of [unix_http_server])"
    if is_of_sudo(said):
        return manager_refused(said, host, "supervisor", f"allow sudo without a password, or {socket} and remove sudo")
    what = f"supervisor on host “{host}” does not answer this user ({said})"
    return Finding(what=what, todo=f"start it, or {socket}")
