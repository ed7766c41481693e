"""The loss monitor counts again and again what a rollback would lose, from the change on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from commands.ports.database import Rows
from commands.ports.page_text import PageText, Text
from commands.rollback.loss_monitor import LossMonitor
from commands.rollback.request import rollback
from commands.runbook import Page
from state.errors import BadPage, BadRecord, Unreachable
from state.facts import Actor, Door
from state.records import Attempt, AttemptState, RunState
from state.sqlite.store import Store
from tests.pages import NOON, small
from tests.stored import stored_run
from tests.world import World

LOSES = """within = "15 min"
[loses]
database = "shop"
sql = "SELECT count(*) FROM jobs WHERE made_at >= <since>"
says = "jobs made since <since>"
"""
WEB = '[webs.api]\nurl = "$SHOP_URL"\n'
DATABASE = '\n[databases.shop]\nurl = "$SHOP_DB"\n'
PAGE = small(**{'within = "15 min"\n': LOSES, WEB: WEB + DATABASE})
STEP = "put-the-code-there"
TEN_PAST = NOON + timedelta(minutes=10)


@dataclass
class Database:
    """Answers each query with the next of these results (the last one again and again) and remembers what was asked."""

    results: list[Any]
    asked: list[tuple[str, Text, float]] = field(default_factory=list)
    during: Callable[[], object] = lambda: None

    def query(self, database: str, sql: Text, *, limit: float = 30, in_any_zone: bool = False) -> Rows:
        assert in_any_zone, "what is lost must not depend on the time zone of a session"
        self.asked.append((database, sql, limit))
        self.during()
        result = self.results.pop(0) if len(self.results) > 1 else self.results[0]
        if isinstance(result, Exception):
            raise result
        return Rows(columns=("count",), rows=result)


class Rounds(threading.Event):
    """Instead of waiting, it lets the monitor make some rounds and remembers how long each wait would have been."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self.rounds = rounds
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert len(self.waits) <= self.rounds + 1, "the monitor goes on after it was stopped"
        self.waits.append(timeout)
        return len(self.waits) > self.rounds or self.is_set()


@pytest.fixture
def store(tmp_path: Path) -> Iterable[Store]:
    """A record with one run, which began at noon."""
    opened = Store(tmp_path / "gonogo.db")
    stored_run(opened, PAGE)
    yield opened
    opened.close()


def monitor(store: Store, database: Database, page: Page = PAGE) -> LossMonitor:
    return LossMonitor(store, page, 1, replace(World().tools(), database=database))  # type: ignore[arg-type]


def rounds(store: Store, database: Database, number: int = 1) -> list[float | None]:
    """Let the monitor make so many rounds; returns its waits."""
    watching = monitor(store, database)
    watching._stopped = stopped = Rounds(number)
    watching._loop()
    return stopped.waits


@pytest.fixture
def bangkok(monkeypatch: pytest.MonkeyPatch) -> Iterable[None]:
    """The bot's machine is set to a time zone of its own."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Bangkok")
        time.tzset()
        yield
    time.tzset()


def deployed(store: Store, at: datetime = NOON, **loss: Any) -> None:
    """The step that makes the change has ended, with what was counted right after it."""
    store.begin_attempt(1, STEP, 1, at)
    outcome = {"loss": loss} if loss else {}
    store.end_attempt(1, Attempt(step=STEP, attempt=1, state=AttemptState.DONE, began_at=at, outcome=outcome), at)


@pytest.mark.usefixtures("bangkok")
def test_what_the_change_made_itself_is_not_lost(store: Store) -> None:
    database = Database([((96,),)])
    store.begin_attempt(1, "ready", 1, NOON)
    deployed(store, TEN_PAST.astimezone(timezone(timedelta(hours=7))), made=84)
    rounds(store, database)
    assert store.run(1).rollback_loss == "12 jobs made since T+10 min"
    query = PageText(
        "SELECT count(*) FROM jobs WHERE made_at >= <since>::timestamptz", {"since": "2026-11-23T12:10:00+00:00"}
    )
    assert database.asked == [("shop", query, 10)]


def test_nothing_is_asked_before_the_change_is_made_but_the_monitor_stays(store: Store) -> None:
    database = Database([((12,),)])
    store.begin_attempt(1, "ready", 1, NOON)
    store.begin_attempt(1, STEP, 1, NOON)
    assert len(rounds(store, database, 3)) == 4
    assert database.asked == []
    assert store.run(1).rollback_loss == ""


def test_what_an_earlier_version_said_before_the_change_is_taken_back(store: Store) -> None:
    store.set_rollback_loss(1, "an unknown number of jobs (column does not exist)")
    rounds(store, Database([((12,),)]))
    assert store.run(1).rollback_loss == ""


@pytest.mark.parametrize(
    ("loss", "why"),
    [
        ({"why": "it could not be counted right after it: away"}, "it could not be counted right after it: away"),
        ({}, "it was not counted right after “Put the code there”"),
    ],
)
def test_without_a_count_right_after_the_change_the_number_is_unknown(
    store: Store, loss: dict[str, str], why: str
) -> None:
    database = Database([((96,),)])
    deployed(store, NOON, **loss)
    rounds(store, database)
    assert store.run(1).rollback_loss == f"an unknown number of jobs made since the change ({why})"
    assert database.asked == []


def test_it_asks_at_once_then_every_15_seconds(store: Store) -> None:
    deployed(store, made=0)
    database = Database([((1,),), ((2,),)])
    assert rounds(store, database, 3) == [0.0, 15.0, 15.0, 15.0]
    assert store.run(1).rollback_loss == "2 jobs made since T+0 s"


@pytest.mark.parametrize(("speed", "wait"), [(3.0, 5.0), (60.0, 2.0)])
def test_a_faster_run_asks_more_often_but_not_more_than_every_2_seconds(
    tmp_path: Path, speed: float, wait: float
) -> None:
    store = Store(tmp_path / "fast.db")
    stored_run(store, PAGE, speed=speed)
    assert rounds(store, Database([((1,),)])) == [0.0, wait]


def test_once_a_rollback_is_requested_nothing_is_asked_any_more(store: Store) -> None:
    deployed(store, made=0)
    database = Database([((1,),)])
    rollback(store, store.run(1), Actor(person="U1", door=Door.SLACK), "", NOON)
    assert rounds(store, database, 5) == [0.0], "the monitor ends"
    assert database.asked == []


@pytest.mark.parametrize("state", [RunState.ROLLING_BACK, RunState.KEPT, RunState.ABORTED])
def test_during_the_rollback_and_after_the_run_nothing_is_asked_any_more(store: Store, state: RunState) -> None:
    deployed(store, made=0)
    database = Database([((1,),)])
    store.move_run(1, state, NOON)
    assert rounds(store, database, 5) == [0.0], "the monitor ends"
    assert database.asked == []


def test_a_database_that_does_not_answer_makes_the_number_unknown_not_zero(store: Store) -> None:
    deployed(store, made=0)
    rounds(store, Database([Unreachable("x" * 130)]))
    assert store.run(1).rollback_loss == f"an unknown number of jobs made since the change ({'x' * 120})"


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ((), "the query returned nothing"),
        (((),), "the query returned no number"),
        ((("many",),), "the query returned no number"),
        (Unreachable(""), "no answer"),
    ],
)
def test_an_answer_without_a_number_is_unknown_too(store: Store, result: object, reason: str) -> None:
    deployed(store, made=0)
    rounds(store, Database([result]))
    assert store.run(1).rollback_loss == f"an unknown number of jobs made since the change ({reason})"


def test_the_same_result_is_not_written_again(store: Store) -> None:
    deployed(store, made=0)
    versions: list[tuple[int, int]] = []
    database = Database([((7,),), ((7,),)], during=lambda: versions.append(store.version()))
    rounds(store, database, 3)
    assert versions[1] == versions[2] != versions[0]


def test_a_query_that_ends_after_the_stop_writes_nothing(store: Store) -> None:
    deployed(store, made=0)
    database = Database([((7,),)])
    watching = monitor(store, database)
    database.during = watching.stop
    watching._loop()
    assert len(database.asked) == 1
    assert store.run(1).rollback_loss == ""


def test_while_the_record_cannot_be_read_it_tries_again_every_2_seconds(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed(store, made=0)
    read = store.record
    fails = iter([True, False])

    def record(run: int) -> object:
        if next(fails):
            raise BadRecord("the disk is full")
        return read(run)

    monkeypatch.setattr(store, "record", record)
    assert rounds(store, Database([((1,),)]), 2) == [0.0, 2.0, 15.0]
    assert store.run(1).rollback_loss == "1 jobs made since T+0 s"


def loss_threads() -> set[threading.Thread]:
    """The threads of loss monitors; runs of other tests may still have one."""
    return {thread for thread in threading.enumerate() if thread.name == "1-loses"}


def test_it_runs_in_a_thread_of_its_own_that_a_stop_ends(store: Store) -> None:
    deployed(store, made=0)
    asked = threading.Event()
    watching = monitor(store, Database([((1,),)], during=asked.set))
    before = loss_threads()
    watching.start()
    (thread,) = loss_threads() - before
    assert thread.daemon, "the bot would not end"
    assert asked.wait(60)
    watching.stop()
    thread.join(60)
    assert not thread.is_alive()


def test_a_page_without_such_a_query_starts_no_thread(store: Store) -> None:
    before = loss_threads()
    monitor(store, Database([((1,),)]), small()).start()
    assert loss_threads() <= before


def test_a_database_that_is_not_on_the_page_is_refused() -> None:
    with pytest.raises(BadPage, match=r'loses: database: "shop" is not on the page; Places has '):
        small(**{'within = "15 min"\n': LOSES})


def test_a_quoted_since_is_the_same_place(store: Store) -> None:
    page = small(**{'within = "15 min"\n': LOSES.replace('<since>"\nsays', "'<since>'\"\nsays"), WEB: WEB + DATABASE})
    assert "'<since>'" in page.text
    deployed(store, TEN_PAST, made=0)
    database = Database([((12,),)])
    assert page.rollback.loses
    assert monitor(store, database, page)._loss_now(page.rollback.loses, store.record(1))
    query = database.asked[0][1]
    assert isinstance(query, PageText)
    assert query.text.endswith("made_at >= <since>::timestamptz")
