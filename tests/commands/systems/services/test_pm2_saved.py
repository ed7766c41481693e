"""What pm2 starts after a reboot: the list that was saved last, which may be of another day."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.commands.systems.services.stages.pm2 import Pm2Stage, pm2_stage
from tests.commands.systems.services.stages.stage import NEW
from tests.commands.systems.services.test_pm2 import preflight
from tests.parts.service import Service

pytestmark = [pytest.mark.timeout(240), pytest.mark.fault("it exists, so it is right")]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pm2Stage]:
    with pm2_stage(tmp_path_factory.mktemp("pm2")) as running:
        yield running


def said(stage: Pm2Stage, service: Service) -> list[str]:
    """What is said of a reboot before a start; after a restart nothing, because a later step may save the list."""
    found = [one.summary for one in preflight(stage, service) if "reboot" in one.summary]
    service.will(port=0, commit=NEW)
    outcome = stage.restart(service)
    assert outcome.state == "done", outcome.summary
    assert "reboot" not in outcome.summary, outcome.summary
    return found


def test_a_service_that_the_saved_list_does_not_have_is_named_before_the_start(stage: Pm2Stage) -> None:
    first = stage.start("first", worker=True)
    assert said(stage, first) == [], "whoever saves no list has something else that starts its services"
    stage.host.run(["pm2", "save"])
    assert said(stage, first) == []
    second = stage.start("second", worker=True)
    missing = "pm2's saved list does not have second, so a reboot of the host would not start it"
    assert said(stage, second) == [missing]
    stage.host.run(["pm2", "save"])
    assert said(stage, second) == []


def test_a_service_that_was_stopped_when_the_list_was_saved_stays_so_after_a_reboot(stage: Pm2Stage) -> None:
    paused = stage.start("paused", worker=True)
    stage.host.run(["pm2", "stop", "paused"])
    stage.host.run(["pm2", "save", "--force"])
    stage.host.run(["pm2", "start", "paused"])
    stopped = "pm2's saved list has paused as stopped, so a reboot of the host would not start it"
    assert said(stage, paused) == [stopped]
    # what pm2 does with such a list
    stage.host.run(["pm2", "delete", "paused"])
    stage.host.run(["pm2", "resurrect"])
    listed = json.loads(stage.host.run(["pm2", "jlist"]).splitlines()[-1])
    assert [one["pm2_env"]["status"] for one in listed if one["name"] == "paused"] == ["stopped"]


def test_processes_that_were_added_since_and_another_folder_or_command_are_named(stage: Pm2Stage) -> None:
    folder = stage.host.folder / "services" / "moved"
    for release in ("1", "2"):
        (folder / release).mkdir(parents=True)
        (folder / release / "worker.js").write_text("setInterval(() => {}, 1000)")

    def start(release: str, *words: str) -> None:
        script = f"cd {folder / release} && pm2 delete moved; pm2 start worker.js --name=moved {' '.join(words)}"
        stage.host.run(["bash", "-c", script])

    moved = Service(folder / "unused", "moved", port=0)
    start("1")
    stage.host.run(["pm2", "save", "--force"])
    start("2")
    assert said(stage, moved) == [
        f"pm2's saved list has moved in {folder}/1, so a reboot of the host would start it there"
    ]
    start("1", "--", "--queue=mail")
    (other,) = said(stage, moved)
    assert other.startswith(f"pm2's saved list has another command of moved ({folder}/1/worker.js), which a reboot")
    start("1", "--instances=2")
    (fewer,) = said(stage, moved)
    assert fewer.startswith("pm2's saved list has only 1 of 2 processes of moved")
