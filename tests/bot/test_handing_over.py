"""A bot that is told to stop hands its runs over before it leaves; it is not only missed."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from bot.rehearsal.target.postgres import Postgres
from bot.rehearsal.workspace import Workspace
from state.postgres.numbers import OWNER, POSTER
from tests.bot.slack.run_writer import CHANNEL
from tests.bot.slack.slack_box import PEOPLE
from tests.bot.test_serve import serve, wait_for
from tests.bot.test_serve_on_postgres import KEY, bots, end, start_run
from tests.state.kept import KeptInPostgres

# a bot that never gets as far as to end its session, which would free everything too
STAYS = """
import sys, time
from bot.cli import main
from state.postgres.database import PostgresDatabase

PostgresDatabase.close = lambda database: time.sleep(600)
sys.exit(main(["serve", *sys.argv[1:]]))
"""


@pytest.fixture
def kept(postgres: Postgres, shop: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeptInPostgres]:
    """The record of both bots, in PostgreSQL."""
    record = KeptInPostgres(postgres, shop)
    record.prepare()
    monkeypatch.setenv("GONOGO_STATE", record.address.url)
    monkeypatch.setenv("GONOGO_RECORD_KEY", KEY)
    yield record
    record.close()


@asynccontextmanager
async def workspace(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workspace]:
    """A workspace in a box, named by the environment."""
    box = Workspace(PEOPLE)
    await box.start()
    monkeypatch.setenv("SLACK_BOT_TOKEN", box.bot_token)
    monkeypatch.setenv("SLACK_APP_TOKEN", box.app_token)
    monkeypatch.setenv("SLACK_API_URL", box.api_url)
    monkeypatch.setenv("GONOGO_CHANNEL", CHANNEL)
    try:
        yield box
    finally:
        await box.stop()


def served(*program: str) -> subprocess.Popen[bytes]:
    """A bot on the environment's record and workspace."""
    words = [sys.executable, *(program or ("-m", "bot.cli", "serve"))]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def holder(kept: KeptInPostgres, lock: int) -> str:
    """The session that has a lock on the run; "" for none."""
    held = kept.admin(f"SELECT pid FROM pg_locks WHERE classid = {lock} AND objid = 1 AND granted")
    return str(held[0][0]) if held else ""


def taken_over(kept: KeptInPostgres, lock: int, by: str) -> bool:
    """Whether another session than this one has the lock."""
    return holder(kept, lock) not in {"", by}


def test_a_stopping_bot_hands_its_run_over_while_it_is_still_there(kept: KeptInPostgres, shop: Path) -> None:
    start_run(kept, shop, "sleep 60")
    running = [serve(slack=False, program=("-c", STAYS))]
    try:
        wait_for(lambda: holder(kept, OWNER), "the owner", 60)
        first = holder(kept, OWNER)
        running.append(serve(slack=False))
        wait_for(lambda: bots(kept) == 2, "the second bot", 60)
        running[0].send_signal(signal.SIGTERM)
        wait_for(lambda: taken_over(kept, OWNER, first), "the takeover", 60)
        assert running[0].poll() is None
    finally:
        end(running)


def test_a_stopping_bot_hands_over_what_it_posts_too(
    kept: KeptInPostgres, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = start_run(kept, shop, "sleep 60")

    async def story(running: list[subprocess.Popen[bytes]]) -> None:
        async with workspace(monkeypatch) as box:
            running.append(served("-c", STAYS))
            await asyncio.to_thread(wait_for, lambda: holder(kept, POSTER) and store.posts(1), "the card", 60)
            first = holder(kept, POSTER)
            running.append(served())
            await asyncio.to_thread(wait_for, lambda: bots(kept) == 2 and len(box.sockets) == 2, "the second bot", 60)
            running[0].send_signal(signal.SIGTERM)
            for lock in (OWNER, POSTER):
                await asyncio.to_thread(wait_for, partial(taken_over, kept, lock, first), "the takeover", 60)
            assert running[0].poll() is None
            cards = [message for message in box.messages() if not message.thread_ts]
            assert len(cards) == 1

    running: list[subprocess.Popen[bytes]] = []
    try:
        asyncio.run(story(running))
    finally:
        end(running)
