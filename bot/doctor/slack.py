"""The doctor's checks of Slack: tokens, scopes, the channel, people and groups of the roles."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Settings
from bot.slack.answers import NotAnswered
from bot.slack.directory import Account, Workspace, account_of, members_of, workspace_of
from bot.slack.methods import SCOPES
from bot.slack.serve import make_client
from commands.ports.preflight import FAIL, OK, PreflightResult
from commands.runbook.people import is_user_group
from commands.start.preflight import PreflightLine

ABOUT = "Slack"
_TODO = {
    "invalid_auth": "copy the token again from the app's page (OAuth & Permissions)",
    "not_authed": "copy the token again from the app's page (OAuth & Permissions)",
    "token_revoked": "install the app again and copy the new token",
    "account_inactive": "install the app again and copy the new token",
    "not_allowed_token_type": "xoxb-… goes into SLACK_BOT_TOKEN, xapp-… into SLACK_APP_TOKEN",
    "channel_not_found": "copy the channel's id (C…) into the environment; invite the bot to a private channel first",
    "not_in_channel": "type /invite @gonogo in the channel",
    "is_archived": "unarchive the channel, or set another one",
    "user_not_found": "correct the id (U…) in the bot's environment",
    "no_such_subteam": "correct the id (S…) in the bot's environment",
    "plan_upgrade_required": "this workspace's plan has no user groups; name people (U…) instead",
    "missing_scope": "install the app again with manifest.yml",
}


def check_slack(settings: Settings, channel: str, roles: Mapping[str, list[str]]) -> list[PreflightLine]:
    """Every line about Slack. `roles` names people (U…) and groups (S…) by role. Must not run in an event loop."""
    if not settings.bot_token:
        todo = "set it, or use the terminal only: `gonogo serve --no-slack` and `gonogo doctor --no-slack`"
        return [_line(FAIL, "SLACK_BOT_TOKEN is not set", todo)]
    return asyncio.run(_check(settings, channel, roles))


async def _check(settings: Settings, channel: str, roles: Mapping[str, list[str]]) -> list[PreflightLine]:
    client = make_client(settings)
    token = await _answered("the bot token", lambda: _token(client))
    if any(line.result.level == FAIL for line in token):
        return token
    workspace = await workspace_of(client)
    members = await _known_members(client, channel)
    holders: dict[str, list[str]] = {}
    for role, names in roles.items():
        for name in names:
            holders.setdefault(name, []).append(role)
    checks = [
        _answered(f"channel {channel}", lambda: _channel(client, channel)),
        _answered("the app token", lambda: _app(client, settings)),
        *(
            _answered(f"{name} ({', '.join(held)})", _holder(client, name, held, workspace, members))
            for name, held in holders.items()
        ),
    ]
    lines = [line for result in await asyncio.gather(*checks) for line in result]
    if holders and not any(line.result.level == FAIL for line in lines):
        lines.append(_line(OK, f"all {len(holders)} people and groups of the roles exist"))
    return token + lines


async def _answered(about: str, check: Callable[[], Awaitable[list[PreflightLine]]]) -> list[PreflightLine]:
    """The lines of one check, or one line that says why Slack gave no answer."""
    try:
        return await check()
    except SlackApiError as error:
        name = str(error.response.get("error", "an error"))
        todo = _TODO.get(name, "look up this error in Slack's documentation")
        return [_line(FAIL, f"{about}: Slack answers {name}", todo)]
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        problem = f"{about}: Slack is unreachable ({type(error).__name__})"
        return [_line(FAIL, problem, "check the network and the proxy")]


async def _token(client: AsyncWebClient) -> list[PreflightLine]:
    answer = await client.auth_test()
    headers = {name.lower(): value for name, value in (answer.headers or {}).items()}
    scopes = {scope.strip() for scope in str(headers.get("x-oauth-scopes", "")).split(",")}
    if missing := sorted(SCOPES - scopes):
        problem = f"the app lacks {'scope' if len(missing) == 1 else 'scopes'} {', '.join(missing)}"
        return [_line(FAIL, problem, "install the app again with manifest.yml")]
    return [_line(OK, f"the bot token belongs to {answer['user']} in {answer['team']}, with all {len(SCOPES)} scopes")]


async def _channel(client: AsyncWebClient, channel: str) -> list[PreflightLine]:
    await client.conversations_history(channel=channel, limit=1)
    return [_line(OK, f"the bot is in channel {channel}")]


async def _app(client: AsyncWebClient, settings: Settings) -> list[PreflightLine]:
    if not settings.app_token:
        if settings.signing_secret:
            return [_line(OK, f"HTTP mode, on {settings.http_host} port {settings.port}")]
        return [_line(FAIL, "neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set", "set one of them")]
    await client.apps_connections_open(app_token=settings.app_token)
    return [_line(OK, "the app token opens a socket")]


async def _known_members(client: AsyncWebClient, channel: str) -> frozenset[str] | None:
    """The members of the channel; None where Slack does not say, which the channel's own line tells."""
    try:
        return await members_of(client, channel)
    except (SlackApiError, NotAnswered, aiohttp.ClientError, TimeoutError, OSError):
        return None


def _holder(
    client: AsyncWebClient, name: str, roles: list[str], workspace: Workspace, members: frozenset[str] | None
) -> Callable[[], Awaitable[list[PreflightLine]]]:
    """The check of a person or group that holds roles; it has no line where all is well."""

    async def check() -> list[PreflightLine]:
        held = ", ".join(roles)
        if is_user_group(name):
            in_group: list[Any] = (await client.usergroups_users_list(usergroup=name))["users"]
            todo = "add people to it, or name others in the bot's environment"
            return [] if in_group else [_line(FAIL, f"group {name} ({held}) is empty", todo)]
        account = account_of((await client.users_info(user=name))["user"])
        if problem := _why_not(account, workspace):
            return [_line(FAIL, f"{name} ({held}) {problem}", "name somebody else in the bot's environment")]
        if members is not None and name not in members:
            return [_line(FAIL, f"{name} ({held}) is not in the channel", "invite them: only its members may act")]
        return []

    return check


def _why_not(account: Account, workspace: Workspace) -> str:
    """Why an account can hold no role; "" if it can."""
    if account.deactivated:
        return "is deactivated"
    if account.bot:
        return "is a bot"
    if account.guest:
        return "is a guest, and guests may not sign"
    return "" if account.belongs_to(workspace) else "belongs to another workspace"


def _line(level: str, summary: str, todo: str = "") -> PreflightLine:
    return PreflightLine(about=ABOUT, result=PreflightResult(level=level, summary=summary, todo=todo))
