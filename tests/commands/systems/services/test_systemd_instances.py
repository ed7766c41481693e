"""Workers of one template: those that the page does not name go on with what they ran before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from state.records import RunState
from tests.commands.steps.builders import box
from tests.commands.systems.services.stages.stage import NEW
from tests.commands.systems.services.stages.systemd import SystemdStage
from tests.parts.machine import machine

pytestmark = [pytest.mark.timeout(240), pytest.mark.fault("the first of several for all")]


@pytest.fixture(scope="module")
def stage() -> Iterator[SystemdStage]:
    with machine() as booted:
        yield SystemdStage(booted)


def restarted(stage: SystemdStage, name: str, *others: str, **of_run: Any) -> Outcome:
    """The outcome of the restart of a worker in a run with these fields; the page's other steps restart `others`.

    One of those with a blank is a command.
    """
    service = stage.machine.service("crew")
    service.port = 0
    service.will(port=0, commit=NEW)
    step = stage.box("service", service).model_copy(update={"name": name})
    ctx = stage.context(service)
    boxes = {
        other: box("run", f"host = 'h'\ncommands = ['{other}']")
        if " " in other
        else step.model_copy(update={"name": other})
        for other in others
    }
    ctx = replace(ctx, boxes=boxes, began_at=datetime.now(UTC), run=replace(ctx.run, **of_run))
    return execute(step, ctx)


@pytest.fixture(scope="module")
def crew(stage: SystemdStage) -> str:
    """Workers of one template, whose name has an escape, of which some run."""
    service = stage.machine.service("crew")
    service.port = 0
    service.will(port=0)
    stage.machine.install(service, unit=r"the\x2dcrew@.service")
    for instance in ("1", "2", "3", "mail", "10"):
        stage.machine.ask("systemctl", "enable", "--now", "--quiet", rf"the\x2dcrew@{instance}")
    stage.machine.ask("systemctl", "stop", r"the\x2dcrew@10")
    return r"the\x2dcrew"


def test_a_worker_of_the_same_template_that_no_step_names_is_named_after_a_restart(
    stage: SystemdStage, crew: str
) -> None:
    before, now = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC)
    outcome = restarted(stage, f"{crew}@1", f"{crew}@2.service", began_at=now)
    assert outcome.state == "done", outcome.summary
    assert outcome.summary.endswith(
        f" But {crew}@3 runs as well, which no step names: it was not restarted, perhaps with the old code."
    ), outcome.summary
    assert "as well" not in restarted(stage, f"{crew}@1", f"{crew}@2", f"{crew}@3", began_at=now).summary
    assert "as well" not in restarted(stage, f"{crew}@1", began_at=before).summary, "another step has started them"
    both = restarted(stage, f"{crew}@1", began_at=now).summary
    assert f"But {crew}@2 and {crew}@3 run as well, which no step names: they were not restarted" in both


@pytest.mark.parametrize(
    ("others", "left"),
    [
        (["systemctl restart {}@2 {}@3"], ""),
        (['systemctl restart "{}@*"'], ""),
        (["systemctl restart {}@{{2..3}}"], ""),
        (["systemctl stop {}@2"], "3"),
        (["systemctl status {}@1 {}@30"], "23"),
        (["crew.target"], ""),
    ],
)
def test_a_worker_that_a_command_or_perhaps_a_target_of_the_page_restarts_is_not(
    stage: SystemdStage, crew: str, others: list[str], left: str
) -> None:
    filled = [one.format(crew, crew) for one in others]
    outcome = restarted(stage, f"{crew}@1", *filled, began_at=datetime.now(UTC))
    assert outcome.state == "done", outcome.summary
    assert [one for one in "23" if f"{crew}@{one}" in outcome.summary] == [*left], outcome.summary


def test_in_a_rollback_a_worker_that_the_deploy_did_not_restart_has_the_right_code(
    stage: SystemdStage, crew: str
) -> None:
    outcome = restarted(stage, f"{crew}@1", began_at=datetime.now(UTC), state=RunState.ROLLING_BACK)
    assert (outcome.state, "as well" in outcome.summary) == ("done", False), outcome.summary
