"""The fourth migration of facts, on real records of schema version 3."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from state.facts import (
    BOT,
    Actor,
    Agreement,
    AlertHold,
    Choice,
    CountdownEnd,
    CountdownStart,
    Door,
    EarlyKeep,
    EarlyKeepAgreement,
    Fact,
    Hold,
    Keep,
    NextRun,
    Resume,
    RollbackRequest,
    RunClosed,
    Signature,
    StepAnswer,
)
from state.sqlite.store import Store
from tests.state.sqlite.samples import OldRecord, at

U2, U3 = Actor(person="U2", door=Door.SLACK), Actor(person="U3", door=Door.TERMINAL)


def write_every_kind(old: OldRecord) -> list[Fact]:
    """Every kind of fact as version 3 wrote it, and the same facts as they are now."""
    early = "the decision"
    step: dict[str, Any] = {"step": "ready", "attempt": 2}
    alert: dict[str, Any] = {"step": "slow: 5 s", "attempt": 3}
    old.fact("sign", "sign:ready:2:dba", 1, **step, role="dba", said="yes")
    old.fact(
        "sign", "sign:ready:2:lead", 2, **step, role="lead", said="no", reason="no plan", person="U3", via="terminal"
    )
    old.fact("answer", "answer:ready:2", 3, **step, said="again")
    old.fact("answer", "answer:copy:1", 4, step="copy", attempt=1, said="done", reason="by hand")
    old.fact("answer", "answer:wait:1", 5, step="wait", attempt=1, said="skip", reason="late")
    old.fact("second", "second:wait:1", 6, step="wait", attempt=1, person="U3", via="terminal")
    old.fact("hold", "hold:0", 7, reason="lunch")
    old.fact("resume", "resume:0", 8)
    old.fact("hold", "hold:1", 9)
    old.fact("countdown", "countdown:slow: 5 s:3", 10, **alert, reason="9 s", person="gonogo", via="gonogo")
    old.fact("false alarm", "false alarm:slow: 5 s:3", 11, **alert, said="30 min", reason="a load test")
    old.fact("recovered", "recovered:slow: 5 s:3", 12, **alert, reason="well again", person="gonogo", via="gonogo")
    old.fact("answer", f"answer:{early}:0", 13, step=early, attempt=0, said="keep", reason="quiet")
    old.fact("second", f"second:{early}:0", 14, step=early, attempt=0, person="U3", via="terminal")
    old.fact("keep", "keep", 15, reason="quiet")
    old.fact("rollback", "rollback", 16, reason="it burns")
    old.fact("end", "end", 17, reason="abandoned", person="U3", via="terminal")
    old.fact("next", "next", 18, said="option-b.md", via="gonogo")
    about: dict[str, Any] = {"step": "ready", "attempt": 2}
    counted: dict[str, Any] = {"alert": "slow: 5 s", "number": 3}
    return [
        Signature(by=U2, at=at(1), **about, role="dba"),
        Signature(by=U3, at=at(2), **about, role="lead", refused=True, reason="no plan"),
        StepAnswer(by=U2, at=at(3), **about, choice=Choice.RETRY),
        StepAnswer(by=U2, at=at(4), step="copy", attempt=1, choice=Choice.DONE, reason="by hand"),
        StepAnswer(by=U2, at=at(5), step="wait", attempt=1, choice=Choice.SKIP, reason="late"),
        Agreement(by=U3, at=at(6), step="wait", attempt=1),
        Hold(by=U2, at=at(7), number=0, reason="lunch"),
        Resume(by=U2, at=at(8), number=0),
        Hold(by=U2, at=at(9), number=1),
        CountdownStart(by=BOT, at=at(10), **counted, seen="9 s"),
        AlertHold(by=U2, at=at(11), **counted, lasts=timedelta(minutes=30), reason="a load test"),
        CountdownEnd(by=BOT, at=at(12), **counted, why="well again"),
        EarlyKeep(by=U2, at=at(13), reason="quiet"),
        EarlyKeepAgreement(by=U3, at=at(14)),
        Keep(by=U2, at=at(15), reason="quiet"),
        RollbackRequest(by=U2, at=at(16), reason="it burns"),
        RunClosed(by=U3, at=at(17), reason="abandoned"),
        NextRun(by=Actor(person="U2", door=Door.BOT), at=at(18), page="option-b.md"),
    ]


def test_every_kind_of_fact_is_read_as_its_type_in_order(path: Path) -> None:
    with OldRecord(path) as old:
        old.run(1)
        expected = write_every_kind(old)
    with closing(Store(path)) as store:
        assert list(store.record(1).facts) == expected


def test_a_migrated_fact_cannot_be_stored_again(path: Path) -> None:
    with OldRecord(path) as old:
        old.run(1)
        facts = write_every_kind(old)
    with closing(Store(path)) as store:
        stored_again = [fact.key for fact in facts if store.add_fact(1, fact)]
        assert stored_again == [], "the key of the fact is not the one that this version gives it"
        assert len(store.record(1).facts) == len(facts)


@pytest.mark.parametrize(
    ("words", "seconds"), [("45 s", 45), ("15 min", 900), ("1.5 h", 5400), ("2 d", 172_800), ("1 h 5 min", 3900)]
)
def test_the_length_of_a_hold_is_read_from_its_words(path: Path, words: str, seconds: float) -> None:
    with OldRecord(path) as old:
        old.run(1)
        old.fact("false alarm", "false alarm:slow:1", step="slow", attempt=1, said=words, reason="x")
    with closing(Store(path)) as store:
        (fact,) = store.record(1).facts
        assert isinstance(fact, AlertHold)
        assert fact.lasts.total_seconds() == seconds


def test_facts_of_several_runs_stay_with_their_runs(path: Path) -> None:
    with OldRecord(path) as old:
        old.run(1)
        old.run(2)
        for number in (0, 1, 2):
            old.fact("hold", f"hold:{number}", number, run=1 + number % 2)
    with closing(Store(path)) as store:
        assert [fact.key for fact in store.record(1).facts] == ["hold:0", "hold:2"]
        assert [fact.key for fact in store.record(2).facts] == ["hold:1"]


def test_facts_are_only_ever_added_after_the_migration_too(path: Path) -> None:
    with OldRecord(path) as old:
        old.run(1)
        old.fact("keep", "keep")
    Store(path).close()
    with closing(sqlite3.connect(path)) as by_hand:
        for sql in ("UPDATE facts SET person = 'x'", "DELETE FROM facts"):
            with pytest.raises(sqlite3.IntegrityError, match="facts are only ever added"):
                by_hand.execute(sql)
        tables = {name for (name,) in by_hand.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert not tables & {"old_facts", "steps"}
