"""What an error of Slack means: wait for it, send the message in another way, or post it anew."""

from __future__ import annotations

import logging

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.api_error import TEMPORARY, TO_BE_MENDED
from bot.slack.outbox.refusals import (
    ABOUT_THE_MESSAGE,
    GONE,
    TOO_OLD,
    GoneFromSlack,
    NotNow,
    RefusedBySlack,
    TooOldToChange,
    require_soon,
    retry_after,
)


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


@pytest.mark.parametrize(
    ("error", "seconds", "log"),
    [
        (aiohttp.ClientConnectionError(), 0.5, "Slack is unreachable (ClientConnectionError)"),
        (answer("ratelimited", 429, **{"Retry-After": "7"}), 7.0, "rate limited by Slack"),
        (answer("internal_error"), 0.5, "Slack has an error (internal_error)"),
        (answer("", 503), 0.5, "Slack has an error (HTTP status 503)"),
        (answer("", 403), 0.5, "something other than Slack answers (HTTP status 403, no JSON), such as a proxy"),
        (answer("token_revoked"), 0.5, "install the app again and copy the new token (OAuth & Permissions)"),
        (answer("is_archived"), 0.5, "unarchive the channel, or set GONOGO_CHANNEL to another one"),
        (answer("restricted_action_read_only_channel"), 0.5, "ask an administrator"),
        (answer("team_is_moving"), 0.5, "which the bot does not know. Look the name up"),
    ],
    ids=["unreachable", "limit", "error", "no JSON", "a proxy", "token", "archived", "read-only", "unknown"],
)
def test_an_error_that_may_pass_is_logged_and_waited_for(
    error: Exception, seconds: float, log: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert retry_after(error, "chat.postMessage", 0) == seconds
    assert log in caplog.text


def test_the_wait_grows_to_its_limit() -> None:
    waits = [retry_after(TimeoutError(), "chat.postMessage", failures) for failures in range(6)]
    assert waits == [0.5, 1.0, 2.0, 2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("name", "waits"), [("team_is_moving", [0.5, 4.0, 32.0, 60.0, 60.0]), ("is_archived", [0.5, 4.0, 15.0, 15.0, 15.0])]
)
def test_the_wait_after_an_error_that_does_not_pass_by_itself_grows_further(name: str, waits: list[float]) -> None:
    assert [retry_after(answer(name), "chat.postMessage", failures) for failures in (0, 3, 6, 7, 900)] == waits


@pytest.mark.parametrize("name", ["invalid_blocks", "msg_too_long", "metadata_too_large"])
def test_an_error_about_the_message_itself_is_raised(name: str) -> None:
    with pytest.raises(RefusedBySlack, match=name) as refused:
        retry_after(answer(name), "chat.postMessage", 0)
    assert not isinstance(refused.value, GoneFromSlack)


@pytest.mark.parametrize("name", ["message_not_found", "thread_not_found", "cant_update_message"])
def test_a_message_that_is_gone_is_told_from_one_that_is_wrong(name: str) -> None:
    with pytest.raises(GoneFromSlack, match=name):
        retry_after(answer(name), "chat.update", 0)


def test_a_message_that_is_too_old_to_be_changed_is_told_from_one_that_is_gone() -> None:
    with pytest.raises(TooOldToChange, match="edit_window_closed"):
        retry_after(answer("edit_window_closed"), "chat.update", 0)


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize(
    "name", ["invalid_moon_phase", "msg_is_on_strike", "too_many_cooks", "file_is_shy", "thread_x"]
)
def test_an_unknown_name_is_never_taken_for_the_messages_fault(name: str) -> None:
    assert retry_after(answer(name), "chat.postMessage", 0) == 0.5


def test_no_name_means_two_things() -> None:
    groups = [ABOUT_THE_MESSAGE, GONE, TOO_OLD, TEMPORARY, TO_BE_MENDED]
    assert len(frozenset().union(*groups)) == sum(map(len, groups))


def test_a_channel_that_a_file_cannot_be_shared_in_is_no_fault_of_the_file() -> None:
    assert retry_after(answer("invalid_channel"), "files.completeUploadExternal", 0) == 0.5


@pytest.mark.parametrize(("name", "is_soon"), [("internal_error", True), ("ratelimited", True), ("ekm_is_off", False)])
def test_only_what_passes_by_itself_is_waited_for_by_a_change_that_can_come_later(name: str, is_soon: bool) -> None:
    if is_soon:
        require_soon(answer(name))
        require_soon(TimeoutError())
        return
    with pytest.raises(NotNow, match=name):
        require_soon(answer(name))
