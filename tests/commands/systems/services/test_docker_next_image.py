"""Which image a restart by compose would run, where that is another one than runs now."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.commands.systems.services.stages.docker import DockerStage, two_versions
from tests.commands.systems.services.test_docker import preflight
from tests.parts.compose import compose_two
from tests.parts.service import Service

pytestmark = [pytest.mark.timeout(240), pytest.mark.fault("found too late, known before")]
FILE = """services:
  db:
    image: app:plain
    command: {command}
    network_mode: none
    volumes: ["{folder}:{folder}"]
  web:
    image: "${{IMAGE:-app:v1}}"
    command: {command}
    network_mode: none
    labels: {{image: "other"}}
    volumes: ["{folder}:{folder}"]
"""


@pytest.fixture(scope="module")
def stage() -> Iterator[DockerStage]:
    with two_versions(compose_two()) as running:
        yield running


def test_a_tag_that_a_shell_gave_and_a_restart_would_not_keep_is_named_before_the_start(
    stage: DockerStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stage.daemon.folder / "tagged"
    web = Service(folder / "web", "tagged/web", port=0)
    web.will(port=0)
    (folder / "compose.yaml").write_text(FILE.format(command=web.command, folder=web.folder))
    with monkeypatch.context() as shell:
        shell.setenv("IMAGE", "app:v2")
        stage.daemon.compose(folder, "--project-name", "tagged", "up", "--detach")
    (found,) = preflight(stage, web)
    assert (found.level, found.summary) == (
        "warn",
        "tagged/web runs app:v2, but its compose files give it app:v1 now",
    )
    assert "write that into the .env beside the compose file" in found.todo
    (folder / ".env").write_text("IMAGE=app:v2\n")
    assert [one.level for one in preflight(stage, web)] == ["ok"]
    (folder / ".env").write_text("IMAGE=app:v1\n")
    assert [one.level for one in preflight(stage, web)] == ["ok"], "it was written for the next deploy"
    db = Service(folder / "web", "tagged/db", port=0)
    assert [one.level for one in preflight(stage, db)] == ["ok"]
