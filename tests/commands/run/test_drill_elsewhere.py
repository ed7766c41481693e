"""A drill whose variables lead elsewhere after a restart ends: nothing of it happens there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import wait_until
from commands.rollback.request import rollback
from commands.runbook.drill import drill_page
from state.events import RunMoved
from state.records import Drill, RunState
from tests.commands.run.engine_case import LEAD, EngineCase
from tests.pages import NOON, small
from tests.stored import stored_attempt

ZONE = 'time_zone = "Asia/Bangkok"'
PAGE = drill_page(small(**{ZONE: f'{ZONE}\n\n[drill]\n"SHOP_*" = "$DRILL_*"'}))
THERE = {"host backend: address": "1", "web api: address": "2"}


@pytest.fixture
def case(tmp_path: Path) -> Iterator[EngineCase]:
    made = EngineCase(tmp_path)
    made.world.places = THERE
    yield made
    made.engine.stop()
    made.store.close()


@pytest.mark.parametrize("rolls_back", [False, True])
def test_a_drill_whose_variables_lead_elsewhere_ends_and_does_nothing_there(case: EngineCase, rolls_back: bool) -> None:
    run = case.store.run(case.start(PAGE, drill=Drill.PLACES, places=THERE))
    stored_attempt(case.store, run, "put-the-code-there", "done")
    if rolls_back:
        rollback(case.store, run, LEAD, "enough", NOON)
    case.world.places = {**THERE, "host backend: address": "of production"}
    case.engine.start()
    wait_until(lambda: not case.store.run(run.id).active, "the end of the drill", 30)
    assert case.store.run(run.id).state == RunState.ENDED
    assert case.state_of(run.id, "put-the-old-code-back") == ""
    (moved,) = (event.data for event in case.store.events(run.id) if isinstance(event.data, RunMoved))
    assert "host backend (address: $DRILL_SSH)" in moved.reason
