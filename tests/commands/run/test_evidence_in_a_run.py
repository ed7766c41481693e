"""Whole runs in which something changes after people signed for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.progress.evidence import CHECK
from state.events import Ask
from state.facts import Signature
from state.records import Attempt
from tests.production import ended
from tests.simulated_run import SimulatedRun

GATE, FIRST_CHANGE = "sign-off-before", "keep-backend"
DAMAGED = ended("3021.dat.zst: FAILED\ntoc.dat: FAILED open or read\n", code=68)


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[SimulatedRun]:
    made = SimulatedRun(tmp_path)
    yield made
    made.close()


def checks(sim: SimulatedRun) -> list[Attempt]:
    """The checks of the evidence that have ended."""
    return [one for one in sim.record.attempts if one.step == CHECK and one.ended_at]


def gate_is_open(sim: SimulatedRun) -> bool:
    return any(waiting.step == GATE for waiting in sim.waiting(Ask.SIGN))


def sign_until_the_gate(sim: SimulatedRun) -> None:
    """Everybody signs but for the gate."""
    while not gate_is_open(sim):
        sim.advance(until=lambda: bool(sim.waiting(Ask.SIGN)), sign=False)
        for waiting in sim.waiting(Ask.SIGN):
            if waiting.step != GATE:
                sim._sign(sim.actions, waiting)


def test_a_signature_is_stored_with_what_it_was_given_for(sim: SimulatedRun) -> None:
    sim.engine.start()
    sim.advance(until=lambda: sim.record.last(FIRST_CHANGE) is not None)
    signature = sim.record.newest(Signature, step=GATE, role="dba")
    assert signature
    assert [name for name, _ in signature.evidence] == [
        "page",
        "places",
        "commit",
        "commit before",
        "016_extend_v1_remove_v2_approval_flow.sql",
        "016_ROLLBACK_extend_v1_remove_v2.sql",
        "backup",
        "proof",
        "rehearsal",
    ]
    assert dict(signature.evidence)["backup"] == "ab" * 32


def test_a_backup_that_was_damaged_before_the_last_signature_is_made_and_signed_again(sim: SimulatedRun) -> None:
    sim.engine.start()
    sign_until_the_gate(sim)
    sim.world.on_host("sha256sum -c", DAMAGED)
    sim.advance(until=lambda: len(checks(sim)) > 0)
    sim.world.forget("sha256sum -c")
    assert checks(sim)[0].state == "failed"
    summary = checks(sim)[0].summary
    assert summary.startswith("The backup has changed since ")
    assert "3021.dat.zst, toc.dat have another checksum or cannot be read" in summary
    sim.advance(until=lambda: sim.record.last(FIRST_CHANGE) is not None)
    record = sim.record
    assert [sim.last(step).attempt for step in ("backup", "proof", "rehearse")] == [2, 2, 2]
    assert {sim.last(step).attempt for step in ("review", "notification", GATE)} == {2}
    assert sum(key.startswith(f"{record.run.key}/notification") for key in sim.world.begun) == 0
