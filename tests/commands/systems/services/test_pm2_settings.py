"""A file of settings that a release changes: pm2 restarts by name with what it has kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.systems.services.stages.pm2 import Pm2Stage, pm2_stage
from tests.commands.systems.services.stages.stage import NEW
from tests.commands.systems.services.test_pm2 import lead, preflight, released_worker
from tests.parts.service import Service

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pm2Stage]:
    with pm2_stage(tmp_path_factory.mktemp("pm2")) as running:
        yield running


def with_settings(stage: Pm2Stage, name: str, feature: str, folder: str = "") -> Service:
    """A worker whose ecosystem file says what its environment has."""
    service = Service(stage.host.folder / "services" / name, name, port=0)
    service.will(port=0, commit=NEW)
    program, *arguments = service.command.split()
    one = {"name": name, "script": program, "interpreter": "none", "args": arguments, "env": {"FEATURE": feature}}
    file = service.folder / "ecosystem.config.js"
    (service.folder / ".git").mkdir(exist_ok=True)
    (service.folder / "server").mkdir(exist_ok=True)
    file.write_text(f"module.exports = {{ apps: [{json.dumps(one | {'cwd': str(service.folder / 'server')})}] }}\n")
    return service


@pytest.mark.fault("it exists, so it is right")
def test_a_changed_ecosystem_file_that_a_restart_by_name_does_not_read_is_said_before_and_after(
    stage: Pm2Stage,
) -> None:
    file = with_settings(stage, "settled", "old").folder / "ecosystem.config.js"
    stage.host.run(["pm2", "start", str(file)])
    worker = with_settings(stage, "settled", "new")
    what = (
        f"{file} has changed since settled was last started, and a restart by name does not read it: pm2 goes on with "
        "the environment, script and arguments that it has kept"
    )
    (found,) = (result for result in preflight(stage, worker) if result.level != "ok")
    assert (found.level, found.summary) == ("warn", what)
    assert found.todo.endswith(f"pm2 startOrRestart {file} --only settled")
    outcome = stage.restart(worker)
    assert (outcome.state, outcome.summary.endswith(f" But {what}.")) == ("done", True), outcome.summary
    assert "old" in running_environment(outcome.values["pid"])
    with_settings(stage, "settled", "newer")
    stage.host.run(["pm2", "startOrRestart", str(file), "--only", "settled"])
    assert all(result.level == "ok" for result in preflight(stage, worker))
    outcome = stage.restart(worker)
    assert " But " not in outcome.summary
    assert "newer" in running_environment(outcome.values["pid"])


def running_environment(pid: str) -> str:
    """The value of FEATURE in a running process."""
    variables = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return next(one.removeprefix("FEATURE=") for one in variables if one.startswith("FEATURE="))


def test_a_file_of_another_service_and_one_that_is_the_same_in_a_new_release_are_no_change(stage: Pm2Stage) -> None:
    folder = stage.host.folder / "services" / "lonely"
    folder.mkdir(parents=True)
    other = stage.start("lonely", worker=True, words=(f"--cwd={folder}",))
    (folder / "ecosystem.config.js").write_text('module.exports = { apps: [{ name: "lonely-mail" }] }')
    assert " But " not in stage.restart(other).summary

    current = stage.host.folder / "services" / "again" / "current"
    released, _ = released_worker(stage, "again", f"{current}/worker.js", f"--cwd={current}")
    for release, feature in (("1", "old"), ("2", "old")):
        file = current.parent / "releases" / release / "ecosystem.config.js"
        file.write_text(f'module.exports = {{ apps: [{{ name: "again", env: {{ FEATURE: "{feature}" }} }}] }}')
    lead(current, "releases/2")
    assert " But " not in stage.restart(released).summary
    (current.parent / "releases" / "1" / "ecosystem.config.js").write_text('({ name: "again", other: 1 })')
    lead(current, "releases/1")
    assert f"But {current}/ecosystem.config.js has changed since" in stage.restart(released).summary
