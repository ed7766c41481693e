"""Commands of the page, for what no other manager here knows: Kubernetes, ECS, Kamal, php-fpm …"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from commands.systems.logs.log_lines import NewLines
from commands.systems.logs.log_sources import COMMAND
from commands.systems.scripts import script
from commands.systems.services.log_source import read_source
from commands.systems.services.manager import MARK, Finding, Manager, Phase, Process, State

_SAID = re.compile(r"^(\w+)=(.*)$", re.MULTILINE)
_COUNTED = re.compile(r"(.*\S)\s+([0-9]{1,9})")


class Commands(Manager):
    """What the page's commands say.

    `running` prints a line for each thing that runs: what identifies it, and perhaps a number behind it, how often it
    was started again by itself. `ready` exits with 0 if it is ready. `log` prints the lines since $SINCE, an ISO time.
    """

    name = "commands"
    title = "`running`"
    up = "ready"
    programs = ()
    fields = ("running", "restart", "ready", "log", "env")
    needs = ("running", "restart")
    log_values = MARK
    several = False
    settles = True
    state = script("services/commands.sh")
    restart = "bash -euo pipefail -c 'eval \"$RESTART\"' > /dev/null"
    errors = f'[ -n "$LOG" ] || {{ echo state=unnamed; exit 0; }}\nexport COMMAND=$LOG\n{COMMAND}'

    def read_state(self, output: str, host: str) -> State:
        said = dict(_SAID.findall(output))
        lines = sorted(line for name, line in _SAID.findall(output) if name == "running")
        ready = said["ready"] == "0"
        obstacles = []
        if said["code"] != "0":
            what = f"the command `running` of {said['name']} failed with exit code {said['code']}"
            obstacles = [Finding(what=what, todo="run it on the host as this user, and mend it")]
        processes = [_process(said["name"], number, line, ready) for number, line in enumerate(lines, 1)]
        return State(
            processes=tuple(processes) or (_nothing(said["name"]),),
            logs={"log_mark": said["mark"]},
            obstacles=tuple(obstacles),
        )

    def log_env(self, logs: Mapping[str, str]) -> dict[str, str]:
        return {"SINCE": logs["log_mark"]}

    def read_errors(self, output: str, logs: Mapping[str, str], allow: Sequence[str]) -> NewLines:
        return read_source(output, logs["log_mark"], allow, "its log")


def _process(service: str, number: int, line: str, ready: bool) -> Process:
    counted = _COUNTED.fullmatch(line.strip())
    identity, restarts = (counted[1], int(counted[2])) if counted else (line.strip(), 0)
    return Process(
        service=service,
        number=str(number),
        pid=hashlib.sha256(identity.encode()).hexdigest()[:12],
        status="ready" if ready else "not ready",
        phase=Phase.UP if ready else Phase.STARTING,
        restarts=restarts,
        counted=counted is not None,
        uptime=0,
        shown=identity[:80],
    )


def _nothing(service: str) -> Process:
    status = "not running"
    return Process(
        service=service,
        pid="0",
        status=status,
        phase=Phase.STARTING,
        restarts=0,
        counted=False,
        uptime=0,
        shown="nothing",
    )
