"""The protocol of service managers: all in which they differ. The judgement is one for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import Enum
from typing import ClassVar

from commands.systems.logs.log_lines import NewLines
from state.frozen import dataclass

# of these values of a step a log is read later
FILES = ("log_out", "log_err", "log_offset_out", "log_offset_err")
MARK = ("log_mark",)
REMARK = "remark="  # before what `restart` and `reload` say to the bot


class Phase(Enum):
    """What a status means: `STARTING` is waited for, `DOWN` is a failure."""

    UP = "up"
    STARTING = "starting"
    DOWN = "down"


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process of a service; or its container, or whatever else the manager starts anew in a restart.

    - `service`: its name, as the manager shows it.
    - `number`: what tells it from others of that service; empty if there can be only one.
    - `pid`: what is another one after each start: letters, digits, "." and ":". "0" if nothing runs.
    - `status`: in the manager's own word; `phase` says what that means.
    - `restarts`: how often the manager has started it again by itself; 0 if it is not `counted`.
    - `uptime`: seconds since its start.
    - `members`: what is another one after a reload although `pid` stays, such as the pids of its workers; or empty.
    - `start`: what is another one after each start by the manager, also if `pid` is; or empty where it does not say.
    - `shown`: what people read instead of "pid 123"; or empty.
    - `code`: what identifies the code that it runs, such as an image; empty if that is not told.
    - `is_seen`: whether the manager sees a process; not where it only started something that runs outside of it.
    - `waits`: whether it rightly has no process now, because a timer of the manager starts it at its time.
    """

    service: str
    pid: str
    status: str
    phase: Phase
    restarts: int
    uptime: float
    counted: bool = True
    number: str = ""
    members: str = ""
    start: str = ""
    shown: str = ""
    code: str = ""
    is_seen: bool = True
    waits: bool = False


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is wrong with a service before anything is done: a clause without a full stop; and what to do about it."""

    what: str
    todo: str


@dataclass(frozen=True, kw_only=True)
class State:
    """What a manager says of the services now.

    - `processes`: every one of each service, always in the same order.
    - `obstacles`: why they cannot be restarted, such as a service that the manager does not know.
    - `warnings`: what else people should know before.
    - `stale`: what runs although something newer is there, such as a changed file that was not read; clauses.
    - `unread`: what a restart from here does not read, such as a changed file of settings; clauses.
    - `reboot`: what a reboot of the host would not bring back as it is now.
    - `left`: what works in a release folder to which the link beside it no longer leads; clauses.
    - `beside`: what else runs of the same kind, such as a further worker, by name, with the seconds since its start.
    - `logs`: where their logs end now, by the names in the manager's `log_values`.
    """

    processes: tuple[Process, ...]
    logs: Mapping[str, str]
    obstacles: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    stale: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    reboot: tuple[Finding, ...] = ()
    left: tuple[str, ...] = ()
    beside: Mapping[str, float] = field(default_factory=dict)


class Manager:
    """A program that keeps services running.

    Its scripts are bash with `set -euo pipefail`, and get the services in $NAMES (one a line), $SUDO ("sudo -n" or
    empty: use it unquoted) if it takes that. Where a restart or a reload may follow, they get what they read of $WITHIN
    (whole seconds that a start may take) and $VERB ("restart" or "reload").

    - `name`: as the page writes it; `title`: who says so in messages ("systemd lists …").
    - `up`: its word for a service that runs, as in "is online with a new process".
    - `programs`: what its scripts need on the host.
    - `log_values`: the names of `State.logs`: `FILES` or `MARK`.
    - `fields`: the fields of a step that only it has; those in `needs` must be there. Its scripts get the commands in
      them under the same names in capitals.
    - `several`: whether one step may name several services.
    - `takes_sudo`: whether the page may say `sudo = true`.
    - `ends_all`: what lets it end every process of a service in a restart, to follow "and"; empty if each of them is a
      container, or not known. What `state` prints has their numbers as "pid", MainPID or Processes.
    - `settles`: whether old processes may go on beside the new ones until the service is ready.
    - `state`: defines the function `state`, which prints what `read_state` reads, and changes nothing; and other
      functions that `restart` and `reload` call.
    - `restart`: restarts the service "$name"; its exit code counts, and what it writes to standard error is shown, but
      for lines that begin with `REMARK`: those are for `remark`.
    - `reload`: lets "$name" read its code and settings anew without a gap; empty if it has no such command.
    - `hidden`: once services are ready that have another image than before, prints for `remark` which of its files a
      volume hides, or "unread" and a folder; or empty. $IMAGES has each name with the image of before, and after
      $HIDDEN_WITHIN seconds it ends.
    - `errors`: prints the lines with errors since the marks in the variables of `log_env`, as `logs/log_lines.sh` or
      `logs/log_source.sh` does. It may end its shell.
    - `preflight`: prints further lines for `read_state` where nothing has begun yet, each after "now="; or empty. It
      comes before `state`, so those are the first lines.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    up: ClassVar[str]
    programs: ClassVar[tuple[str, ...]]
    log_values: ClassVar[tuple[str, ...]]
    fields: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    several: ClassVar[bool] = True
    takes_sudo: ClassVar[bool] = False
    ends_all: ClassVar[str] = ""
    settles: ClassVar[bool] = False
    state: ClassVar[str]
    restart: ClassVar[str]
    reload: ClassVar[str] = ""
    hidden: ClassVar[str] = ""
    errors: ClassVar[str]
    preflight: ClassVar[str] = ""

    def read_state(self, output: str, host: str) -> State:
        """What the function `state` printed. Raises ValueError or KeyError if that is nothing it prints."""
        raise NotImplementedError

    def remark(self, said: str) -> str:
        """A sentence about what `restart` said that people must know although it succeeded; or empty."""
        return ""

    def log_env(self, logs: Mapping[str, str]) -> dict[str, str]:
        """The variables of `errors`, where the logs ended there."""
        raise NotImplementedError

    def read_errors(self, output: str, logs: Mapping[str, str], allow: Sequence[str]) -> NewLines:
        """What `errors` printed, without the lines that match a regular expression of `allow`."""
        raise NotImplementedError
