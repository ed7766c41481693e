"""The start of a run: what is checked in which order, and what is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from commands.runbook import Page
from commands.runbook.option import Option, Reason
from commands.start.preflight import PreflightReport
from commands.start.request import StartRequest
from commands.start.starter import Starter, start
from commands.start.watch_speed import WatchSpeed
from state.errors import AlreadyRunning, BadSettings, NeedsReason, NotAllowed, Refused, TooLate
from state.events import RunStarted
from state.facts import Actor, Door, StartObjection
from state.records import RunState
from state.sqlite.store import Store
from tests.pages import NOON, payload, small
from tests.state.sqlite.forger import by_hand

PAGE = small()
PEOPLE = {"dba": frozenset({"UDBA", "U1"}), "lead": frozenset({"ULEAD"})}
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
        self.kept: tuple[tuple[str, str], ...] = ()
        self.failure = ""
        self.differs = False
        self.speed = WatchSpeed(by_people=240.0, pages={"own.md": 7.0})
        self.preflights: list[tuple[str, str]] = []

    def preflight(self, page: Page, ref: str) -> PreflightReport:
        self.preflights.append((page.name, ref))
        if self.failure:
            raise Refused(self.failure)
        return PreflightReport(warnings=self.warnings, kept=self.kept)

    @property
    def starter(self) -> Starter:
        return Starter(
            store=self.store,
            pages=lambda: {"small.md": PAGE},
            people=lambda _: PEOPLE,
            missing=lambda _: self.missing,
            preflight=self.preflight,
            channel=lambda page: f"C-{page.name}",
            places=lambda _: {"host backend: address": "1"},
            now=lambda: NOON,
            speed=self.speed,
            require_alike=self.require_alike,
        )

    def require_alike(self, page: Page) -> None:
        if self.differs:
            raise Refused(f"This bot differs in {page.name}.")


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
    start(
        store,
        PAGE,
        StartRequest(note="hello"),
        WHO,
        PEOPLE,
        NOON,
        PreflightReport(warnings=("the disk is nearly full",)),
    )
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


def test_a_run_that_says_nothing_else_has_the_countdown_of_its_page(edge: Edge) -> None:
    page = small(**{'target = "shop"': 'target = "shop"\ncountdown = "10 min"'})
    own = replace(edge.starter, pages=lambda: {"small.md": page})
    assert own.start(StartRequest(), WHO).run.notice_minutes == 10
    edge.store.move_run(1, RunState.ABORTED, NOON)
    assert own.start(StartRequest(notice_minutes=0), WHO).run.notice_minutes == 0


def test_a_shortened_watch_is_not_handed_on_to_a_page_that_keep_starts(edge: Edge) -> None:
    assert edge.starter.start(StartRequest(), WHO).run.speed == 240
    edge.store.move_run(1, RunState.ABORTED, NOON)
    assert edge.starter.start(StartRequest(follows=1), WHO, by_keep=True).run.speed == 1
    edge.store.move_run(2, RunState.ABORTED, NOON)
    own = replace(edge.starter, pages=lambda: {"own.md": replace(PAGE, name="own.md")})
    assert own.start(StartRequest(follows=2), WHO, by_keep=True).run.speed == 7


def test_a_run_knows_whose_keep_started_it_and_the_name_of_its_commit(edge: Edge) -> None:
    run = edge.starter.start(StartRequest(follows=9, ref="4f" * 20, ref_name="main"), WHO, by_keep=True).run
    assert (run.ref, run.ref_name, payload(edge.store.events(1)[0]).follows) == ("4f" * 20, "main", 9)


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


def test_whether_the_person_may_start_is_asked_before_the_preflight_and_again_after_it(edge: Edge) -> None:
    guest = Actor(person="UGUEST", door=Door.SLACK)
    with pytest.raises(NotAllowed, match="Only the Database Admin or Tech Lead may start this runbook"):
        edge.starter.start(StartRequest(), guest)
    assert edge.preflights == []
    answers = iter([PEOPLE, PEOPLE])  # then the starter is taken out of the role
    starter = replace(edge.starter, people=lambda _: next(answers, {**PEOPLE, "dba": frozenset({"UDBA"})}))
    with pytest.raises(NotAllowed, match="may start this runbook"):
        starter.start(StartRequest(), WHO)
    assert (len(edge.preflights), edge.store.runs()) == (1, [])


def test_a_run_that_keep_starts_begins_by_that_decision_but_only_for_the_starters_that_its_page_names(
    edge: Edge,
) -> None:
    guest = Actor(person="UGUEST", door=Door.SLACK)
    page = small(**{'target = "shop"': 'target = "shop"\nstarters = ["lead"]'})
    named = replace(edge.starter, pages=lambda: {"small.md": page})
    with pytest.raises(NotAllowed, match="Only the Tech Lead may start this runbook"):
        named.start(StartRequest(), guest, by_keep=True)
    assert edge.starter.start(StartRequest(), guest, by_keep=True).run.starter == "UGUEST"


def test_the_start_warns_of_what_the_people_cannot_do_while_this_starter_must_not(edge: Edge) -> None:
    page = small(**{'target = "shop"': 'target = "shop"\nfour_eyes = true'})
    starter = replace(edge.starter, pages=lambda: {"small.md": page})
    lead = Actor(person="ULEAD", door=Door.SLACK)
    assert starter.start(StartRequest(), lead).warnings == (
        "Nobody but the starter can sign “✅ พร้อมไหม (ready?)” as Tech Lead, and the starter must not.",
        "Nobody but the starter can resume the run or decide KEEP as Tech Lead, and the starter must not.",
    )


def test_a_start_that_slack_delivers_again_after_its_run_is_over_starts_nothing(edge: Edge) -> None:
    request = StartRequest(press="V0D4A08C929")
    edge.starter.start(request, WHO)
    edge.store.move_run(1, RunState.ABORTED, NOON)
    edge.preflights.clear()
    with pytest.raises(TooLate, match=r"This has started run 1 before\."):
        edge.starter.start(request, WHO)
    with pytest.raises(TooLate, match=r"This has started run 1 before\."):
        start(edge.store, PAGE, request, WHO, PEOPLE, NOON)
    assert (edge.preflights, len(edge.store.runs())) == ([], 1)
    for other in (StartRequest(press="V0OTHER"), StartRequest(), StartRequest()):
        run = edge.starter.start(other, WHO).run
        edge.store.move_run(run.id, RunState.ABORTED, NOON)


def test_an_old_run_whose_events_cannot_be_read_keeps_no_press_from_starting_one(edge: Edge) -> None:
    edge.starter.start(StartRequest(press="V0FIRST"), WHO)
    edge.store.move_run(1, RunState.ABORTED, NOON)
    by_hand(edge.store.path, "UPDATE events SET data = '{' WHERE run = 1")
    assert edge.starter.start(StartRequest(press="V0OTHER"), WHO).run.id == 2


def test_an_active_run_on_the_target_is_said_without_a_preflight(edge: Edge) -> None:
    edge.starter.start(StartRequest(), WHO)
    edge.preflights.clear()
    with pytest.raises(AlreadyRunning, match="shop already has run 1"):
        edge.starter.start(StartRequest(), WHO)
    assert edge.preflights == []


@pytest.mark.fault("one text, two readers")
def test_what_the_preflight_found_is_written_with_the_start(edge: Edge) -> None:
    """A state of Django's migrations has an equals sign, too."""
    edge.kept = (("h $REPO a=b", "abc"), ("migrations in /srv on h", "shop=0002_price(2) stock=0001(1)"))
    run = edge.starter.start(StartRequest(), WHO).run
    (event,) = edge.store.events(run.id)
    assert isinstance(event.data, RunStarted)
    assert event.data.found_by_name() == dict(edge.kept)
    assert RunStarted(found=("h $REPO a=b=abc",)).found_by_name() == {"h $REPO a=b": "abc"}, "of an earlier version"


def test_a_bot_that_differs_from_the_others_starts_nothing_and_checks_nothing(edge: Edge) -> None:
    edge.differs = True
    with pytest.raises(Refused, match=r"This bot differs in small\.md"):
        edge.starter.start(StartRequest(page="small.md"), Actor(person="UDBA", door=Door.SLACK))
    assert edge.preflights == []


def test_the_riskier_option_needs_a_reason_and_a_second_person_and_the_safer_one_does_not(store: Store) -> None:
    names = {"risk": "x", "time": "x", "rollback": "x", "testing": "x", "recommendation": "x"}
    never = Reason(says="Soaked", soak="safe.md")
    risky = Option(name="A", choose_if=[never, Reason(says="Sure")], safer="safe.md", **names)
    safe = Option(name="B", choose_if=[Reason(says="First time", first_time=True)], **names)
    pages = {name: option_page(name, option) for name, option in (("risky.md", risky), ("safe.md", safe))}
    starter = replace(Edge(store).starter, pages=lambda: pages)
    words = r"The evidence recommends “B”\. Missing evidence for “A”:\n– Soaked: no run of safe\.md was kept\."
    with pytest.raises(NeedsReason, match=words):
        starter.start(StartRequest(page="risky.md"), WHO)
    assert store.runs() == []
    run = starter.start(StartRequest(page="risky.md", because="the fix cannot wait"), WHO).run
    (objection,) = [fact for fact in store.record(run.id).facts if isinstance(fact, StartObjection)]
    assert (objection.sort, objection.reason) == ("option", "the fix cannot wait")
    store.move_run(run.id, RunState.ABORTED, NOON)
    safer = starter.start(StartRequest(page="safe.md"), WHO)
    assert not [fact for fact in store.record(safer.run.id).facts if isinstance(fact, StartObjection)]
    assert safer.advice.recommended is not None
    assert safer.advice.recommended.page == "safe.md"


def option_page(name: str, option: Option) -> Page:
    """The small page as an option."""
    return Page(**{**vars(PAGE), "name": name, "runbook": PAGE.runbook.model_copy(update={"option": option})})
