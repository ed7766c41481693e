"""The processes of a pm2 service: pm2 lists one for each instance, and each of them is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from commands.systems.logs.log_lines import joined_logs


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process: `number` is pm2's own for it, `uptime` is in seconds.

    `out` and `err` are its logs; `out_from` and `err_from` are their ends when pm2 was asked. `without_lines` are those
    of them that keep no lines, such as /dev/null.
    """

    number: int
    pid: int
    status: str
    restarts: int
    uptime: float
    out: str
    err: str
    out_from: str
    err_from: str
    without_lines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ServiceLogs:
    """The logs of all processes, and their ends at one moment, as the program that reads them wants both."""

    out: str
    err: str
    out_from: str
    err_from: str

    @classmethod
    def of(cls, processes: Sequence[Process]) -> Self:
        """The logs of these processes. Raises Refused for a path that looks like two."""
        out, out_from = joined_logs({process.out: process.out_from for process in processes})
        err, err_from = joined_logs({process.err: process.err_from for process in processes})
        return cls(out=out, err=err, out_from=out_from, err_from=err_from)


def processes_in(state: Mapping[str, Any]) -> list[Process]:
    """The processes in the JSON that the shell function `state` prints."""
    return [
        Process(number=one["id"], **{name: value for name, value in one.items() if name != "id"})
        for one in state.get("processes", [])
    ]


def process_problems(before: Sequence[tuple[int, int]], now: Sequence[Process]) -> list[str]:
    """What is wrong if not every process is online, and the one that it was `before` (pid, restarts); clauses."""
    if not now:
        return ["pm2 no longer lists it"]
    found = [] if len(now) == len(before) else [f"pm2 lists {len(now)} of its processes, and {len(before)} before"]
    for process in now:
        if process.status != "online":
            whose = "its status" if len(now) == 1 else f"the status of process {process.number}"
            found.append(f"pm2 reports {whose} as {process.status}")
    for (pid, restarts), process in zip(before, now, strict=False):
        if (pid, restarts) != (process.pid, process.restarts):
            who = "it" if len(now) == 1 else f"process {process.number}"
            found.append(f"{who} restarted by itself ({restarts} → {process.restarts} restarts)")
    return found


def identities(processes: Sequence[Process]) -> list[tuple[int, int]]:
    """The pid and the number of restarts of each process."""
    return [(process.pid, process.restarts) for process in processes]


def described(processes: Sequence[Process]) -> tuple[str, ...]:
    """One line for each process, for the thread."""
    lines = [f"pid {one.pid}, {one.status}, restarts {one.restarts}" for one in processes]
    if len(lines) == 1:
        return tuple(lines)
    return tuple(f"process {one.number}: {line}" for one, line in zip(processes, lines, strict=True))


def joined_list(numbers: Sequence[int]) -> str:
    """The numbers as the value of a step: "101", or "101,102" of two processes."""
    return ",".join(map(str, numbers))


def split_list(value: str) -> list[int]:
    """The numbers of such a value."""
    return [int(number) for number in value.split(",")]
