"""Slack's rate limits: a tier per method, and one message a second per channel."""

from __future__ import annotations

import pytest

from bot.rehearsal.workspace import rate_limits
from bot.rehearsal.workspace.rate_limits import BURST, RateLimiter
from tests.bot.rehearsal.workspace.bolt_workspace import open_workspace, refusal, run


class Clock:
    """A monotonic clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rate_limits, "time", clock)
    return clock


def test_a_method_may_be_called_as_often_in_a_minute_as_its_tier_says(clock: Clock) -> None:
    limiter = RateLimiter()
    for _ in range(50):
        assert limiter.wait_seconds("chat.update", "C1") == 0
        limiter.record("chat.update", ok=True)
    clock.now += 20
    assert limiter.wait_seconds("chat.update", "C1") == 40
    clock.now += 41
    assert limiter.wait_seconds("chat.update", "C1") == 0


def test_a_method_without_a_tier_has_no_limit(clock: Clock) -> None:
    limiter = RateLimiter()
    for _ in range(1000):
        limiter.record("auth.test", ok=True)
    assert limiter.wait_seconds("auth.test", "") == 0


def test_a_channel_takes_a_burst_of_messages_and_then_one_a_second(clock: Clock) -> None:
    limiter = RateLimiter()
    assert [limiter.wait_seconds("chat.postMessage", "C1") for _ in range(BURST + 1)] == [0] * BURST + [1]
    assert limiter.wait_seconds("chat.postMessage", "C2") == 0, "another channel has its own limit"
    clock.now += 1
    assert [limiter.wait_seconds("chat.postMessage", "C1") for _ in range(2)] == [0, 1]


def test_the_highest_rate_is_that_of_the_busiest_minute(clock: Clock) -> None:
    limiter = RateLimiter()
    for seconds in (0, 30, 20, 10):  # at 0, 30, 50 and 60 s
        clock.now += seconds
        limiter.record("chat.update", ok=True)
    assert limiter.highest_rate("chat.update") == 3
    assert limiter.highest_rate("chat.delete") == 0


def test_a_strict_workspace_refuses_the_51st_edit_in_a_minute_and_counts_it() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False, strict_rate_limits=True) as slack:
            ts = await slack.post()
            for number in range(50):
                await slack.client.chat_update(channel="C01DEPLOY", ts=ts, text=str(number))
            body = await refusal(slack.client.chat_update(channel="C01DEPLOY", ts=ts, text="51"))
            assert body["error"] == "ratelimited"
            assert slack.workspace.rate_limiter.highest_rate("chat.update") == 51
            assert slack.workspace.rate_limiter.refused == ["chat.update"]

    run(test)
