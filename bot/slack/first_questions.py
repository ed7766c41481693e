"""What a bot asks Slack before it serves: do its tokens count, is it in its pages' channels."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.environment import CHANNEL_ID, channel, channel_variable
from bot.settings import Settings
from bot.slack.api_error import APP_TOKEN, is_unknown, said_by, says_for_sure, status_and_name, what_to_do
from bot.slack.unreachable import why_unreachable
from commands.runbook import Page
from commands.text.phrases import capitalized

LIMIT = 5.0  # seconds for all questions; then the bot serves all the same, and connects when Slack answers


@dataclass(kw_only=True)
class First:
    """What Slack answered: one sentence for each refusal, and the address of the first socket ("" for none).

    `unreachable` says, as a sentence, that Slack gave no answer; "" if it did.
    """

    refused: list[str]
    socket: str = ""
    unreachable: str = ""


async def ask_first(client: AsyncWebClient, settings: Settings, pages: Iterable[Page]) -> First:
    """Ask Slack about the tokens, then about the channels. Raises nothing of Slack's or of the network's."""
    first = First(refused=[])
    try:
        async with asyncio.timeout(LIMIT):
            await _ask(client, settings, pages, first)
    except (aiohttp.ClientError, SlackApiError, TimeoutError, OSError) as error:
        first.unreachable = _no_answer(error, settings)
    return first


async def _ask(client: AsyncWebClient, settings: Settings, pages: Iterable[Page], first: First) -> None:
    async def open_socket() -> None:
        first.socket = str((await client.apps_connections_open(app_token=settings.app_token))["url"])

    bot = await _refusal(client.auth_test, "SLACK_BOT_TOKEN")
    app = await _refusal(open_socket, APP_TOKEN) if settings.app_token else ""
    first.refused = [sentence for sentence in (bot, app) if sentence]
    if bot:
        return  # it would be refused for every channel, too
    variables = {channel(page, settings.environ): channel_variable(page) for page in pages}
    # what holds no channel id is reported before Slack is asked
    for name in filter(CHANNEL_ID.fullmatch, variables):
        if problem := await _channel_problem(client, name, variables[name]):
            first.refused.append(problem)


async def _refusal(ask: Callable[[], Awaitable[object]], variable: str) -> str:
    """Why Slack refuses a token, as a sentence; "" if it takes it. Raises what says nothing for sure."""
    try:
        await ask()
    except SlackApiError as error:
        if not says_for_sure(error):
            raise
        name = status_and_name(error)[1]
        return f"Slack refuses {variable} ({name}): {what_to_do(name, variable)}."
    return ""


async def _channel_problem(client: AsyncWebClient, name: str, variable: str) -> str:
    """Why the bot cannot post in a channel, as a sentence; "" if it can. Raises what says nothing for sure."""
    try:
        found = (await client.conversations_info(channel=name))["channel"]
    except SlackApiError as error:
        if not says_for_sure(error):
            raise
        answer = status_and_name(error)[1]
        return f"{variable}: Slack does not show the bot channel {name} ({answer}): {what_to_do(answer, variable)}."
    if found.get("is_archived"):
        return f"{variable}: channel {name} is archived: {what_to_do('is_archived', variable)}."
    if not found.get("is_member"):
        return f"{variable}: the bot is not in channel {name}: {what_to_do('not_in_channel', variable)}."
    return ""


def _no_answer(error: Exception, settings: Settings) -> str:
    if isinstance(error, SlackApiError):
        why = capitalized(said_by(error))
        why += f": {what_to_do(status_and_name(error)[1])}" if is_unknown(error) else ""
    else:
        cause, todo = why_unreachable(error)
        why = f"Slack is unreachable at {urlsplit(settings.api_url).hostname} ({cause}): {todo}"
    return f"{why}. The bot keeps trying and connects by itself; meanwhile the terminal works."
