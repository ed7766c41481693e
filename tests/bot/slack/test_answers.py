"""Slack's answers, kept and asked again without a crowd of equal calls."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.slack import answers
from bot.slack.answers import Answers, NotAnswered


class Slack:
    """Answers with the number of the call, once the test lets it, or fails."""

    def __init__(self) -> None:
        self.calls = 0
        self.may_answer = asyncio.Event()
        self.error: Exception | None = None

    async def ask(self, key: str) -> str:
        self.calls += 1
        number = self.calls
        await self.may_answer.wait()
        if self.error:
            raise self.error
        return f"{key} {number}"


def limited(wait: str) -> SlackApiError:
    """Slack's answer to too many calls."""
    response: Any = type("Response", (), {"status": 429, "headers": {"Retry-After": wait}})()
    return SlackApiError("limited", response)  # type: ignore[no-untyped-call]


def test_whoever_asks_gets_an_answer_that_was_asked_for_afterwards() -> None:
    async def story() -> None:
        slack = Slack()
        kept = Answers(slack.ask)
        first = asyncio.create_task(kept.fresh("U1"))
        await asyncio.sleep(0)
        later = [asyncio.create_task(kept.fresh("U1")) for _ in range(50)]
        await asyncio.sleep(0)
        slack.may_answer.set()
        assert await first == "U1 1"
        assert await asyncio.gather(*later) == ["U1 2"] * 50, (
            "the call under way is too old for them; one more serves all"
        )
        assert (kept.known("U1"), kept.known("U2")) == ("U1 2", None)
        assert kept.age("U1") < 5 < kept.age("U2")

    asyncio.run(story())


def test_a_failure_leaves_the_last_answer_known_and_says_why() -> None:
    async def story() -> None:
        slack = Slack()
        slack.may_answer.set()
        kept = Answers(slack.ask)
        await kept.fresh("U1")
        slack.error = ConnectionResetError()
        with pytest.raises(NotAnswered, match=r"^Slack is unreachable \(ConnectionResetError\)$"):
            await kept.fresh("U1")
        slack.error = SlackApiError("no", {"error": "missing_scope"})  # type: ignore[no-untyped-call]
        with pytest.raises(NotAnswered, match=r"^Slack answers missing_scope$") as refused:
            await kept.fresh("U1")
        assert (refused.value.name, kept.known("U1")) == ("missing_scope", "U1 1")

    asyncio.run(story())


@pytest.mark.parametrize("wait", ["30", "999999", "soon"])
def test_after_a_429_nothing_is_asked_for_as_long_as_slack_says(wait: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        slack = Slack()
        slack.may_answer.set()
        slack.error = limited(wait)
        kept = Answers(slack.ask)
        for _ in range(5):
            with pytest.raises(NotAnswered, match="ratelimited"):
                await kept.fresh("U1")
        assert slack.calls == 1
        slack.error = None
        monkeypatch.setattr(time, "monotonic", lambda now=time.monotonic: now() + answers.KEPT + 1)
        assert await kept.fresh("U1") == "U1 2", "however long Slack says, it is asked again after a minute"

    asyncio.run(story())


def test_never_too_many_answers_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MOST", 3)

    async def story() -> None:
        slack = Slack()
        slack.may_answer.set()
        kept = Answers(slack.ask)
        for number in range(10):
            await kept.fresh(f"U{number}")
        assert [key for key in map("U{}".format, range(10)) if kept.known(key)] == ["U7", "U8", "U9"]

    asyncio.run(story())
