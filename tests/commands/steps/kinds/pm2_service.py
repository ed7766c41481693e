"""The output of the scripts that ask pm2 about the service, as the tests want it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from commands.ports.shell import CommandResult
from tests.production import ended

SERVICE = 'host = "h"\nname = "dj-system-api"\nweb = "api"\ncommit = "<commit>"'


def service_json(**changes: object) -> str:
    """The JSON that the shell function `state` prints for one process, with some fields changed."""
    return processes_json(changes)


def processes_json(*processes: Mapping[str, object]) -> str:
    """The same for several processes, each with some fields changed."""
    listed = [
        {
            "service": "dj-system-api",
            "id": number,
            "pid": 101 + number,
            "status": "online",
            "restarts": 4,
            "uptime": 1.0,
            "out": f"/o-{number}",
            "err": f"/e-{number}",
            "out_from": "5",
            "err_from": "6",
            **changes,
        }
        for number, changes in enumerate(processes)
    ]
    return json.dumps({"names": ["dj-system-api"], "missing": [], "processes": listed})


def nothing_json(*names: str) -> str:
    """The same where pm2 has only services of other names."""
    return json.dumps({"names": names, "missing": ["dj-system-api"], "processes": []})


def restart_result(before: str, after: str) -> CommandResult:
    """The result of the restart script."""
    return ended(f"before={before}\nafter={after}\n")


def state_result(state: str) -> CommandResult:
    """The result of the script that asks for the state of the service now."""
    return ended(f"now={state}\n")
