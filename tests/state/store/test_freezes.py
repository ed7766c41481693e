"""Freezes and locks in the record, on each database."""

from __future__ import annotations

import dataclasses
from contextlib import closing

import pytest

from state.errors import BadRecord
from state.facts import Actor, Door
from state.freezes import FreezeSort, KeptFreeze
from state.store import RecordStore
from tests.pages import NOON
from tests.state.kept import Kept
from tests.state.sqlite.samples import at

KIM = Actor(person="UKIM", door=Door.TERMINAL, account="kim@web1")
FREEZE = KeptFreeze(sort=FreezeSort.FREEZE, target="shop", by=KIM, at=NOON, ends=at(60), reason="the sale")
LOCK = dataclasses.replace(FREEZE, sort=FreezeSort.LOCK, reason="I measure")


def lift(number: int) -> KeptFreeze:
    return dataclasses.replace(FREEZE, sort=FreezeSort.LIFT, lifts=number, reason="over")


def put_by_hand(store: RecordStore, **row: object) -> None:
    """Put a row there as somebody without the record's key would."""
    texts = dict.fromkeys(("account", "reason", "key", "mac"), "")
    others = {
        "target": "shop",
        "person": "U1",
        "door": "slack",
        "claimed": 0,
        "at": NOON.isoformat(),
        "ends": NOON.isoformat(),
    }
    with store._db.write():
        store._db.insert("freezes", {**others, **texts, **row})


def test_a_freeze_is_read_as_it_was_set_until_it_ends_or_is_lifted(store: RecordStore) -> None:
    assert [one.number for one in store.add_freezes([FREEZE, LOCK])] == [1, 2]
    assert store.freezes(NOON) == [dataclasses.replace(FREEZE, number=1), dataclasses.replace(LOCK, number=2)]
    assert store.freezes(at(60)) == []
    store.add_freezes([lift(1)])
    assert [one.number for one in store.freezes(NOON)] == [2]


def test_of_two_people_who_lift_a_freeze_at_once_one_does(store: RecordStore) -> None:
    store.add_freezes([FREEZE, LOCK])
    assert [one.number for one in store.add_freezes([lift(1)])] == [3]
    assert [one.lifts for one in store.add_freezes([lift(1), lift(2)])] == [2]
    assert store.add_freezes([lift(1)]) == []
    assert [one.lifts for one in store.freeze_log()] == [0, 0, 1, 2]


def test_what_was_not_signed_by_the_bot_lifts_nothing(store: RecordStore) -> None:
    store.add_freezes([FREEZE])
    put_by_hand(store, number=9, sort="lift", lifts=1)
    assert [one.number for one in store.freezes(NOON)] == [1]


def test_nothing_of_it_is_ever_changed_or_removed(store: RecordStore) -> None:
    store.add_freezes([FREEZE])
    for sql in ("UPDATE freezes SET ends = ''", "DELETE FROM freezes"):
        with pytest.raises(Exception, match="only ever added"), store._db.write():
            store._db.execute(sql)
    assert len(store.freezes(NOON)) == 1


@pytest.mark.parametrize(
    "times",
    [{"at": "x", "ends": "x"}, {"at": "2026-11-29T10:00:00"}, {"ends": "0001-01-01T00:00:00+14:00"}],
    ids=["no time", "no zone", "no such moment"],
)
def test_a_freeze_that_cannot_be_read_is_said_and_never_left_out(store: RecordStore, times: dict[str, str]) -> None:
    put_by_hand(store, number=1, sort="freeze", lifts=0, **times)
    with pytest.raises(BadRecord, match="Freeze 1 cannot be read"):
        store.freezes(NOON)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("", []),
        ("DELETE FROM {} WHERE number = 1", ["freeze 1 was removed"]),
        ("UPDATE {} SET ends = at WHERE number = 1", ["freeze 1 was altered"]),
        ("UPDATE {} SET key = 'x' WHERE number = 2", ["freeze 2 was written with another key (x)"]),
        ("UPDATE {} SET key = '', mac = '' WHERE number = 1", []),  # as set without the key: it only stops
        ("UPDATE {} SET key = '', mac = '' WHERE number = 3", ["freeze 2 was lifted without the record's key"]),
    ],
)
def test_verify_names_a_freeze_that_was_changed_from_outside(kept: Kept, sql: str, told: list[str]) -> None:
    with closing(kept.open(serving=True)) as store:
        store.make_key()
        store.add_freezes([FREEZE, LOCK])
        store.add_freezes([lift(2)])
        key = store.key
    table = "gonogo_record.freezes" if kept.name == "postgres" else "freezes"
    if sql:
        kept.by_hand(sql.format(table))
    (record,) = kept.verify(key)
    assert [change for change in record.changes if "freeze" in change] == told
