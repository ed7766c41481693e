"""What must hold before a run: the manager knows the services, and may restart them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from commands.ports.preflight import FAIL, OK, WARN, PreflightResult
from commands.ports.shell import CommandResult
from commands.steps.shared.service import NOW, ServiceBox
from commands.steps.value_types import ValueType, fits
from commands.systems.preflight.hosts import Judge
from commands.systems.services.judgement import identities, joined_list
from commands.systems.services.manager import Finding, Phase, Process, State
from commands.text.numbers import format_count
from state.errors import Failed, Refused

_COUNTS_CRASHES = frozenset(("systemd", "docker"))  # their count of restarts begins anew with a restart by hand
_STEADY = 60.0  # seconds since the last start, from which on nobody looks at how often there was one


def preflight_script(box: ServiceBox) -> str:
    """The script that asks the manager before a run starts."""
    return "\n".join(filter(None, (box.manages.preflight, box.manages.state, NOW)))


def judge_services(box: ServiceBox, types: Mapping[str, ValueType]) -> Judge:
    """How what that script printed is judged. `types` are those of the values that the step sets."""

    def judge(result: CommandResult) -> list[PreflightResult]:
        try:
            state = box.read_state(result, "now")
        except (Failed, Refused):
            said = result.last_line if result.tail.strip() else "it printed nothing"
            what = f"{box.manages.title} does not answer there: {said}"
            return [PreflightResult(level=FAIL, summary=what, todo="run its own command there as this user")]
        found = [*_results(FAIL, state.obstacles), *(_results(FAIL, _unfit(box, state, types)))]
        if not found:
            found = list(
                _results(WARN, [*_not_up(box, state), *not_steady(box, state), *state.warnings, *state.reboot])
            )
        return found or [PreflightResult(level=OK, summary=f"{box.manager} runs {_listed(state.processes)}")]

    return judge


def values_of(before: State, now: State) -> dict[str, str]:
    """The values for later steps: the new processes, and where their logs stood before the restart."""
    pids, restarts = zip(*identities(now.processes), strict=True)
    return {"pid": joined_list(pids), "restarts": joined_list(restarts), **before.logs}


def _results(level: str, findings: Iterable[Finding]) -> Iterator[PreflightResult]:
    return (PreflightResult(level=level, summary=one.what, todo=one.todo) for one in findings)


def _unfit(box: ServiceBox, state: State, types: Mapping[str, ValueType]) -> list[Finding]:
    """Why the services cannot be restarted once each, or what would be handed on cannot be."""
    pids = Counter(one.pid for one in state.processes if one.pid != "0" and len(box.services) > 1)
    if twice := next((one for one in state.processes if pids[one.pid] > 1), None):
        names = " and ".join(dict.fromkeys(one.service for one in state.processes if one.pid == twice.pid))
        what = f"two of the names mean the same process of {names}, which would be restarted twice"
        return [Finding(what=what, todo="name it once")]
    if not state.processes or all(fits(value, types[name]) for name, value in values_of(state, state).items()):
        return []
    count = f"{len(state.processes)} processes of {box.called} with a log each"
    return [Finding(what=f"{box.manager} runs {count}, more than can be followed", todo="let them share a log")]


def _not_up(box: ServiceBox, state: State) -> list[Finding]:
    if all(one.phase is Phase.UP for one in state.processes):
        return []
    states = _states(state.processes)
    return [
        Finding(what=f"{box.manager} does not run all of {box.called}: {states}", todo="find out why before you deploy")
    ]


def not_steady(box: ServiceBox, state: State) -> Iterator[Finding]:
    """The services that are up now, and were started again a moment ago: one that crashes is up most of the time."""
    for one in state.processes if box.manager in _COUNTS_CRASHES else ():
        if one.phase is Phase.UP and one.counted and one.restarts and one.uptime < _STEADY:
            times = format_count(one.restarts, "time")
            yield Finding(
                what=f"{box.manager} has started {one.service} again {times}, {one.uptime:.0f} s ago the last time",
                todo="it does not stay up: read its log before you deploy",
            )


def _listed(processes: Iterable[Process]) -> str:
    """Each service with the states of its processes."""
    services = []
    for service, group in groupby(processes, key=lambda one: one.service):
        own = list(group)
        several = f"{len(own)} processes: " if len(own) > 1 else ""
        services.append(f"{service} ({several}{_states(own)})")
    return ", ".join(services)


def _states(processes: Iterable[Process]) -> str:
    return ", ".join(one.status for one in processes)
