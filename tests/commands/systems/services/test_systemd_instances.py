"""Workers of one template: those that the page does not name go on with what they ran before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.systems.services.stages.stage import NEW
from tests.commands.systems.services.stages.systemd import SystemdStage
from tests.parts.machine import machine

pytestmark = [pytest.mark.timeout(240), pytest.mark.fault("the first of several for all")]


@pytest.fixture(scope="module")
def stage() -> Iterator[SystemdStage]:
    with machine() as booted:
        yield SystemdStage(booted)


def restarted(stage: SystemdStage, name: str, *others: str, began: datetime) -> Outcome:
    """The outcome of the restart of a worker in a run that began then; the page's other steps restart `others`."""
    service = stage.machine.service(name)
    service.port = 0
    service.will(port=0, commit=NEW)
    step = stage.box("service", service)
    ctx = stage.context(service)
    boxes = {other: step.model_copy(update={"name": other}) for other in others}
    ctx = replace(ctx, boxes=boxes, began_at=datetime.now(UTC), run=replace(ctx.run, began_at=began))
    return execute(step, ctx)


def test_a_worker_of_the_same_template_that_no_step_names_is_named_after_a_restart(stage: SystemdStage) -> None:
    crew = stage.machine.service("crew")
    crew.port = 0
    crew.will(port=0)
    stage.machine.install(crew, unit="crew@.service")
    for instance in ("1", "2", "3", "mail", "10"):
        stage.machine.ask("systemctl", "enable", "--now", "--quiet", f"crew@{instance}")
    stage.machine.ask("systemctl", "stop", "crew@10")
    before, now = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC)
    outcome = restarted(stage, "crew@1", "crew@2.service", began=now)
    assert outcome.state == "done", outcome.summary
    assert outcome.summary.endswith(
        " But crew@3 runs as well, which no step names: it was not restarted, perhaps with the old code."
    ), outcome.summary
    assert "as well" not in restarted(stage, "crew@1", "crew@2", "crew@3", began=now).summary
    assert "as well" not in restarted(stage, "crew@1", began=before).summary, "another step has started them since"
    both = restarted(stage, "crew@1", began=now).summary
    assert "But crew@2 and crew@3 run as well, which no step names: they were not restarted" in both
