"""Trigger ids and response URLs: used up, expired, unknown."""

from __future__ import annotations

import pytest

from bot.rehearsal.workspace import interaction_tokens
from bot.rehearsal.workspace.interaction_tokens import RESPONSE_URL_USES, InteractionTokens, Trigger


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time_ns(self) -> int:
        return 1


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("time.monotonic", clock.monotonic)
    monkeypatch.setattr(interaction_tokens, "time", clock)
    return clock


def test_a_trigger_can_be_used_once() -> None:
    tokens = InteractionTokens()
    name = tokens.new_trigger("U1", "V1")
    trigger = tokens.use_trigger(name)
    assert isinstance(trigger, Trigger)
    assert (trigger.person, trigger.view_id) == ("U1", "V1")
    assert tokens.use_trigger(name) == "exchanged_trigger_id"


def test_a_trigger_expires_after_three_seconds(clock: Clock) -> None:
    tokens = InteractionTokens()
    early, late = (tokens.triggers.setdefault(name, Trigger("U1", None, created_at=clock.now)) for name in "ab")
    clock.now += 2.9
    assert tokens.use_trigger("a") is early
    clock.now += 0.2
    assert tokens.use_trigger("b") == "expired_trigger_id"
    assert not late.used


def test_an_unknown_trigger_is_refused() -> None:
    assert InteractionTokens().use_trigger("x") == "invalid_trigger_id"


def test_a_response_url_can_be_used_five_times_in_half_an_hour(clock: Clock) -> None:
    tokens = InteractionTokens()
    url = tokens.response_urls[tokens.new_response_url("U1", "C1", None)]
    url.created_at = clock.now
    assert [url.use() for _ in range(RESPONSE_URL_USES + 1)] == [None] * 5 + ["used_url"]
    fresh = tokens.response_urls[tokens.new_response_url("U1", "C1", None)]
    fresh.created_at = clock.now - 1801
    assert fresh.use() == "expired_url"
