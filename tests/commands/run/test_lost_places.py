"""A drill whose places are not beside this bot is left to the one that has them, for a while."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import wait_until
from commands.run import lost_places
from commands.run.engine import Engine
from commands.run.lost_places import Lost
from commands.runbook import Page
from commands.runbook.drill import drill_page
from state.records import Drill, RunState
from tests.commands.run.engine_case import EngineCase
from tests.pages import small

ZONE = 'time_zone = "Asia/Bangkok"'
PAGE = drill_page(small(**{ZONE: f'{ZONE}\n\n[drill]\n"SHOP_*" = "$DRILL_*"'}))


class Here:
    """What a bot sees of the places of drills."""

    def __init__(self) -> None:
        self.lost: Lost | None = None
        self.asked = 0

    def __call__(self, page: Page) -> Lost | None:
        self.asked += 1
        return self.lost


@pytest.fixture
def case(tmp_path: Path) -> Iterator[EngineCase]:
    made = EngineCase(tmp_path)
    yield made
    made.engine.stop()
    made.store.close()


def serving(case: EngineCase, here: Here) -> Engine:
    """An engine that has started."""
    tools = lambda _: case.world.tools()  # noqa: E731
    case.engine = Engine(case.store, tools, case.starter, lost=here)  # type: ignore[arg-type]
    case.engine.start()
    return case.engine


def test_a_drill_whose_places_another_bot_may_have_is_not_taken_from_it(case: EngineCase) -> None:
    here, drill = Here(), case.start(PAGE, drill=Drill.BOX)
    here.lost = Lost(why="its sandbox is elsewhere", elsewhere=True)
    engine = serving(case, here)
    wait_until(lambda: here.asked >= 3, "three looks", 30)
    assert case.store.run(drill).state == RunState.GOING
    assert engine.runners == []
    here.lost = None
    wait_until(lambda: bool(engine.runners), "the drill is taken up once its places are here", 30)


def test_a_drill_that_nobody_takes_up_ends_and_says_why(case: EngineCase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_places, "PATIENCE", 0.2)
    here, drill = Here(), case.start(PAGE, drill=Drill.BOX)
    here.lost = Lost(why="its sandbox is elsewhere", elsewhere=True)
    serving(case, here)
    wait_until(lambda: case.store.run(drill).state == RunState.ENDED, "the end of the drill", 30)


def test_a_drill_whose_places_are_gone_for_good_ends_at_once(case: EngineCase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_places, "PATIENCE", 10_000.0)
    here, drill = Here(), case.start(PAGE, drill=Drill.BOX)
    here.lost = Lost(why="its sandbox was stopped")
    serving(case, here)
    wait_until(lambda: case.store.run(drill).state == RunState.ENDED, "the end of the drill", 30)


def test_a_real_run_is_never_left_to_another_bot_because_of_places(case: EngineCase) -> None:
    here, run = Here(), case.start()
    here.lost = Lost(why="gone", elsewhere=True)
    serving(case, here)
    wait_until(lambda: case.state_of(run) != "", "its first step", 30)
