"""A file of settings that a release changes: pm2 restarts by name with what it has kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.rehearsal.target.programs import PM2, cached_node_modules
from tests.commands.systems.services.stages.pm2 import Pm2Stage, pm2_stage
from tests.commands.systems.services.stages.stage import NEW
from tests.commands.systems.services.test_pm2 import lead, preflight, released_worker
from tests.local_shell import LocalShell
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


def settings_of(stage: Pm2Stage, name: str) -> tuple[Service, dict[str, Any]]:
    """A worker, and what a file of settings says of it."""
    service = with_settings(stage, name, "old")
    file = service.folder / "ecosystem.config.js"
    text = file.read_text()
    file.unlink()
    one: dict[str, Any] = json.loads(text[text.index("[") + 1 : text.rindex("]")])
    return service, one


def unread(file: Path, name: str, what: str = "FEATURE") -> str:
    """The clause about settings that pm2 has not read."""
    return (
        f"pm2 has kept other settings of {name} than {file} has now ({what}), and a restart by name does not read that "
        "file"
    )


@pytest.mark.fault("it exists, so it is right")
def test_a_changed_ecosystem_file_that_a_restart_by_name_does_not_read_is_said_before_and_after(
    stage: Pm2Stage,
) -> None:
    file = with_settings(stage, "settled", "old").folder / "ecosystem.config.js"
    stage.host.run(["pm2", "start", str(file)])
    worker = with_settings(stage, "settled", "new")
    what = unread(file, "settled")
    for _ in range(2):  # it goes on after the first restart
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


@pytest.mark.parametrize("name", ["ecosystem.config.json", "production.config.cjs", "pm2.yml"])
def test_settings_are_compared_in_each_form_of_the_file(stage: Pm2Stage, name: str, tmp_path: Path) -> None:
    real = cached_node_modules(stage.host, "pm2", PM2) / "pm2" / "bin" / "pm2"  # beside what it reads YAML with
    (tmp_path / "pm2").symlink_to(real)
    environ = stage.host.environment()
    base = {**environ, "PATH": f"{environ['PATH']}:{tmp_path}"}
    service, one = settings_of(stage, f"form-{name.partition('.')[0]}")
    file = service.folder / name

    def write() -> None:
        text = json.dumps({"apps": [one, {"name": "other", "script": "x"}]})
        file.write_text(f"module.exports = {text}\n" if name.endswith("cjs") else text)

    write()
    stage.host.run(["pm2", "start", str(file), "--only", service.name])
    write()  # another time, the same text
    assert " But " not in stage.restart(service, shell=LocalShell({}, base=base)).summary
    one |= {"env": {"FEATURE": "new", "MORE": 1}, "args": [*one["args"], "--more"]}
    write()
    assert (
        f" But {unread(file, service.name, 'FEATURE, MORE and args')}."
        in stage.restart(service, shell=LocalShell({}, base=base)).summary
    )


def test_a_second_file_with_settings_for_another_stage_is_no_change(stage: Pm2Stage) -> None:
    service, one = settings_of(stage, "staged")
    service.folder.joinpath("ecosystem.config.json").write_text(json.dumps([one | {"env": {"FEATURE": "tried"}}]))
    file = service.folder / "ecosystem.production.config.json"
    file.write_text(json.dumps([one | {"env_live": {"FEATURE": "live"}}]))
    stage.host.run(["pm2", "start", str(file), "--env", "live"])
    assert " But " not in stage.restart(service).summary


@pytest.mark.fault("it exists, so it is right")
def test_a_file_that_only_pm2_can_run_counts_as_changed_by_its_time(stage: Pm2Stage) -> None:
    service, one = settings_of(stage, "loaded")
    file = service.folder / "ecosystem.config.js"
    file.write_text(f'require("fs").statSync(".");\nmodule.exports = [{json.dumps(one)}]\n')
    stage.host.run(["pm2", "start", str(file)])
    assert " But " not in stage.restart(service).summary
    file.write_text(file.read_text().replace("old", "new"))
    assert f" But {file} has changed since loaded was last started, and" in stage.restart(service).summary


def test_a_file_that_does_not_end_or_wants_more_than_its_text_stops_nothing(stage: Pm2Stage) -> None:
    service, one = settings_of(stage, "endless")
    file = service.folder / "ecosystem.config.js"
    file.write_text(f"module.exports = [{json.dumps(one)}]\n")
    stage.host.run(["pm2", "start", str(file)])
    mark = service.folder / "ran"
    file.write_text(f'// endless\nrequire("fs").writeFileSync({json.dumps(str(mark))}, "x")\n')
    assert stage.restart(service).state == "done"
    file.write_text("// endless\nfor (;;) {}\n")
    assert stage.restart(service).state == "done"
    assert not mark.exists()


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
    for release in ("1", "2"):
        file = current.parent / "releases" / release / "ecosystem.config.js"
        file.write_text('require("fs"); module.exports = { apps: [{ name: "again" }] } // same')
    lead(current, "releases/2")
    assert " But " not in stage.restart(released).summary
    (current.parent / "releases" / "1" / "ecosystem.config.js").write_text('({ name: "again", other: 1 })')
    lead(current, "releases/1")
    assert f"But {current}/ecosystem.config.js has changed since" in stage.restart(released).summary
