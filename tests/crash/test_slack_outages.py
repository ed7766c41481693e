"""Slack is away, slow or confused: no step waits, and each message comes once."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.crash.conftest import Play
from tests.crash.single_run import RECORD, SingleRun, page, run_step
from tests.crash.test_kills_around_slack import check_messages, keep, message_with_button
from tests.crash.test_kills_on_the_host import roll_back, times_recorded

STEPS = tuple(f"step-{number}" for number in range(1, 7))
PAGE = page("".join(run_step(name, RECORD, "sleep 0.4") for name in STEPS))
OUTAGE_SECONDS = 12.0  # long enough for every retry interval to have grown to its maximum
CARD_SECONDS = 8.0  # from Slack's return to a correct card: 5 are promised, the others are for a busy machine


def all_done(single: SingleRun) -> bool:
    """Whether every step is done at its first attempt."""
    attempts = [single.last_attempt(name) for name in STEPS]
    return all(attempt and (attempt.state, attempt.attempt) == ("done", 1) for attempt in attempts)


def card_text(single: SingleRun) -> str:
    """The text of the run's card; empty while there is none. The cards of other tests' runs may come after it."""
    cards = [message for message in single.sandbox.workspace.messages() if not message.thread_ts]
    return next((one.text for one in cards[::-1] if f"Run {single.run} · " in str(one.blocks)), "")


@pytest.mark.parametrize("drops", [False, True], ids=["answers 503", "drops connections"])
def test_slack_is_away_in_the_middle_of_the_steps(play: Play, drops: bool) -> None:
    async def test(single: SingleRun) -> None:
        faults = single.sandbox.workspace.faults
        single.begin(PAGE)
        await single.wait_until(
            lambda: times_recorded(single, "step-2") and message_with_button(single, "rollback"), "the second step"
        )
        faults.outage, faults.outage_drops = True, drops
        await faults.cut_sockets()
        began = time.monotonic()
        await single.wait_until(lambda: all_done(single), "the end of the steps while Slack is away")
        await asyncio.sleep(max(0.0, began + OUTAGE_SECONDS - time.monotonic()))
        faults.outage, faults.outage_drops = False, False
        await single.wait_until(lambda: "KEEP or ROLLBACK" in card_text(single), "the correct card", CARD_SECONDS)
        await keep(single)
        assert [times_recorded(single, name) for name in STEPS] == [1] * len(STEPS)

    play(test)


def test_many_429s_in_a_row(play: Play) -> None:
    async def test(single: SingleRun) -> None:
        faults = single.sandbox.workspace.faults
        faults.rate_limited = 12
        single.begin(PAGE)
        await single.wait_until(lambda: all_done(single), "the end of the steps")
        await single.wait_until(lambda: not faults.rate_limited, "the last 429", 30)
        await keep(single)

    play(test)


def test_answers_are_lost_after_slack_has_posted(play: Play) -> None:
    async def test(single: SingleRun) -> None:
        faults = single.sandbox.workspace.faults
        faults.lost_answers = 12
        single.begin(PAGE)
        await single.wait_until(lambda: all_done(single), "the end of the steps")
        await single.wait_until(lambda: not faults.lost_answers, "the last lost answer", 40)
        await keep(single)

    play(test)


def test_answers_are_lost_and_the_bot_is_killed_each_time(play: Play) -> None:
    async def test(single: SingleRun) -> None:
        faults = single.sandbox.workspace.faults
        faults.lost_answers = 1000
        single.begin(PAGE)
        for _ in range(5):
            await asyncio.sleep(1.2)
            await single.restart_bot()
        faults.lost_answers = 0
        await keep(single)
        assert [times_recorded(single, name) for name in STEPS] == [1] * len(STEPS)

    play(test)


def test_a_dead_socket_and_a_rollback_at_the_terminal(play: Play) -> None:
    async def test(single: SingleRun) -> None:
        single.begin(page("".join(run_step(name, RECORD) for name in STEPS), run_step("back", RECORD)))
        await single.wait_until(lambda: all_done(single), "the end of the steps")
        faults = single.sandbox.workspace.faults
        faults.outage = True
        await faults.silence_sockets()
        await roll_back(single)
        assert times_recorded(single, "back") == 1
        faults.outage = False
        await single.wait_until(lambda: "ROLLED BACK" in card_text(single), "the correct card", CARD_SECONDS)
        await check_messages(single)

    play(test)
