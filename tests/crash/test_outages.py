"""Slack is away, slow or confused while steps run: no step waits or fails, and afterwards every message is there once and in order."""

from __future__ import annotations

import asyncio
import time

import pytest

from bot.rehearsal.workspace import Message
from tests.crash.conftest import Play
from tests.crash.point import SAY, Point, page, run_step
from tests.crash.test_host_points import said
from tests.crash.test_slack_points import kept, told, with_button

STEPS = tuple(f"step-{number}" for number in range(1, 7))
PAGE = page("".join(run_step(name, SAY, "sleep 0.4") for name in STEPS))
AWAY = 12.0  # seconds; long enough for every waiting time to have grown to its most
RETURN = (
    8.0  # seconds after Slack's return in which the card is true: 5 are promised, the others are for a busy machine
)


def all_done(point: Point) -> bool:
    """Whether every step has ended well, once."""
    return all((row := point.step(name)) and (row.state, row.attempt) == ("done", 1) for name in STEPS)


def card(point: Point) -> Message:
    """The run's card."""
    return [one for one in point.here.workspace.messages() if not one.thread_ts][-1]


@pytest.mark.parametrize("drops", [False, True], ids=["answers 503", "drops connections"])
def test_slack_is_away_in_the_middle_of_the_steps(play: Play, drops: bool) -> None:
    async def story(point: Point) -> None:
        faults = point.here.workspace.faults
        point.begin(PAGE)
        await point.until(lambda: said(point, "step-2") and with_button(point, "rollback"), "the second step")
        faults.outage, faults.outage_drops = True, drops
        await faults.cut_sockets()
        gone = time.monotonic()
        await point.until(lambda: all_done(point), "the end of the steps while Slack is away")
        await asyncio.sleep(max(0.0, gone + AWAY - time.monotonic()))
        faults.outage, faults.outage_drops = False, False
        await point.until(lambda: "KEEP or ROLLBACK" in card(point).text, "the truth on the card", RETURN)
        await kept(point)
        assert [said(point, name) for name in STEPS] == [1] * len(STEPS)

    play(story)


def test_a_storm_of_429s(play: Play) -> None:
    async def story(point: Point) -> None:
        point.here.workspace.faults.rate_limited = 12
        point.begin(PAGE)
        await point.until(lambda: all_done(point), "the end of the steps")
        await point.until(lambda: not point.here.workspace.faults.rate_limited, "the end of the storm", 30)
        await kept(point)

    play(story)


def test_answers_are_lost_after_the_act(play: Play) -> None:
    async def story(point: Point) -> None:
        point.here.workspace.faults.lost_answers = 12
        point.begin(PAGE)
        await point.until(lambda: all_done(point), "the end of the steps")
        await point.until(lambda: not point.here.workspace.faults.lost_answers, "the last lost answer", 40)
        await kept(point)

    play(story)


def test_answers_are_lost_and_the_bot_is_killed_each_time(play: Play) -> None:
    async def story(point: Point) -> None:
        faults = point.here.workspace.faults
        faults.lost_answers = 1000
        point.begin(PAGE)
        for _ in range(5):
            await asyncio.sleep(1.2)
            await point.restart()
        faults.lost_answers = 0
        await kept(point)
        assert [said(point, name) for name in STEPS] == [1] * len(STEPS)

    play(story)


def test_a_silent_socket_and_a_rollback_at_the_terminal(play: Play) -> None:
    async def story(point: Point) -> None:
        from tests.crash.test_host_points import turn_back

        point.begin(page("".join(run_step(name, SAY) for name in STEPS), run_step("back", SAY)))
        await point.until(lambda: all_done(point), "the end of the steps")
        faults = point.here.workspace.faults
        faults.outage = True
        await faults.silence_sockets()
        await turn_back(point)
        assert said(point, "back") == 1
        faults.outage = False
        await point.until(lambda: "ROLLED BACK" in card(point).text, "the truth on the card", RETURN)
        await told(point)

    play(story)
