"""Fifty units of systemd looked at, and how soon a service that is ready is seen as ready."""

from __future__ import annotations

import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from commands.steps.outcome import Outcome
from tests.commands.systems.services.stages.commands import CommandsStage, commands_stage
from tests.commands.systems.services.stages.stage import NEW
from tests.commands.systems.services.stages.systemd import SystemdStage
from tests.parts.machine import machine
from tests.parts.service import Service

ROUNDS = 5
_UNITS = 50


def measure() -> dict[str, float]:
    """Seconds, and ratios to the bare commands; the worst of some rounds for what is seen too late."""
    with machine() as booted:
        stage = SystemdStage(booted)
        look, bare = _look_at_units(stage)
        late = max(_late_at_address(stage, n) for n in range(ROUNDS))
    with tempfile.TemporaryDirectory() as folder, commands_stage(Path(folder)) as of_commands:
        late_worker = max(_late_by_command(of_commands, n) for n in range(ROUNDS))
    return {
        f"{_UNITS} units with their errors, s": look,
        "times a bare systemctl show": look / bare,
        "ready at its address, seen after, s": late,
        "ready by a command, seen after, s": late_worker,
    }


def _look_at_units(stage: SystemdStage) -> tuple[float, float]:
    stage.machine.unit("crowd@.service", "[Service]\nExecStart=/bin/sleep 100000\n")
    folder = stage.machine.service("crowd")
    units = [Service(folder.folder, f"crowd@{n}", inside=folder.inside, port=0) for n in range(_UNITS)]
    for unit in units:
        unit.will(port=0)
    names = [unit.name for unit in units]
    stage.machine.ask("systemctl", "start", *names)
    ctx, box = stage.context(*units), stage.box("steady", *units, more="")
    began = time.monotonic()
    state, _ = box.state_and_errors(ctx, box.state(ctx).logs)
    looked = (time.monotonic() - began) / 2
    assert len(state.processes) == _UNITS
    began = time.monotonic()
    stage.machine.ask("systemctl", "show", *names)
    return looked, time.monotonic() - began


def _late_at_address(stage: SystemdStage, number: int) -> float:
    service = stage.start(f"web-{number}")
    service.will(commit=NEW, ready_in=1.5)
    ready: list[datetime] = []

    def watch() -> None:
        while not ready:
            if service.answer().get("commit") == NEW:
                ready.append(datetime.now(UTC))
            time.sleep(0.005)

    thread = threading.Thread(target=watch)
    thread.start()
    outcome = stage.restart(service, more='steady = "1 s"')
    thread.join()
    return _late(outcome, ready[0])


def _late_by_command(stage: CommandsStage, number: int) -> float:
    worker = stage.start(f"worker-{number}", worker=True)
    (worker.folder / "ready").unlink(missing_ok=True)
    ready: list[datetime] = []

    def get_ready() -> None:
        ready.append(datetime.now(UTC))
        (worker.folder / "ready").touch()

    threading.Timer(2, get_ready).start()
    fields = stage.fields(worker).replace(f"test -s {worker.folder}/state", f"test -e {worker.folder}/ready")
    stage.fields = lambda *_: fields  # type: ignore[method-assign]
    try:
        return _late(stage.restart(worker), ready[0])
    finally:
        del stage.fields


def _late(outcome: Outcome, ready: datetime) -> float:
    assert outcome.state == "done", outcome.summary
    seen = datetime.fromisoformat(outcome.timestamps["ready_at"])
    return max(seen - ready, timedelta(0)).total_seconds()
