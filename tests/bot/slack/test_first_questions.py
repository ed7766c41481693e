"""`gonogo serve` asks Slack first: a refusal is one sentence; a signal ends the bot quietly."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.rehearsal.target.loopback import free_port
from bot.rehearsal.workspace import Person, Workspace
from bot.rehearsal.workspace.workspace_state import BOT_USER
from tests.bot.test_serve import start_run

PEOPLE = (Person("UDBA", "Somchai"), Person("ULEAD", "Malee"))
CHANNEL = "C01DEPLOY"
Change = Callable[[Workspace], dict[str, str]]


async def serve(workspace: Workspace, changes: dict[str, str], number: signal.Signals, until: str) -> tuple[int, str]:
    """The exit code and the log of a bot that gets the signal once its log has a text, unless it ends before."""
    env = os.environ | {
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "SLACK_API_URL": workspace.api_url,
        "GONOGO_CHANNEL": CHANNEL,
    }
    words = (sys.executable, "-m", "bot.cli", "serve")
    bot = await asyncio.create_subprocess_exec(*words, env=env | changes, stderr=asyncio.subprocess.PIPE)
    log = ""
    try:
        async with asyncio.timeout(60):
            assert bot.stderr
            async for line in bot.stderr:
                log += line.decode()
                if until in line.decode():
                    bot.send_signal(number)
            return await bot.wait(), log
    finally:
        if bot.returncode is None:
            bot.kill()
            await bot.wait()


def served(change: Change, number: signal.Signals = signal.SIGTERM, until: str = "\n\n") -> tuple[int, str, list[str]]:
    """The exit code and the log of a bot, and the methods that it called, in a workspace that a test changes."""

    async def story() -> tuple[int, str, list[str]]:
        workspace = Workspace(PEOPLE)
        await workspace.start()
        try:
            code, log = await serve(workspace, change(workspace), number, until)
            return code, log, [method for _, method, _ in workspace.calls]
        finally:
            await workspace.stop()

    return asyncio.run(story())


def without_bot(workspace: Workspace) -> dict[str, str]:
    """The bot is not in the channel."""
    workspace.state.channels[CHANNEL].members.discard(BOT_USER)
    return {}


def archived(workspace: Workspace) -> dict[str, str]:
    """The channel is archived."""
    workspace.state.channels[CHANNEL].is_archived = True
    return {}


def in_outage(workspace: Workspace) -> dict[str, str]:
    """Slack answers 503 to everything."""
    workspace.faults.outage = True
    return {}


def http_mode() -> dict[str, str]:
    """The variables of HTTP mode, with a free port."""
    return {"SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": "s", "GONOGO_PORT": str(free_port())}


REFUSALS: list[tuple[Change, str]] = [
    (
        lambda _: {"SLACK_BOT_TOKEN": "xoxb-1"},
        "Slack refuses SLACK_BOT_TOKEN (invalid_auth): copy the token again from the app's page (OAuth & Permissions).",
    ),
    (
        lambda _: {"SLACK_APP_TOKEN": "xapp-1"},
        (
            "Slack refuses SLACK_APP_TOKEN (invalid_auth): copy the token again from the app's page "
            "(Basic Information, App-Level Tokens)."
        ),
    ),
    (
        lambda _: {"GONOGO_CHANNEL": "C9NONE"},
        (
            "GONOGO_CHANNEL: Slack does not show the bot channel C9NONE (channel_not_found): copy the channel's id "
            "(C…) into GONOGO_CHANNEL; invite the bot to a private channel first."
        ),
    ),
    (without_bot, f"GONOGO_CHANNEL: the bot is not in channel {CHANNEL}: type /invite @gonogo in the channel."),
    (
        archived,
        f"GONOGO_CHANNEL: channel {CHANNEL} is archived: unarchive the channel, or set GONOGO_CHANNEL to another one.",
    ),
]


@pytest.mark.fault("found too late, known before")
@pytest.mark.parametrize(("change", "sentence"), REFUSALS)
def test_what_slack_refuses_ends_the_bot_with_one_sentence_before_it_tries_again(
    shop: Path, change: Change, sentence: str
) -> None:
    code, log, calls = served(change)
    assert code == 1
    _, *said = log.splitlines()  # the first line says what is served
    assert said == [f"gonogo: {sentence}"]
    assert max(calls.count(method) for method in calls) == 1


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open", "conversations.info"])
def test_an_answer_that_the_bot_does_not_know_ends_no_bot(shop: Path, method: str) -> None:
    def refuse(workspace: Workspace) -> dict[str, str]:
        workspace.faults.errors[method] = "team_is_moving"
        return {}

    code, log, _ = served(refuse, until="Slack has an error")
    assert code == 0, log
    assert "(team_is_moving): look up this error in Slack's documentation. The bot keeps trying" in log


def test_in_http_mode_too_slack_is_asked_about_the_token(shop: Path) -> None:
    code, log, _ = served(lambda _: http_mode() | {"SLACK_BOT_TOKEN": "xoxb-1"})
    assert code == 1
    assert log.splitlines()[-1].startswith("gonogo: Slack refuses SLACK_BOT_TOKEN (invalid_auth): ")


def test_a_bot_with_a_run_under_way_serves_on_with_a_refused_token_and_says_so(shop: Path) -> None:
    start_run(shop, "sleep 10").close()
    code, log, _ = served(lambda _: {"SLACK_BOT_TOKEN": "xoxb-1"}, until="connected to Slack")
    assert code == 0, log
    line = next(line for line in log.splitlines() if "Slack refuses SLACK_BOT_TOKEN (invalid_auth)" in line)
    assert " ERROR " in line
    assert "No run can be started before that." in line


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda _: {"SLACK_API_URL": "http://127.0.0.1:9/"},
            "Slack is unreachable at 127.0.0.1 (ClientConnectorError): check the network and the proxy.",
        ),
        (lambda _: {"SLACK_API_URL": "http://slack.invalid/api/"}, "Slack is unreachable at slack.invalid ("),
        (
            in_outage,
            "Slack has an error (HTTP status 503).",
        ),
    ],
)
@pytest.mark.parametrize("mode", ["socket", "http"])
def test_without_a_way_to_slack_the_bot_says_so_and_tries_until_a_signal(
    shop: Path, change: Change, sentence: str, mode: str
) -> None:
    http = http_mode() if mode == "http" else {}
    ended = "gonogo.bolt: Failed to connect" if mode == "socket" else "listening for Slack"
    code, log, _ = served(lambda workspace: change(workspace) | http, until=ended)
    assert code == 0, log
    assert f"WARNING gonogo: {sentence}" in log
    assert "The bot keeps trying and connects by itself; meanwhile the terminal works." in log
    assert "Unclosed" not in log
    assert "Traceback" not in log


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("until", ["serving the record", "connected to Slack"])
def test_a_signal_ends_a_bot_at_any_moment_without_a_word_about_sessions_or_a_traceback(
    shop: Path, number: signal.Signals, until: str
) -> None:
    code, log, _ = served(lambda _: {}, number, until)
    assert code == 0, log
    assert "Unclosed" not in log
    assert "Traceback" not in log
    assert "ERROR" not in log
