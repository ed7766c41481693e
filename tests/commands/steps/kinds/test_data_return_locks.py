"""`data-return` while others hold locks: what leaves nothing behind is tried again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from bot.rehearsal.target.postgres import Postgres
from tests.commands.steps.kinds.migrated_shop import TABLES, MigratedShop

WAITING = """
SELECT array_agg(pid) FROM pg_stat_activity
WHERE application_name LIKE 'gonogo %' AND wait_event_type = 'Lock' AND state = 'active'"""


@pytest.fixture
def shop(postgres: Postgres, tmp_path: Path) -> MigratedShop:
    """The database before the deploy."""
    return MigratedShop(postgres, tmp_path)


@contextmanager
def lock_held(shop: MigratedShop, attempts: int) -> Iterator[None]:
    """Inside the block a lock is held until so many sessions of the bot have waited for it, one after another."""
    held, over = threading.Event(), threading.Event()
    holder = threading.Thread(target=_hold, args=(shop, attempts, held, over))
    holder.start()
    try:
        assert held.wait(30)
        yield
    finally:
        over.set()
        holder.join(30)


def _hold(shop: MigratedShop, attempts: int, held: threading.Event, over: threading.Event) -> None:
    """Hold a lock until so many sessions of the bot have waited for it, one after another."""
    with psycopg.connect(shop.url) as holder, psycopg.connect(shop.url, autocommit=True) as watcher:
        holder.execute("LOCK TABLE keyless IN ACCESS EXCLUSIVE MODE")
        held.set()
        seen: set[int] = set()
        while len(seen) < attempts and not over.is_set():
            seen |= set((watcher.execute(WAITING).fetchone() or (None,))[0] or ())
            time.sleep(0.05)
        holder.rollback()


@pytest.mark.fault("a deadline that success does not reset")
def test_a_lock_that_is_held_for_one_attempt_does_not_end_the_rollback(shop: MigratedShop) -> None:
    before = shop.content()
    shop.migrate_and_roll_back()
    with lock_held(shop, attempts=2):
        outcome = shop.bring_back(*TABLES, lock_timeout="1 s")
    assert outcome.state == "done", outcome.output
    assert "attempt 1 of 3: lock timeout; nothing was changed yet" in outcome.output
    assert shop.content() == before


def test_a_lock_that_stays_fails_the_step_with_the_servers_words(shop: MigratedShop) -> None:
    shop.migrate_and_roll_back()
    with lock_held(shop, attempts=99):
        outcome = shop.bring_back(*TABLES, lock_timeout="1 s")
    assert outcome.state == "failed"
    assert "canceling statement due to lock timeout" in outcome.summary
    assert outcome.output.count("nothing was changed yet") == 2
