"""How many calls may be sent: a rate, a burst, and nothing at the start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from unittest.mock import AsyncMock

import pytest

from bot.slack import allowance
from bot.slack.allowance import Allowance
from bot.slack.directory import Directory
from bot.slack.outbox import sender
from bot.slack.views.blocks import Message


class Time:
    """A clock that only sleeping moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("bot.slack.allowance.time.monotonic", lambda: self.now)
        monkeypatch.setattr("bot.slack.allowance.asyncio.sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    monkeypatch.setattr(allowance, "AT_START", 0.0)
    return Time(monkeypatch)


def sent(time: Time, left: Allowance, number: int) -> list[float]:
    """The times of so many calls that are sent as soon as they may be."""

    async def send() -> list[float]:
        times = []
        for _ in range(number):
            await left.take()
            times.append(time.now - 1000.0)
        return times

    return asyncio.run(send())


def test_a_new_process_begins_with_nothing(time: Time) -> None:
    assert sent(time, Allowance(2.0, 4), 3) == [0.5, 1.0, 1.5]


def test_what_may_be_sent_at_the_start_goes_at_once(time: Time) -> None:
    assert sent(time, Allowance(2.0, 4, at_start=2), 4) == [0.0, 0.0, 0.5, 1.0]


def test_after_a_quiet_time_a_burst_goes_at_once_and_the_rest_at_the_rate(time: Time) -> None:
    left = Allowance(2.0, 4)
    time.now += 100
    assert sent(time, left, 6) == [100.0, 100.0, 100.0, 100.0, 100.5, 101.0]


@pytest.mark.parametrize("life", [0.5, 5.0, 13.0, 59.0, 61.0])
def test_however_often_the_bot_is_killed_a_minute_has_no_more_updates_than_slack_allows(
    time: Time, life: float
) -> None:
    times: list[float] = []
    time.now += 100
    left = Allowance(sender.UPDATE_RATE, sender.UPDATES)
    time.now += 100  # a quiet time, then a burst, and the first kill
    while time.now < 1600:
        born = time.now
        while time.now < born + life:
            times += sent(time, left, 1)
        left = Allowance(sender.UPDATE_RATE, sender.UPDATES)
    assert max(sum(start <= at < start + 60 for at in times) for start in times) <= 50


def test_what_a_run_that_is_over_has_left_to_say_leaves_half_of_the_posts_to_the_others(time: Time) -> None:
    client = AsyncMock(chat_postMessage=AsyncMock(return_value={"ts": "1"}))

    def posted_after(by: Callable[[sender.Sender], sender.Sender]) -> float:
        began, sending = time.now, sender.Sender(client)
        message = Message(text="x", blocks=[])
        asyncio.run(by(sending).post("C1", "", message, {}, may_exist=False, ask_first=AsyncMock()))
        return time.now - began

    # a second for each post; after the one that is over, another would not have to wait
    assert posted_after(lambda sending: sending) == 1.0
    assert posted_after(lambda sending: sending.behind()) == sender.POSTS / 2


def test_a_run_that_is_over_leaves_what_a_redraw_of_the_others_asks_for(time: Time) -> None:
    updates = Allowance(sender.UPDATE_RATE, sender.UPDATES)
    time.now += 100
    sending = sender.Sender(AsyncMock())
    sending._updates = updates

    async def update() -> None:
        for _ in range(20):
            await updates.take(behind=True)
            assert not sending.spent
            assert not sending.full

    asyncio.run(update())


def test_redraws_without_end_do_not_keep_a_run_that_is_over_away_for_good(
    time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    updates = Allowance(sender.UPDATE_RATE, sender.UPDATES)
    time.now = began = time.now + 100

    async def sleep(seconds: float) -> None:
        """Others redraw meanwhile whenever they may."""
        time.now += seconds
        while not updates.is_below(1 / 4):
            updates._take()
        assert time.now < began + 1000, "the run that is over still waits"

    monkeypatch.setattr("bot.slack.allowance.asyncio.sleep", sleep)

    async def update() -> None:
        await sleep(0)
        for number in range(1, 6):
            await updates.take(behind=True)
            assert time.now - began <= number * (allowance.BEHIND + 1) / sender.UPDATE_RATE

    asyncio.run(update())


def test_with_many_bots_a_run_that_is_over_still_has_its_turn(time: Time) -> None:
    posts = Allowance(1.0, 4)
    posts.share(10)
    asyncio.run(posts.take(behind=True))
    assert time.now > 1000.0


def test_bots_that_share_the_limit_send_no_more_together_than_one_alone(time: Time) -> None:
    alone, shared = Allowance(2.0, 4), Allowance(2.0, 4)
    shared.share(2)
    time.now += 100
    assert (alone.left, shared.left) == (4, 2)
    assert sent(time, shared, 4) == [100.0, 100.0, 101.0, 102.0]
    shared.share(1)  # the other has gone
    assert sent(time, shared, 2) == [102.5, 103.0]


@pytest.mark.parametrize("bots", [1, 12, 13, 40])
def test_after_a_quiet_time_each_of_many_bots_may_redraw(time: Time, bots: int) -> None:
    sending = sender.Sender(AsyncMock())
    sending.share(bots, {})
    assert sending.spent
    time.now += 100
    assert (sending.spent, sending.full) == (False, False)
    asyncio.run(sending._updates.take())
    assert sending.spent == (bots > 6)


def test_the_posts_of_a_channel_are_shared_with_the_bots_that_post_to_it_only(time: Time) -> None:
    client = AsyncMock(chat_postMessage=AsyncMock(return_value={"ts": "1"}))
    sending = sender.Sender(client)
    sending.share(3, {"C1": 2, "C2": 1})
    for channel in ("C1", "C2"):
        asyncio.run(sending.post(channel, "", Message(text="x", blocks=[]), {}, may_exist=False, ask_first=AsyncMock()))
    time.now += 100
    assert [sending._posts[channel].left for channel in ("C1", "C2")] == [sender.POSTS / 2, sender.POSTS]
    assert sending._updates.left == sender.UPDATES / 3
    assert sending._into_channels.left == sending._into_threads.left == sender.LOOKS / 3


def most_in_a_minute(times: list[float]) -> int:
    return max(sum(start <= at < start + 60 for at in times) for start in times)


def test_a_bot_that_takes_over_a_hundred_runs_asks_slack_no_more_than_it_answers(time: Time) -> None:
    times: list[float] = []

    async def look(**_: object) -> dict[str, object]:
        times.append(time.now)
        return {"messages": []}

    client = AsyncMock(chat_postMessage=AsyncMock(return_value={"ts": "1"}), conversations_history=look)
    sending = sender.Sender(client)

    async def post_cards() -> None:
        for number in range(100):
            message = Message(text="card", blocks=[])
            await sending.post(f"C{number}", "", message, {}, may_exist=True, ask_first=AsyncMock())

    asyncio.run(post_cards())
    assert len(times) == 100
    assert most_in_a_minute(times) <= 50


def test_a_look_that_slack_did_not_take_costs_nothing_of_what_is_needed_after_an_outage(time: Time) -> None:
    down = AsyncMock(conversations_replies=AsyncMock(side_effect=ConnectionError()))
    sending = sender.Sender(down)

    async def look() -> None:
        for _ in range(50):
            with pytest.raises(ConnectionError):
                await sending._find("C1", "1.0", {}, "")

    asyncio.run(look())
    assert time.now == 1000.0
    assert sending._into_threads.left == sender.LOOKS


def test_the_members_of_many_channels_are_asked_for_no_faster_than_slack_answers(time: Time) -> None:
    times: list[float] = []

    async def members(**_: object) -> dict[str, object]:
        times.append(time.now)
        return {"members": []}

    known = Directory(
        AsyncMock(conversations_members=members, auth_test=AsyncMock(return_value={"team_id": "T1"})), set
    )

    async def warm() -> None:
        for number in range(200):
            await known._warm(f"C{number}")

    asyncio.run(warm())
    assert len(times) == 200
    assert most_in_a_minute(times) <= 50, "two bots together may ask a hundred times"


def test_redraws_leave_room_for_new_events(time: Time) -> None:
    left = Allowance(1.0, 12)
    time.now += 100
    below = []
    for _ in range(12):
        sent(time, left, 1)
        below.append((left.is_below(1 / 2), left.is_below(1 / 4)))
    assert below[5] == (False, False)
    assert below[6] == (True, False), "redraws become rarer"
    assert below[9] == (True, True), "redraws wait"
    time.now += 12
    assert not left.is_below(1 / 2)
