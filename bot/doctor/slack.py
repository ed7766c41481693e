"""The doctor looks at Slack: both tokens, each scope, the channel, and whether the people and groups of every role are there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Settings
from bot.slack.methods import SCOPES
from bot.slack.serve import make_client
from commands.ports.preflight import FAIL, OK, PreflightResult
from commands.start.preflight import PreflightLine

ABOUT = "Slack"
_TODO = {
    "invalid_auth": "copy the token again from the app's page (OAuth & Permissions)",
    "not_authed": "copy the token again from the app's page (OAuth & Permissions)",
    "token_revoked": "install the app again and copy the new token",
    "account_inactive": "install the app again and copy the new token",
    "not_allowed_token_type": "xoxb-… goes into SLACK_BOT_TOKEN, xapp-… into SLACK_APP_TOKEN",
    "channel_not_found": "copy the channel's id (C…) into the environment; a private one must have the bot as member",
    "not_in_channel": "type /invite @gonogo there",
    "is_archived": "unarchive it, or name another",
    "user_not_found": "correct the id (U…) in the bot's environment",
    "no_such_subteam": "correct the id (S…) in the bot's environment",
    "plan_upgrade_required": "this workspace's plan has no groups; name people (U…) instead",
    "missing_scope": "install the app again with manifest.yml",
}


def look_at_slack(settings: Settings, channel: str, roles: Mapping[str, list[str]]) -> list[PreflightLine]:
    """Every line about Slack; `roles` names people (U…) and groups (S…) by role. Must not run in an event loop."""
    if not settings.bot_token:
        return [
            _line(FAIL, "SLACK_BOT_TOKEN is not set", "without it there is only the terminal: gonogo serve --no-slack")
        ]
    return asyncio.run(_look(settings, channel, roles))


async def _look(settings: Settings, channel: str, roles: Mapping[str, list[str]]) -> list[PreflightLine]:
    client = make_client(settings)
    first = await _asked("the bot's token", lambda: _token(client))
    if any(line.result.level == FAIL for line in first):
        return first
    holders: dict[str, list[str]] = {}
    for role, names in roles.items():
        for name in names:
            holders.setdefault(name, []).append(role)
    others = [
        _asked(f"channel {channel}", lambda: _channel(client, channel)),
        _asked("the app's token", lambda: _app(client, settings)),
        *(_asked(f"{name} ({', '.join(held)})", _someone(client, name, held)) for name, held in holders.items()),
    ]
    found = [line for lines in await asyncio.gather(*others) for line in lines]
    if holders and not any(line.result.level == FAIL for line in found):
        found.append(_line(OK, f"all {len(holders)} people and groups of the roles are there"))
    return first + found


async def _asked(what: str, ask: Callable[[], Awaitable[list[PreflightLine]]]) -> list[PreflightLine]:
    """The lines of one question, or the one that says why Slack would not answer it."""
    try:
        return await ask()
    except SlackApiError as error:
        name = str(error.response.get("error", "an error"))
        return [
            _line(FAIL, f"{what}: Slack answers {name}", _TODO.get(name, "look the answer up in Slack's documentation"))
        ]
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return [
            _line(FAIL, f"{what}: Slack cannot be reached ({type(error).__name__})", "look at the network or the proxy")
        ]


async def _token(client: AsyncWebClient) -> list[PreflightLine]:
    answer = await client.auth_test()
    headers = {name.lower(): value for name, value in (answer.headers or {}).items()}
    given = {scope.strip() for scope in str(headers.get("x-oauth-scopes", "")).split(",")}
    if missing := sorted(SCOPES - given):
        return [_line(FAIL, f"the app lacks {', '.join(missing)}", "install it again with manifest.yml")]
    return [_line(OK, f"the token is {answer['user']}'s in {answer['team']}, with all {len(SCOPES)} scopes")]


async def _channel(client: AsyncWebClient, channel: str) -> list[PreflightLine]:
    await client.conversations_history(channel=channel, limit=1)
    return [_line(OK, f"the bot is in channel {channel}")]


async def _app(client: AsyncWebClient, settings: Settings) -> list[PreflightLine]:
    if not settings.app_token:
        if settings.signing_secret:
            return [_line(OK, f"HTTP mode, on port {settings.port}")]
        return [_line(FAIL, "neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set", "set one of them")]
    await client.apps_connections_open(app_token=settings.app_token)
    return [_line(OK, "the app's token opens a socket")]


def _someone(client: AsyncWebClient, name: str, roles: list[str]) -> Callable[[], Awaitable[list[PreflightLine]]]:
    async def ask() -> list[PreflightLine]:
        held = ", ".join(roles)
        if name.startswith("S"):
            members: list[Any] = (await client.usergroups_users_list(usergroup=name))["users"]
            todo = "put people into it, or name others"
            return [] if members else [_line(FAIL, f"group {name} ({held}) is empty", todo)]
        person = (await client.users_info(user=name))["user"]
        if person.get("deleted"):
            return [_line(FAIL, f"{name} ({held}) is deactivated", "name somebody else in the bot's environment")]
        return []

    return ask


def _line(level: str, summary: str, todo: str = "") -> PreflightLine:
    return PreflightLine(about=ABOUT, result=PreflightResult(level=level, summary=summary, todo=todo))
