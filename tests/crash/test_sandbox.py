"""The bot's process in a sandbox: whoever looks sees at once that it was killed."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from tests.crash.sandbox import BotProcess


def test_a_bot_whose_killer_is_cancelled_does_not_seem_to_run(tmp_path: Path) -> None:
    async def cancel_the_killer() -> bool:
        bot = BotProcess(env=dict(os.environ) | {"GONOGO_STATE": str(tmp_path / "s")}, log=tmp_path / "bot.log")
        bot.start()

        async def kill() -> None:
            bot.kill()
            await asyncio.sleep(10)

        killer = asyncio.create_task(kill())
        await asyncio.sleep(0)
        killer.cancel()
        await asyncio.wait({killer})
        return bot.is_running

    assert not asyncio.run(cancel_the_killer()), "a soak would wait for the posts of a bot that is dead"
