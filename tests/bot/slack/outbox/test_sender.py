"""Sending to Slack: limits and outages are waited out, and nothing is posted twice."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.outbox import sender as sending
from bot.slack.outbox.sender import RefusedBySlack, Sender, _retry_after
from bot.slack.serve import make_client
from bot.slack.views.blocks import Message, Upload
from tests.bot.slack.outbox.posted import deploy_and_check, posted_events
from tests.bot.slack.run_writer import CHANNEL, HEALTH
from tests.bot.slack.slack_box import SlackBox, play

HELLO = Message(text="hello", blocks=[])
IDENTITY = {"run": 1, "event": 7, "what": "event", "hash": "x"}


def answer(name: str, status: int = 200, **headers: str) -> SlackApiError:
    """An error as slack_sdk raises it."""
    response = AsyncSlackResponse(
        client=AsyncWebClient(),
        http_verb="POST",
        api_url="chat.postMessage",
        req_args={},
        data={"ok": False, "error": name},
        headers=headers,
        status_code=status,
    )
    return SlackApiError("refused", response)  # type: ignore[no-untyped-call]


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
        first = await sender.post(CHANNEL, "", HELLO, IDENTITY, may_exist=False)
        assert await sender.post(CHANNEL, "", HELLO, IDENTITY, may_exist=True) == first
        other = {**IDENTITY, "hash": "another record"}
        assert await sender.post(CHANNEL, "", HELLO, other, may_exist=True) != first
        assert len(box.workspace.messages()) == 2

    play(tmp_path, story, serve=False)


def test_a_file_that_may_exist_is_looked_for_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(box: SlackBox) -> None:
        sender = Sender(make_client(box.settings))
        thread = await sender.post(CHANNEL, "", HELLO, IDENTITY, may_exist=False)
        file = Upload(name="output.txt", title="Output", content="text")

        def names() -> list[str]:
            return [shared["name"] for message in box.workspace.messages() for shared in message.files]

        await sender.upload(CHANNEL, thread, file, may_exist=False)
        await box.wait_until(names)  # a shared file appears a moment later
        await sender.upload(CHANNEL, thread, file, may_exist=True)
        await sender.upload(CHANNEL, thread, replace(file, name="other.txt"), may_exist=True)
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
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
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

    monkeypatch.setattr(sending, "BLOCKED_RETRY", 0.2)
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


def test_an_update_over_the_limit_waits_until_the_minute_is_over(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        sender = Sender(make_client(box.settings))
        ts = await sender.post(CHANNEL, "", HELLO, IDENTITY, may_exist=False)
        for _ in range(sending.UPDATES_PER_MINUTE):
            await sender.update(CHANNEL, ts, HELLO)
        sender._updates[0] -= 59.5  # as if the first one was almost a minute ago
        first = sender._updates[0]
        await sender.update(CHANNEL, ts, HELLO)
        assert sender._updates[-1] - first >= 60

    play(tmp_path, story, serve=False)


def test_redraws_leave_room_for_new_events(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("bot.slack.outbox.sender.time.monotonic", lambda: now[0])
    sender = Sender(AsyncWebClient(token="xoxb-1"))
    counts = {}
    for number in range(1, sending.UPDATES_PER_MINUTE + 1):
        sender._updates.append(now[0])
        counts[number] = (sender.crowded, sender.full)
    assert counts[22] == (False, False)
    assert counts[23] == (True, False), "from half of the limit on, redraws become rarer"
    assert counts[30] == (True, True), "from two thirds on, they wait"
    now[0] += 60
    assert not sender.crowded, "a minute later the limit is free again"


@pytest.mark.parametrize(
    ("error", "seconds", "log"),
    [
        (aiohttp.ClientConnectionError(), 0.5, "Slack is unreachable (ClientConnectionError)"),
        (answer("ratelimited", 429, **{"Retry-After": "7"}), 7.0, "rate limited by Slack"),
        (answer("internal_error"), 0.5, "Slack has an error (internal_error)"),
        (answer("", 503), 0.5, "Slack has an error (503)"),
        (answer("token_revoked"), sending.BLOCKED_RETRY, "install the app again and set the new token"),
        (answer("restricted_action_read_only_channel"), 0.5, "which the bot does not know. Look the name up"),
    ],
    ids=["unreachable", "limit", "error", "no JSON", "blocked", "unknown"],
)
def test_an_error_that_may_pass_is_logged_and_waited_for(
    error: Exception, seconds: float, log: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert _retry_after(error, "chat.postMessage", 0) == seconds
    assert log in caplog.text


def test_the_wait_grows_to_its_limit() -> None:
    waits = [_retry_after(TimeoutError(), "chat.postMessage", failures) for failures in range(6)]
    assert waits == [0.5, 1.0, 2.0, 2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    "name", ["invalid_blocks", "msg_too_long", "metadata_too_large", "message_not_found", "edit_window_closed"]
)
def test_an_error_about_the_message_itself_is_raised(name: str) -> None:
    with pytest.raises(RefusedBySlack, match=name):
        _retry_after(answer(name), "chat.postMessage", 0)


def test_the_wait_after_an_unknown_error_grows_to_a_minute() -> None:
    waits = [_retry_after(answer("team_is_moving"), "chat.postMessage", failures) for failures in (0, 3, 6, 7, 900)]
    assert waits == [0.5, 4.0, 32.0, 60.0, 60.0]
