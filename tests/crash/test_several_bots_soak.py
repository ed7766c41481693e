"""The figures of a soak with several bots, and what counts as a late status post."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from commands.progress.evidence import CHECK
from state.events import StatusDue
from state.facts import Signature
from state.records import Attempt, AttemptState, NewEvent, Record, Run, RunState
from state.sqlite.store import Store
from tests.crash.several_bots import Fleet
from tests.crash.several_bots_soak import late_status_posts, reactions
from tests.crash.troubles import Troubles
from tests.pages import NOON, event
from tests.state.sqlite.samples import STARTED, U1, new_run


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "gonogo.db")
    yield store
    store.close()


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def write_run(store: Store, *status_posts: int, ends: int) -> Run:
    """A run with status posts so many seconds after its start."""
    run = store.start_run(new_run(), NOON, STARTED)
    for slot, seconds in enumerate(status_posts, start=1):
        store.add_events(run.id, NOON + after(seconds), NewEvent(data=StatusDue(slot=slot, late="")))
    store.move_run(run.id, RunState.ABORTED, NOON + after(ends), event("ended"))
    return run


def test_status_posts_that_only_a_takeover_delays_are_in_time(store: Store) -> None:
    run = write_run(store, 60, 130, 180, ends=200)
    assert late_status_posts(store, run.id, []) == []


def test_a_gap_that_no_takeover_explains_is_a_problem_unless_postgresql_was_away(store: Store) -> None:
    run = write_run(store, 60, 200, ends=210)
    assert late_status_posts(store, run.id, []) == [f"run {run.id} has no status post for 140 s"]
    assert late_status_posts(store, run.id, [(NOON + after(70), NOON + after(130))]) == []
    assert late_status_posts(store, run.id, [(NOON + after(10), NOON + after(50))]) != []


def test_a_run_that_ends_without_its_last_status_posts_has_a_gap(store: Store) -> None:
    run = write_run(store, 60, ends=200)
    assert late_status_posts(store, run.id, []) == [f"run {run.id} has no status post for 140 s"]


def test_the_reaction_to_the_last_sign_off_is_the_time_until_the_evidence_is_checked(store: Store) -> None:
    run = store.start_run(new_run(), NOON, STARTED)
    signed = tuple(Signature(by=U1, at=NOON + after(seconds), step="gate", attempt=1, role="dba") for seconds in (1, 2))
    checked = Attempt(step=CHECK, attempt=1, state=AttemptState.RUNNING, began_at=NOON + after(2.1))
    assert reactions(Record(run=run, attempts=(checked,), facts=signed)) == [pytest.approx(0.1)]
    assert reactions(Record(run=run, attempts=(), facts=signed)) == []


def test_troubles_end_though_the_run_in_which_they_were_made_is_over() -> None:
    ended: list[str] = []

    async def trouble() -> None:
        await asyncio.sleep(0.05)
        ended.append("well again")

    async def story() -> None:
        troubles = Troubles(cast("Fleet", None), {})
        troubles._keep(trouble())
        waiting = asyncio.create_task(troubles.settle())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        await troubles.settle()

    asyncio.run(story())
    assert ended == ["well again"]


def test_a_trouble_that_cannot_be_made_ends_the_soak() -> None:
    async def trouble() -> None:
        raise AssertionError("the bot does not stop")

    async def story() -> None:
        troubles = Troubles(cast("Fleet", None), {})
        troubles._keep(trouble())
        await asyncio.sleep(0.01)
        await troubles.settle()

    with pytest.raises(AssertionError, match="the bot does not stop"):
        asyncio.run(story())
