"""Freezes and locks: on the page and by hand, and how they speak against a start."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from commands.runbook import Page
from commands.start.freeze_news import news_of
from commands.start.freezes import Freeze, freeze_objector, freezes_of_page, freezes_of_record
from commands.start.objections import Considered, Intent
from commands.start.request import StartRequest
from commands.start.set_freeze import lift, set_freeze
from state.errors import BadPage, NotAllowed, NothingRuns, Refused
from state.facts import Actor, Door
from state.freezes import FreezeSort, KeptFreeze
from state.sqlite.store import Store
from tests.pages import NOON, small

PEOPLE = {"dba": frozenset({"UDBA", "U1"}), "lead": frozenset({"ULEAD"})}
DBA, LEAD, U1, GUEST = (Actor(person=name, door=Door.SLACK) for name in ("UDBA", "ULEAD", "U1", "UGUEST"))
PAGE = small()
ZONE = ZoneInfo("Asia/Bangkok")


class StoreAtNoon(Store):
    def now(self):  # type: ignore[no-untyped-def]
        return NOON


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = StoreAtNoon(tmp_path / "gonogo.db")
    yield opened
    opened.close()


def frozen(text: str) -> Page:
    """The small page with freezes in its first box."""
    return small(**{'time_zone = "Asia/Bangkok"': f'time_zone = "Asia/Bangkok"\n{text}'})


def considered(store: Store, actor: Actor, page: Page = PAGE) -> Considered:
    objector = freeze_objector([freezes_of_page, freezes_of_record(store)], lambda _: PEOPLE)
    return objector(Intent(page=page, ref="main", actor=actor, at=NOON, request=StartRequest()))


SALE = '[[freeze]]\nfrom = "2026-11-23 18:00"\nto = "2026-11-24 09:00"\nwhy = "the sale"\nmay_override = ["lead"]'


def test_a_freeze_of_the_page_speaks_against_a_start_in_it_and_names_who_may_agree(store: Store) -> None:
    (found,) = considered(store, DBA, frozen(SALE)).objections
    assert found.summary == "shop is frozen until Tue 24 Nov 09:00 by the page small.md: the sale."
    assert (found.sort, found.roles) == ("freeze", ("lead",))


@pytest.mark.parametrize(
    "from_to", [("2026-11-23 19:01", "2026-11-24 09:00"), ("2026-11-22 09:00", "2026-11-23 19:00")]
)
def test_before_and_after_its_time_in_the_pages_zone_nothing_is_frozen(store: Store, from_to: tuple[str, str]) -> None:
    begins, ends = from_to
    page = frozen(SALE.replace("2026-11-23 18:00", begins).replace("2026-11-24 09:00", ends))
    assert considered(store, DBA, page) == Considered()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ("2026-11-24 09:00", "2026-11-23 17:00"),
            r"line 6, .*freeze 1: it ends \(2026-11-23 17:00\) before it begins",
        ),
        (("2026-11-24 09:00", "soon"), "“soon” is no date with a time"),
        (('"lead"', '"boss"'), "boss"),
    ],
)
def test_a_page_with_a_bad_freeze_is_refused_with_its_line(change: tuple[str, str], words: str) -> None:
    with pytest.raises(BadPage, match=words):
        frozen(SALE.replace(*change))


def test_an_hour_that_comes_twice_is_refused_with_both() -> None:
    page = SALE.replace("2026-11-24 09:00", "2027-10-31 02:30")
    with pytest.raises(BadPage, match=r"comes twice in Europe/Berlin.*\+02:00 or .*\+01:00"):
        small(**{'time_zone = "Asia/Bangkok"': f'time_zone = "Europe/Berlin"\n{page}'})


def test_somebody_freezes_until_a_time_and_it_ends_by_itself(store: Store) -> None:
    (kept,) = set_freeze(store, [(PAGE, PEOPLE)], DBA, FreezeSort.FREEZE, "until tomorrow 09:00 the audit").entries
    (found,) = considered(store, DBA).objections
    assert found.summary == "shop is frozen until Tue 24 Nov 09:00 by UDBA: the audit."
    assert store.freezes(kept.ends) == []


def test_a_lock_lets_its_owner_and_the_deciding_role_start_and_speaks_against_all_others(store: Store) -> None:
    set_freeze(store, [(PAGE, PEOPLE)], DBA, FreezeSort.LOCK, "I measure")
    for who in (DBA, LEAD):
        assert considered(store, who) == Considered(
            notes=("shop is locked until Tue 24 Nov 07:00 by UDBA: I measure.",)
        )
    (found,) = considered(store, U1).objections
    assert (found.sort, found.roles) == ("lock", ())


@pytest.mark.parametrize(
    ("sort", "words", "refusal"),
    [
        (FreezeSort.FREEZE, "until 18:00 late", "is past"),
        (
            FreezeSort.FREEZE,
            "the audit",
            "Say until when, and why. For example: `/deploy freeze small.md until mon 09:00 the big sale`",
        ),
        (FreezeSort.FREEZE, "until tomorrow 09:00", "Say why shop is to be frozen"),
        (FreezeSort.LOCK, " ", "Say why shop is to be locked"),
        (FreezeSort.FREEZE, "until 2027-06-01 09:00 long", "at most"),
    ],
)
def test_what_is_no_freeze_is_refused(store: Store, sort: FreezeSort, words: str, refusal: str) -> None:
    with pytest.raises(Refused, match=refusal):
        set_freeze(store, [(PAGE, PEOPLE)], DBA, sort, words)
    assert store.freezes(NOON) == []


def test_its_owner_or_the_deciding_role_lifts_it_and_nobody_else(store: Store) -> None:
    set_freeze(store, [(PAGE, PEOPLE)], U1, FreezeSort.LOCK, "I measure")
    for who in (DBA, GUEST):
        with pytest.raises(NotAllowed, match=r"Only the Tech Lead may lift a freeze or a lock of shop\. U1 set it"):
            lift(store, [(PAGE, PEOPLE)], who, FreezeSort.LOCK)
    assert len(lift(store, [(PAGE, PEOPLE)], LEAD, FreezeSort.LOCK).entries) == 1
    with pytest.raises(NothingRuns, match="shop is not locked by anybody"):
        lift(store, [(PAGE, PEOPLE)], U1, FreezeSort.LOCK)


def test_of_two_people_who_lift_a_lock_at_once_one_does_and_the_other_is_told(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_freeze(store, [(PAGE, PEOPLE)], U1, FreezeSort.LOCK, "I measure")
    both, add = threading.Barrier(2), store.add_freezes

    def once_both_have_looked(freezes: Sequence[KeptFreeze]) -> list[KeptFreeze]:
        both.wait(60)
        return add(freezes)

    monkeypatch.setattr(store, "add_freezes", once_both_have_looked)

    def lifts(who: Actor) -> str:
        try:
            return str(len(lift(store, [(PAGE, PEOPLE)], who, FreezeSort.LOCK).entries))
        except NothingRuns as error:
            return str(error)

    with ThreadPoolExecutor(2) as people:
        said = sorted(people.map(lifts, (U1, LEAD)))
    assert said == ["1", "Somebody else lifted it at the same moment."]
    assert len(store.freeze_log()) == 2


def test_the_same_of_two_targets_is_set_and_lifted_together_and_told_once(store: Store) -> None:
    staging = small(**{'target = "shop"': 'target = "shop staging"'})
    both = [(PAGE, PEOPLE), (staging, PEOPLE)]
    kept = set_freeze(store, both, DBA, FreezeSort.FREEZE, "until tomorrow 09:00 the audit").entries
    (news,) = news_of(store.freeze_log(), [one.number for one in kept])
    assert news.sentence(ZONE) == "shop and shop staging are frozen until Tue 24 Nov 09:00 by UDBA: the audit."
    lifts = lift(store, both, LEAD, FreezeSort.FREEZE).entries
    (over,) = news_of(store.freeze_log(), [one.number for one in lifts])
    assert over.sentence(ZONE) == (
        "shop and shop staging are no longer frozen, lifted by ULEAD. "
        "They were frozen until Tue 24 Nov 09:00 by UDBA: the audit."
    )
    assert store.freezes(NOON) == []


def test_one_of_two_targets_that_is_locked_is_lifted_and_the_other_refuses_nothing(store: Store) -> None:
    staging = small(**{'target = "shop"': 'target = "shop staging"'})
    set_freeze(store, [(staging, PEOPLE)], DBA, FreezeSort.LOCK, "I measure")
    (done,) = lift(store, [(PAGE, PEOPLE), (staging, PEOPLE)], DBA, FreezeSort.LOCK).entries
    assert (done.target, store.freezes(NOON)) == ("shop staging", [])
    with pytest.raises(NothingRuns, match="shop is not locked by anybody"):
        lift(store, [(PAGE, PEOPLE), (staging, PEOPLE)], DBA, FreezeSort.LOCK)


def test_who_holds_no_role_freezes_nothing(store: Store) -> None:
    with pytest.raises(NotAllowed, match="may freeze shop"):
        set_freeze(store, [(PAGE, PEOPLE)], GUEST, FreezeSort.FREEZE, "until tomorrow 09:00 fun")


def test_what_is_not_known_is_an_objection_too() -> None:
    unknown = Freeze(target="shop", unknown="freezes.toml cannot be read.")
    assert unknown.sentence(ZONE) == "Whether a freeze of shop is on is not known: freezes.toml cannot be read."
    objector = freeze_objector([lambda *_: [unknown]], lambda _: PEOPLE)
    intent = Intent(page=PAGE, ref="main", actor=DBA, at=NOON + timedelta(hours=1), request=StartRequest())
    assert len(objector(intent).objections) == 1


def test_another_person_of_the_same_system_user_owns_neither_a_lock_nor_a_freeze(store: Store) -> None:
    kim, bob = (Actor(person=name, door=Door.TERMINAL, account="deploy@box") for name in ("UDBA", "U1"))
    set_freeze(store, [(PAGE, PEOPLE)], kim, FreezeSort.LOCK, "I measure")
    assert [one.sort for one in considered(store, bob).objections] == ["lock"]
    assert considered(store, kim).objections == ()
    with pytest.raises(NotAllowed):
        lift(store, [(PAGE, PEOPLE)], bob, FreezeSort.LOCK)
    assert len(lift(store, [(PAGE, PEOPLE)], kim, FreezeSort.LOCK).entries) == 1
