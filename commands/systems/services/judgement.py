"""How processes are judged after a restart: each of them, and the same for every manager."""

from __future__ import annotations

from collections.abc import Sequence

from commands.systems.services.manager import Manager, Phase, Process
from commands.text.durations import format_duration

LONG_UPTIME = 60  # seconds; a process with more was not started by this restart

# the pid and the number of restarts of a process
Identity = tuple[str, int]


def identities(processes: Sequence[Process]) -> list[Identity]:
    """The pid and the number of restarts of each process."""
    return [(process.pid, process.restarts) for process in processes]


def expected(before: Sequence[Process], now: Sequence[Process]) -> list[Identity]:
    """The identities that the processes from before should have now.

    A service may hand over to a new main process by itself, as some do in a reload; its manager has started nothing.
    """
    pairs = zip(before, now, strict=False)
    kept = [(one.pid if was.start and was.start == one.start else was.pid, was.restarts) for was, one in pairs]
    return [*kept, *identities(before[len(now) :])]


def is_starting(processes: Sequence[Process]) -> bool:
    """Whether one of them is not ready yet."""
    return any(process.phase is Phase.STARTING for process in processes)


def deaths(manager: Manager, before: Sequence[Process], after: Sequence[Process], now: Sequence[Process]) -> list[str]:
    """What has gone wrong with what is starting, one clause each. `after` was right after the restart."""
    if not manager.settles:
        return process_problems(manager, expected(after, now), now, may_start=True)
    # old processes may end and new ones come; only one that the manager had to start again has died
    known = {process.pid: process.restarts for process in (*before, *after)}
    return [
        _restarted(process, now, known.get(process.pid, 0))
        for process in now
        if process.restarts > known.get(process.pid, 0)
    ]


def process_problems(
    manager: Manager, before: Sequence[Identity], now: Sequence[Process], *, may_start: bool = False
) -> list[str]:
    """What is wrong if not every process is up, and the one that it was `before`; clauses."""
    if not now:
        return [f"{manager.title} no longer lists it"]
    found = []
    if len(now) != len(before):
        found = [f"{manager.title} lists {len(now)} of its processes, and {len(before)} before"]
    for process in now:
        if process.phase is Phase.DOWN or (process.phase is Phase.STARTING and not may_start):
            whose = "its status" if len(now) == 1 else f"the status of {who(process, now)}"
            found.append(f"{manager.title} reports {whose} as {process.status}")
    for (pid, restarts), process in zip(before, now, strict=False):
        began = "0" if pid == "0" else process.pid  # what had no process right after the restart may have got its first
        ended = process.pid == "0" and process.phase is Phase.DOWN  # as its status says
        if process.waits:
            continue  # what it had to do has ended well
        if restarts != process.restarts or (pid != began and not ended):
            found.append(_restarted(process, now, restarts))
    return found


def not_restarted(
    manager: Manager, before: Sequence[Process], after: Sequence[Process], now: Sequence[Process]
) -> list[str]:
    """Why this was no restart of every process; clauses, or empty."""
    found = []
    if len(after) != len(before) and not manager.settles:
        counts = f"{len(before)} of its processes before the restart, and {len(after)} after it"
        found.append(f"{manager.title} listed {counts}")
    old = {"0", *(one.pid for one in before)}
    found += [
        f"{'its process' if len(now) == 1 else who(one, now)} is not new"
        for one in now
        if one.pid in old and one.phase is not Phase.DOWN and not one.waits
    ]
    for one in after if not manager.settles else ():
        if one.pid != "0" and one.uptime > LONG_UPTIME:
            whose = "it" if len(after) == 1 else who(one, after)
            found.append(f"right after the restart {whose} was already up for {format_duration(one.uptime)}")
    return found


def not_reloaded(manager: Manager, before: Sequence[Process], now: Sequence[Process]) -> list[str]:
    """Why the reload of every process is not seen to have had an effect; clauses, or empty."""
    old = {(one.service, one.pid, one.members) for one in before}
    same = [one for one in now if (one.service, one.pid, one.members) in old]
    if not same:
        return []
    whose = "it" if len(now) == 1 else " and ".join(who(one, now) for one in same)
    return [f"the reload started no new process of {whose}, as far as {manager.title} shows"]


def lost(after: Sequence[Process], now: Sequence[Process]) -> list[str]:
    """Which no longer have a process although the manager still calls them up; `after` was earlier. Clauses."""
    had = {(one.service, one.pid) for one in after if one.members}
    gone = [one for one in now if not one.is_seen and (one.service, one.pid) in had]
    return [f"no process of {'it' if len(now) == 1 else who(one, now)} is left" for one in gone]


def who(process: Process, others: Sequence[Process]) -> str:
    """What tells a process from the others of its step."""
    services = {one.service for one in others}
    several = sum(one.service == process.service for one in others) > 1
    number = f"process {process.number}" if several or (process.number and len(services) == 1) else ""
    return f"{process.service} {number}".strip() if len(services) > 1 else number or process.service


def described(processes: Sequence[Process]) -> tuple[str, ...]:
    """One line for each process, for the thread."""
    lines = [f"{shown(one)}, {one.status}" + (f", restarts {one.restarts}" if one.counted else "") for one in processes]
    if len(lines) == 1:
        return tuple(lines)
    return tuple(f"{who(one, processes)}: {line}" for one, line in zip(processes, lines, strict=True))


def shown(process: Process) -> str:
    """What people read of its identity."""
    return process.shown or f"pid {process.pid}"


def joined_list(values: Sequence[object]) -> str:
    """The values as one value of a step: "101", or "101,102" of two processes."""
    return ",".join(map(str, values))


def split_identities(pids: str, restarts: str) -> list[Identity]:
    """The identities in two such values. Raises ValueError if `restarts` has something other than numbers."""
    return list(zip(pids.split(","), map(int, restarts.split(",")), strict=False))


def _restarted(process: Process, others: Sequence[Process], restarts: int) -> str:
    whose = "it" if len(others) == 1 else who(process, others)
    if process.restarts != restarts:
        return f"{whose} was started again ({restarts} → {process.restarts} restarts)"
    # by whom is not known: not every manager counts its own restarts, and a person may have done it
    return f"{whose} no longer runs" if process.pid == "0" else f"{whose} is another process now"
