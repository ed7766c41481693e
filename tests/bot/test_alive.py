"""A sign of life means that the engine and the event loop go on."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from bot import alive
from bot.alive import STUCK, Alive
from bot.served_doors import serve_until
from bot.service_manager import ServiceManager
from bot.slack.presence import Presence
from commands.run.engine import Engine
from state.errors import Refused
from state.sqlite.store import Store


class Heard(ServiceManager):
    """Counts the signs of life."""

    def __init__(self) -> None:
        super().__init__({})
        self.signs = 0

    def lives(self) -> None:
        self.signs += 1


def watched(folder: Path, *, is_alive: bool = True, idle_seconds: float = 0.0) -> tuple[Alive, Heard]:
    engine = SimpleNamespace(is_alive=is_alive, idle_seconds=idle_seconds)
    heard = Heard()
    return Alive(cast("Engine", engine), Store(folder / "gonogo.db"), heard), heard


@pytest.mark.parametrize(("idle", "signs"), [(STUCK - 1, 1), (STUCK + 1, 0)])
def test_a_bot_whose_engine_is_stuck_gives_no_sign_of_life(tmp_path: Path, idle: float, signs: int) -> None:
    looked, heard = watched(tmp_path, idle_seconds=idle)
    looked.require()
    assert heard.signs == signs


def test_a_bot_whose_engine_is_dead_ends(tmp_path: Path) -> None:
    looked, heard = watched(tmp_path, is_alive=False)
    with pytest.raises(Refused, match="ended the engine of the bot"):
        looked.require()
    assert heard.signs == 0


def test_while_the_event_loop_hangs_nobody_gives_a_sign_of_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alive, "INTERVAL", 0.01)
    looked, heard = watched(tmp_path)

    async def story() -> None:
        watching = asyncio.create_task(looked.watch())
        while not heard.signs:
            await asyncio.sleep(0.01)
        before = heard.signs
        time.sleep(0.3)
        assert heard.signs == before
        while heard.signs == before:
            await asyncio.sleep(0.01)
        watching.cancel()

    asyncio.run(story())


def test_an_engine_that_ends_because_the_bot_is_told_to_stop_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alive, "INTERVAL", 0.01)
    engine = SimpleNamespace(is_alive=True, idle_seconds=0.0)

    def stop() -> None:
        engine.is_alive = False
        time.sleep(0.3)  # a runner takes its time, and somebody might look meanwhile

    engine.stop = stop
    looked = Alive(cast("Engine", engine), Store(tmp_path / "gonogo.db"), Heard())
    asyncio.run(serve_until(asyncio.sleep(60), looked, [signal.SIGTERM], Presence()))
