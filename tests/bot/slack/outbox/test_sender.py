"""Sending to Slack: limits and outages are waited out, and nothing is posted twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.slack.outbox import sender as sending
from bot.slack.outbox.sender import Sender
from bot.slack.serve import make_client
from bot.slack.views.blocks import Message, Upload
from tests.bot.slack.outbox.posted import deploy_and_check, posted_events
from tests.bot.slack.run_writer import CHANNEL, HEALTH
from tests.bot.slack.slack_box import SlackBox, play

HELLO = Message(text="hello", blocks=[])
IDENTITY = {"run": 1, "event": 7, "what": "event", "hash": "x"}


async def at_once() -> None:
    """The bot may send."""


def test_a_message_is_posted_once_even_if_its_answer_is_lost(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.workspace.faults.lost_answers = 3
        deploy_and_check(box)
        await box.wait_until_posted()
        assert box.workspace.faults.lost_answers == 0
        assert len(posted_events(box)) == len(set(posted_events(box)) - {1}) + 2, "event 1 is the card's and its own"

    play(tmp_path, story)


def test_a_message_that_may_exist_is_looked_for_first(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        sender = Sender(make_client(box.settings))
        first = await sender.post(CHANNEL, "", HELLO, IDENTITY, may_exist=False, ask_first=at_once)
        assert await sender.post(CHANNEL, "", HELLO, IDENTITY, may_exist=True, ask_first=at_once) == first
        other = {**IDENTITY, "hash": "another record"}
        assert await sender.post(CHANNEL, "", HELLO, other, may_exist=True, ask_first=at_once) != first
        assert len(box.workspace.messages()) == 2

    play(tmp_path, story, serve=False)


def test_a_file_that_may_exist_is_looked_for_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(box: SlackBox) -> None:
        sender = Sender(make_client(box.settings))
        thread = await sender.post(CHANNEL, "", HELLO, IDENTITY, may_exist=False, ask_first=at_once)
        file = Upload(name="output.txt", title="Output", content="text")

        def names() -> list[str]:
            return [shared["name"] for message in box.workspace.messages() for shared in message.files]

        await sender.upload(CHANNEL, thread, file, may_exist=False, ask_first=at_once)
        await box.wait_until(names)  # a shared file appears a moment later
        await sender.upload(CHANNEL, thread, file, may_exist=True, ask_first=at_once)
        await sender.upload(CHANNEL, thread, replace(file, name="other.txt"), may_exist=True, ask_first=at_once)
        await box.wait_until(lambda: "other.txt" in names())
        assert names() == ["output.txt", "other.txt"]

    monkeypatch.setattr(sending, "FILE_DELAY", 0.0)
    play(tmp_path, story, serve=False)


def test_a_limit_is_waited_out(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.workspace.faults.rate_limited = 2
        deploy_and_check(box)
        await box.wait_until_posted()
        posts = [(at, good) for at, method, good in box.workspace.calls if method == "chat.postMessage"]
        refused, accepted = ([at for at, good in posts if good is wanted] for wanted in (False, True))
        assert len(refused) == 2
        assert min(accepted) - max(refused) >= 0.9, "Retry-After says one second"

    play(tmp_path, story)


def test_a_missing_channel_is_logged_with_what_to_do_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(box: SlackBox) -> None:
        from bot.rehearsal.workspace.workspace_state import BOT_USER

        members = box.workspace.state.channels[CHANNEL].members
        members.discard(BOT_USER)
        box.run_at_gate()
        await box.wait_until(lambda: "not_in_channel" in caplog.text)
        assert "type /invite" in caplog.text
        members.add(BOT_USER)
        await box.wait_until_posted()

    play(tmp_path, story)


def test_many_steps_at_once_are_posted_without_one_refusal(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.workspace.state.strict_rate_limits = True
        run = box.run_at_gate()
        for attempt in range(1, 9):
            box.run_step(run, HEALTH, attempt=attempt)
        await box.wait_until_posted()
        posts = [good for _, method, good in box.workspace.calls if method == "chat.postMessage"]
        assert len(posts) > 8
        assert box.workspace.rate_limiter.refused == []

    play(tmp_path, story)


def test_a_busy_run_sends_no_more_updates_than_slack_allows(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        for attempt in range(1, 61):
            box.begin_step(run, HEALTH, attempt)
            await asyncio.sleep(0.05)
            box.end_step(run, HEALTH, attempt=attempt)
        await asyncio.sleep(2)
        assert box.workspace.rate_limiter.highest_rate("chat.update") <= 50

    play(tmp_path, story)


class SlowToAnswer:
    """A client that answers when it may."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()

    async def chat_getPermalink(self, **_: str) -> dict[str, str]:  # noqa: N802  Slack's own name
        await self.may_answer.wait()
        return {"permalink": "https://shop.slack.com/archives/C1/p1"}


def test_whoever_is_stopped_while_an_address_is_asked_for_stops() -> None:
    async def story() -> None:
        client = SlowToAnswer()
        asking = asyncio.create_task(Sender(client).permalink(CHANNEL, "1.0"))  # type: ignore[arg-type]
        await asyncio.sleep(0.05)
        client.may_answer.set()
        asking.cancel()  # at the moment of the answer
        with pytest.raises(asyncio.CancelledError):
            await asking

    asyncio.run(story())


def test_an_address_that_slack_does_not_tell_is_none_and_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "LINK_LIMIT", 0.05)
    assert asyncio.run(Sender(SlowToAnswer()).permalink(CHANNEL, "1.0")) == ""  # type: ignore[arg-type]
