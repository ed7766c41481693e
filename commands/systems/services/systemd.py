"""systemd: its units, and their lines in the journal since a cursor."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence

from commands.systems.logs.log_lines import NewLines
from commands.systems.logs.log_sources import ELSEWHERE, JOURNAL, SERVICES_OF, printed_elsewhere
from commands.systems.scripts import script
from commands.systems.services.left_release import LEFT_RELEASE, left_release
from commands.systems.services.log_source import read_source
from commands.systems.services.manager import MARK, Finding, Manager, Phase, Process, State
from commands.systems.services.sudo_rules import SUDO_RULES, lets_run, refusal, sudo_obstacles
from commands.systems.services.sudo_words import misses_rule
from commands.systems.services.systemd_boot import UNBOOTED, unbooted
from commands.systems.services.systemd_instances import INSTANCES, further_instances
from commands.systems.services.systemd_restarts import by_itself
from commands.systems.services.watching import WATCHING

_NO_CURSOR = "none"  # the mark where the journal shows nothing
_UNMET = "a condition of its unit is not met"
_UP = ("active", "reloading", "refreshing")
_LOAD_PROBLEMS = {
    "not-found": (
        "has no unit {name}",
        'check the name (`systemctl list-units --all`); units of a user (`--user`) need `manager = "commands"`',
    ),
    "masked": ("has masked {name}, so it cannot be started", "unmask it (systemctl unmask {name}), or name another"),
    "bad-setting": ("cannot use the unit file of {name}", "see what `systemctl status {name}` says, and mend it"),
    "error": ("cannot read the unit file of {name}", "see what `systemctl status {name}` says, and mend it"),
}
_PERMISSION_TODO = "add sudo = true to the step, with a rule in sudoers; or log in as another user"


class Systemd(Manager):
    """The system's systemd. Looking needs no rights; only restarting and reloading is done with sudo.

    A target stands for the services below it: it is restarted, and they are judged.
    """

    name = title = "systemd"
    up = "active"
    programs = ("systemctl", "journalctl", "awk", "sed")
    log_values = MARK
    takes_sudo = True
    ends_all = "set KillMode=control-group for it"
    state = SERVICES_OF + UNBOOTED + LEFT_RELEASE + INSTANCES + WATCHING + script("services/systemd.sh")
    restart = 'unit_job restart "$name"'
    reload = 'unit_job reload "$name"'
    errors = f'UNITS=$NAMES\n[ "$SINCE" != {_NO_CURSOR} ] || {{ echo state=unread; exit 0; }}\n{JOURNAL}'
    preflight = (
        "explain=yes\n" + SERVICES_OF + UNBOOTED + SUDO_RULES + ELSEWHERE + script("services/systemd_preflight.sh")
    )

    def read_state(self, output: str, host: str) -> State:
        head, units = _parse(output)
        wanted = head["wanted"]
        found = {name: unit for unit in units for name in (unit["Id"], *unit["Names"].split())}
        wished, named = (
            {name: found[full] for name in names if (full := _full(name)) in found}
            for names in (wanted, head.get("service", []))
        )
        clock = float(head["clock"][0])
        return State(
            processes=tuple(_process(unit, clock) for unit in named.values() if unit["LoadState"] == "loaded"),
            logs={"log_mark": head["cursor"][0] or _NO_CURSOR},
            obstacles=(
                *_unloaded(wanted, wished, host),
                *_empty(wished, named),
                *_denied(head, wanted),
                *_untouched(head, wished, named),
            ),
            warnings=(*_warnings(head, wished, named), *_start_limits(head, wished), *by_itself(named)),
            reboot=tuple(unbooted(output)),
            stale=(*_stale(named), *_not_there(wished, named)),
            beside=further_instances(head.get("instance", ()), named, clock),
            left=tuple(
                left_release(name, *one["Left"].split("\t"))
                for name, one in named.items()
                if one.get("Left", "").count("\t") == 2
            ),
        )

    def remark(self, said: str) -> str:
        return " ".join(f"But {one.what}." for one in unbooted(said))

    def log_env(self, logs: Mapping[str, str]) -> dict[str, str]:
        return {"SINCE": logs["log_mark"]}

    def read_errors(self, output: str, logs: Mapping[str, str], allow: Sequence[str]) -> NewLines:
        return read_source(output, logs["log_mark"], allow, "the journal", is_silent=True)


def _parse(output: str) -> tuple[dict[str, list[str]], list[dict[str, str]]]:
    """The lines before the units, by name, and each unit's properties. Raises KeyError if the first are missing."""
    head: dict[str, list[str]] = {}
    units: list[dict[str, str]] = [{}]
    for line in output.splitlines():
        name, equals, value = line.partition("=")
        if not equals:
            units.append({})
        elif name[:1].isupper():
            units[-1][name] = value
        else:
            head.setdefault(name, []).append(value)
    if not {"wanted", "clock", "cursor"} <= set(head):
        raise KeyError("systemd has not answered")
    return head, [unit for unit in units if "Id" in unit]


def _full(name: str) -> str:
    """A unit's whole name, as systemd completes it."""
    kinds = ("service", "socket", "timer", "target", "path", "mount", "slice", "scope", "device", "automount", "swap")
    return name if name.rpartition(".")[2] in kinds and "." in name else f"{name}.service"


def _process(unit: Mapping[str, str], clock: float) -> Process:
    active, phase = unit["ActiveState"], _phase(unit)
    exited = unit["SubState"] if _is_exited(unit) else ""
    why = {
        "active": exited,
        "activating": unit["SubState"],
        "failed": unit.get("Result", ""),
        "inactive": _UNMET if _is_skipped(unit) else unit.get("TriggeredBy", ""),
    }
    more = why.get(active, "")
    pid = unit.get("MainPID", "0")
    own = pid != "0" or active not in _UP
    below = unit.get("Processes", "").split()
    began = int(unit.get("ExecMainStartTimestampMonotonic") or 0) if own else 0
    began = began or int(unit.get("InactiveExitTimestampMonotonic") or 0)
    return Process(
        service=unit["Id"].removesuffix(".service"),
        # a unit without a main process of its own, such as a socket, is another one after each start as well
        pid=pid if own else unit.get("InvocationID", "")[:12] or "0",
        status=f"{active} ({more})" if more else active,
        phase=phase,
        restarts=int(unit.get("NRestarts") or 0),
        uptime=max(clock - began / 1e6, 0),
        members=" ".join(sorted(below)),
        start=unit.get("InvocationID", "") if pid != "0" else "",
        shown="" if own else "no process of its own",
        is_seen=own or bool(below),
        waits=_waits(unit),
    )


def _is_skipped(unit: Mapping[str, str]) -> bool:
    """Whether systemd did not start it at its last start, which ends well then (ConditionPathExists= and the like)."""
    return unit.get("ConditionResult") == "no" and unit.get("ConditionTimestampMonotonic", "0") != "0"


def _is_exited(unit: Mapping[str, str]) -> bool:
    """Whether it counts as active although what it ran has ended (oneshot with RemainAfterExit)."""
    return unit["ActiveState"] == "active" and unit["SubState"] == "exited"


def _waits(unit: Mapping[str, str]) -> bool:
    """Whether a timer starts it when it is time, and its last run ended well or was not due."""
    return _is_idle(unit) and any(one.endswith(".timer") for one in unit["TriggeredBy"].split())


def _is_idle(unit: Mapping[str, str]) -> bool:
    """Whether it runs only when a socket or a timer starts it, and its last run ended well."""
    return bool(unit["ActiveState"] == "inactive" and unit.get("TriggeredBy") and unit.get("Result") == "success")


def _phase(unit: Mapping[str, str]) -> Phase:
    active = unit["ActiveState"]
    # a timer asks for its conditions anew each time
    if active in _UP or _waits(unit) or (_is_idle(unit) and not _is_skipped(unit)):
        return Phase.UP
    # systemd waits before it starts again what has died
    is_starting = active == "activating" and not unit["SubState"].startswith("auto-restart")
    return Phase.STARTING if is_starting else Phase.DOWN


def _unloaded(wanted: Sequence[str], named: Mapping[str, Mapping[str, str]], host: str) -> Iterator[Finding]:
    for name in wanted:
        state = named[name]["LoadState"] if name in named else "not-found"
        if state in _LOAD_PROBLEMS:
            what, todo = (text.format(name=_full(name)) for text in _LOAD_PROBLEMS[state])
            yield Finding(what=f"systemd on host “{host}” {what}", todo=todo)


def _empty(wished: Mapping[str, object], named: Mapping[str, object]) -> Iterator[Finding]:
    """Targets of which nothing can be judged."""
    if not named and (targets := [name for name in wished if name.endswith(".target")]):
        what = f"{', '.join(targets)} has no service below it, so nothing shows whether anything runs"
        yield Finding(what=what, todo="name the services themselves, in `names`")


def _denied(head: Mapping[str, Sequence[str]], wanted: Sequence[str]) -> list[Finding]:
    """What keeps the user from restarting, as far as the preflight has looked."""
    if "verb" not in head:
        return []
    verb = head["verb"][0]
    if "user" in head and "polkit" not in head:
        what = f"the user {head['user'][0]} may not {verb} units: it is not root, and no polkit on that host lets it"
        return [Finding(what=what, todo=_PERMISSION_TODO)]
    return sudo_obstacles(head, [f"systemctl {verb} {name}" for name in wanted])


def _untouched(
    head: Mapping[str, Sequence[str]],
    wished: Mapping[str, Mapping[str, str]],
    named: Mapping[str, Mapping[str, str]],
) -> Iterator[Finding]:
    """What the preflight's verb would not do, however often it is asked."""
    for name, unit in wished.items():
        if head.get("verb") == ["reload"] and unit.get("CanReload") == "no":
            what = f"{_full(name)} has no ExecReload, so systemd cannot reload it"
            yield Finding(what=what, todo="give its unit one, or restart it (without `reload`)")
        if head.get("verb") == ["restart"] and (
            refused := [one for one in ("RefuseManualStop", "RefuseManualStart") if unit.get(one) == "yes"]
        ):
            what = f"systemd restarts {_full(name)} for nobody who asks for it ({refused[0]}=yes)"
            yield Finding(what=what, todo="restart the unit with which it starts, or take that out of it")
    for target, service in (one.split(" ", 1) for one in head.get("alone", ()) if " " in one):
        if service in named and named[service]["LoadState"] != "loaded":
            continue  # there is nothing to restart
        what = f"a restart of {target} leaves {service}, which is below it, as it is"
        yield Finding(
            what=what, todo=f"give {service} a `PartOf={target}`, or name the services themselves, in `names`"
        )


def _start_limits(head: Mapping[str, Sequence[str]], named: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    """The way back from a version that crashed is refused for longer than the step waits, and nobody may end that."""
    if "sudo" not in head or head["verb"][0] != "restart":
        return
    if (why := refusal(head["sudo"])) and not misses_rule(why):
        return  # sudo lists no rule, so what it allows is not known
    program = head.get("program", [""])[0]
    for name, unit in named.items():
        interval = unit.get("StartLimitIntervalUSec", "0")
        if _seconds(interval) > float(head["within"][0]) and not lets_run(
            head["sudo"], f"{program} reset-failed {name}"
        ):
            what = (
                f"after a crash loop systemd may refuse for {interval} to start {_full(name)} (StartLimitIntervalSec), "
                "so the way back would fail"
            )
            yield Finding(
                what=what,
                todo=f"let sudo run this without a password as well: {program} reset-failed {name}; or set a longer "
                "`ready_within`",
            )


_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "month": 30.44 * 86400}


def _seconds(span: str) -> float:
    """The seconds of a time span as systemd shows it, such as "1h 30min"; a part that is not known counts nothing."""
    if span == "infinity":
        return math.inf
    return sum(float(number) * _UNITS.get(unit, 0) for number, unit in re.findall(r"([\d.]+)([a-z]+)", span))


def _stale(named: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for name, unit in named.items():
        if unit.get("NeedDaemonReload") == "yes":
            yield f"systemd has not read the changed unit file of {_full(name)}, and starts it by the old one"


def _not_there(wished: Mapping[str, object], named: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """What a target wants and systemd cannot start."""
    targets = " and ".join(name for name in wished if name.endswith(".target"))
    for name in (name for name, unit in named.items() if name not in wished and unit["LoadState"] != "loaded"):
        why = {"masked": "is masked", "not-found": "has no unit file"}.get(named[name]["LoadState"], "cannot be read")
        yield f"{name}, which is below {targets}, {why}, so it does not run and was not looked at"


def _warnings(
    head: Mapping[str, Sequence[str]], wished: Mapping[str, object], named: Mapping[str, Mapping[str, str]]
) -> Iterator[Finding]:
    if "user" in head and "polkit" in head:
        what = f"whether the user {head['user'][0]} may {head['verb'][0]} units is not known: polkit decides"
        yield Finding(what=what, todo=_PERMISSION_TODO)
    if where := printed_elsewhere("\n".join(f"elsewhere={one}" for one in head.get("elsewhere", ()))):
        yield Finding(what=f"{where}, so its errors are not seen", todo="add a `logs` step for that log")
    for name, unit in named.items():
        if _is_exited(unit) and not unit.get("Processes"):
            what = f"{_full(name)} is active without a process, so systemd does not see whether what it started runs"
            yield Finding(what=what, todo="give the step an address (`web`), or name what really runs and its manager")
    for what in _stale(named):
        yield Finding(what=what, todo="run systemctl daemon-reload before the restart")
    for what in _not_there(wished, named):
        yield Finding(what=what, todo="let it run, or take it out of the target")
    loaded = {name for name, unit in named.items() if unit["LoadState"] == "loaded"}
    if unread := [_full(name) for name in head.get("unread", ()) if name in loaded]:
        todo = "put the user into the group systemd-journal; without it, errors are not seen"
        yield Finding(what=f"the journal shows this user no line of {', '.join(unread)}", todo=todo)
