"""What only pm2 has: several processes of a name, and namespaces; with pm2 from npm."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.commands.systems.services.stages.pm2 import Pm2Stage, pm2_stage
from tests.commands.systems.services.stages.stage import NEW
from tests.parts.service import Service

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pm2Stage]:
    with pm2_stage(tmp_path_factory.mktemp("pm2")) as running:
        yield running


def test_every_process_of_a_name_is_restarted_and_judged(stage: Pm2Stage) -> None:
    workers = stage.start("twins", worker=True, words=("--instances=2",))
    workers.will(commit=NEW)
    outcome = stage.restart(workers)
    assert outcome.state == "done", outcome.summary
    assert outcome.summary.startswith("twins is online with 2 new processes")
    assert len(outcome.values["pid"].split(",")) == 2


def test_a_namespace_stands_for_all_its_services(stage: Pm2Stage) -> None:
    for name in ("shop-api", "shop-mail"):
        stage.start(name, worker=True, words=("--namespace=shop",)).will(commit=NEW)
    shop = Service(stage.host.folder / "services" / "shop", "shop", port=0)
    shop.will(port=0)
    outcome = stage.restart(shop)
    assert outcome.state == "done", outcome.summary
    assert outcome.summary.startswith("shop is online with 2 new processes")
    assert any(line.startswith("shop-mail: pid ") for line in outcome.lines), outcome.lines


def test_a_service_of_another_namespace_with_that_name_goes_before(stage: Pm2Stage) -> None:
    stage.start("mine", worker=True, words=("--namespace=other",)).will(commit=NEW)
    stage.start("else", worker=True, words=("--namespace=mine",)).will(commit=NEW)
    mine = Service(stage.host.folder / "services" / "mine", "mine", port=0)
    mine.will(port=0)
    outcome = stage.restart(mine)
    assert outcome.summary.startswith("mine is online with a new process"), outcome.summary


def test_a_reload_starts_new_processes(stage: Pm2Stage) -> None:
    worker = stage.start("reloaded", worker=True)
    outcome = stage.restart(worker, more='steady = "1 s"\nreload = true')
    assert outcome.state == "done", outcome.summary
    assert "reloaded is online after its reload" in outcome.summary
