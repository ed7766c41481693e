"""What a rollback would lose is asked while production differs from before, and shown; it decides nothing."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.ports.database import Rows
from commands.rollback.loss import LossMonitor
from commands.runbook import Page
from state.errors import BadPage, Unreachable
from state.sqlite.store import Store
from tests.pages import NOON, event, small
from tests.world import World

LOSES = """within = "15 min"
[loses]
database = "shop"
sql = "SELECT count(*) FROM jobs WHERE made_at >= <since>"
says = "jobs made since <since>"
"""
WEB = '[webs.api]\nurl = "$SHOP_URL"\n'
DATABASE = '\n[databases.shop]\nurl = "$SHOP_DB"\n'
STEP = "put-the-code-there"


@pytest.fixture
def page() -> Page:
    """The small page with a database and a query of what is lost."""
    return small(**{'within = "15 min"\n': LOSES, WEB: WEB + DATABASE})


@pytest.fixture
def store(tmp_path: Path, page: Page) -> Iterator[Store]:
    """A record with one run of the page, which began at noon."""
    opened = Store(tmp_path / "gonogo.db")
    texts = dict.fromkeys(("page", "ref", "note", "starter", "channel"), "")
    row = {**texts, "text": page.text, "target": "shop", "speed": 60.0, "notice_minutes": 0}
    opened.start_run(row, NOON, event("started"))
    yield opened
    opened.close()


def shown(store: Store, words: str, seconds: float = 10) -> str:
    """What the run shows, when it holds the words or at last."""
    until = time.monotonic() + seconds
    while words not in store.run(1).rollback_loss and time.monotonic() < until:
        time.sleep(0.02)
    return store.run(1).rollback_loss


def test_it_counts_from_the_first_change_of_production(store: Store, page: Page) -> None:
    asked: list[str] = []
    world = World()

    def answer(sql: str) -> Rows:
        asked.append(sql)
        return Rows(columns=("count",), rows=((12,),))

    world.on_sql("FROM jobs", answer)
    store.begin_attempt(1, STEP, 1, NOON.replace(minute=10))
    watch = LossMonitor(store, page, 1, world.tools())
    watch.start()
    assert shown(store, "12") == "12 jobs made since T+10 min"
    watch.stop()
    assert re.search(r">= '2026-11-23T12:10:00\+00:00'::timestamptz", asked[0])


def test_nothing_is_asked_before_production_is_touched(store: Store, page: Page) -> None:
    world = World()
    world.on_sql("FROM jobs", Rows(columns=("count",), rows=((12,),)))
    watch = LossMonitor(store, page, 1, world.tools())
    watch.start()
    assert shown(store, "12", 0.5) == ""
    watch.stop()


def test_a_database_that_does_not_answer_makes_the_number_unknown_and_not_none(store: Store, page: Page) -> None:
    world = World()
    world.on_sql("FROM jobs", Unreachable("Database “shop” cannot be reached: timeout"))
    store.begin_attempt(1, STEP, 1, NOON)
    watch = LossMonitor(store, page, 1, world.tools())
    watch.start()
    assert shown(store, "unknown").startswith("an unknown number of jobs"), "silence would read as: nothing is lost"
    watch.stop()


def test_a_database_that_is_not_on_the_page_is_refused() -> None:
    with pytest.raises(BadPage, match=r'loses: database: "shop" is not on the page; Places has '):
        small(**{'within = "15 min"\n': LOSES})
