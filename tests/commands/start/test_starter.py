"""The start of a run: what is checked in which order, and what is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from commands.runbook import Page
from commands.start.request import StartRequest
from commands.start.starter import Starter, start
from state.errors import AlreadyRunning, BadSettings, NotAllowed, Refused
from state.facts import Actor, Door
from state.records import RunState
from state.sqlite.store import Store
from tests.pages import NOON, payload, small

PAGE = small()
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
WHO = Actor(person="U1", door=Door.SLACK)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "gonogo.db")
    yield opened
    opened.close()


class Edge:
    """What the edge hands to a starter; `preflights` are those that were made."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.missing: Sequence[str] = ()
        self.warnings: tuple[str, ...] = ()
        self.failure = ""
        self.preflights: list[tuple[str, str]] = []

    def preflight(self, page: Page, ref: str) -> tuple[str, ...]:
        self.preflights.append((page.name, ref))
        if self.failure:
            raise Refused(self.failure)
        return self.warnings

    @property
    def starter(self) -> Starter:
        return Starter(
            store=self.store,
            pages=lambda: {"small.md": PAGE},
            people=lambda _: PEOPLE,
            missing=lambda _: self.missing,
            preflight=self.preflight,
            channel=lambda page: f"C-{page.name}",
            now=lambda: NOON,
        )


@pytest.fixture
def edge(store: Store) -> Edge:
    return Edge(store)


def test_a_run_is_written_with_its_request_and_its_own_copy_of_the_page(store: Store) -> None:
    request = StartRequest(ref="v2", note="hello", channel="C9", speed=5.0, notice_minutes=10)
    run = start(store, PAGE, request, WHO, PEOPLE, NOON)
    assert run == store.run(1)
    assert (run.target, run.page, run.text, run.ref) == ("shop", "small.md", PAGE.text, "v2")
    assert (run.note, run.starter, run.channel) == ("hello", "U1", "C9")
    assert (run.speed, run.notice_minutes, run.state, run.began_at) == (5.0, 10, RunState.GOING, NOON)


def test_the_start_is_reported_with_the_warnings(store: Store) -> None:
    start(store, PAGE, StartRequest(note="hello"), WHO, PEOPLE, NOON, ("the disk is nearly full",))
    (event,) = store.events(1)
    started = payload(event)
    assert (event.data.stored_kind, event.at) == ("started", NOON)
    assert (started.title, started.ref, started.note, started.target) == ("🚀 A small deploy", "main", "hello", "shop")
    assert (started.person, started.warnings) == ("U1", ("the disk is nearly full",))


def test_a_note_is_cut_after_500_characters(store: Store) -> None:
    cut = "x" * 471 + "… (shortened, 501 characters)"
    assert start(store, PAGE, StartRequest(note="x" * 501), WHO, PEOPLE, NOON).note == cut
    assert payload(store.events(1)[0]).note == cut


def test_a_second_start_says_whose_run_is_active(store: Store) -> None:
    start(store, PAGE, StartRequest(), WHO, PEOPLE, NOON)
    with pytest.raises(AlreadyRunning, match="shop already has run 1, started by U1"):
        start(store, PAGE, StartRequest(), WHO, PEOPLE, NOON)


def test_a_bad_request_writes_no_run(store: Store) -> None:
    with pytest.raises(Refused, match="is not a branch, tag or commit"):
        start(store, PAGE, StartRequest(ref="-x"), WHO, PEOPLE, NOON)
    with pytest.raises(BadSettings, match="SHOP_DBA, SHOP_LEAD"):
        start(store, PAGE, StartRequest(), WHO, {}, NOON)
    starters = small(**{'target = "shop"': 'target = "shop"\nstarters = ["lead"]'})
    with pytest.raises(NotAllowed, match="Only the Tech Lead may start"):
        start(store, starters, StartRequest(), WHO, PEOPLE, NOON)
    assert store.runs() == []


def test_a_starter_checks_the_page_with_the_ref_and_returns_the_warnings(edge: Edge) -> None:
    edge.warnings = ("the disk is nearly full",)
    started = edge.starter.start(StartRequest(ref="v2"), WHO)
    assert (started.run, started.warnings) == (edge.store.run(1), ("the disk is nearly full",))
    assert edge.preflights == [("small.md", "v2")]
    assert payload(edge.store.events(1)[0]).warnings == ("the disk is nearly full",)
    assert (started.run.starter, started.run.began_at) == ("U1", NOON)


def test_the_channel_of_the_request_comes_before_that_of_the_page(edge: Edge) -> None:
    assert edge.starter.start(StartRequest(channel="C9", page="small"), WHO).run.channel == "C9"
    edge.store.move_run(1, RunState.ABORTED, NOON)
    assert edge.starter.start(StartRequest(page="small"), WHO).run.channel == "C-small.md"


def test_a_failed_preflight_starts_nothing(edge: Edge) -> None:
    edge.failure = "nobody listens there"
    with pytest.raises(Refused, match="nobody listens there"):
        edge.starter.start(StartRequest(), WHO)
    assert edge.store.runs() == []


def test_what_refuses_a_start_at_once_is_checked_before_the_preflight(edge: Edge) -> None:
    for request, words in ((StartRequest(page="zzz"), "There is no page"), (StartRequest(ref="-x"), "is not a branch")):
        with pytest.raises(Refused, match=words):
            edge.starter.start(request, WHO)
    edge.missing = ["SHOP_KEY"]
    with pytest.raises(BadSettings, match="SHOP_KEY"):
        edge.starter.start(StartRequest(), WHO)
    assert edge.preflights == []


def test_an_active_run_on_the_target_is_said_without_a_preflight(edge: Edge) -> None:
    edge.starter.start(StartRequest(), WHO)
    edge.preflights.clear()
    with pytest.raises(AlreadyRunning, match="shop already has run 1"):
        edge.starter.start(StartRequest(), WHO)
    assert edge.preflights == []
