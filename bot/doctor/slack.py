"""The doctor's checks of Slack: tokens, scopes, the channel, people and groups of the roles."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.environment import CHANNEL_ID, HOLDER_ID, channel, channel_variable, mentions
from bot.settings import Settings
from bot.slack.answers import NotAnswered
from bot.slack.api_error import NO_ROTATION, said_by, says_for_sure, status_and_name, what_to_do
from bot.slack.directory import Account, Workspace, account_of, members_of, workspace_of
from bot.slack.methods import SCOPES
from bot.slack.serve import make_client
from bot.slack.unreachable import why_unreachable
from commands.ports.preflight import FAIL, OK, WARN, PreflightResult
from commands.runbook import Page
from commands.runbook.people import is_user_group
from commands.start.preflight import PreflightLine
from state.frozen import dataclass

_Lines = list[PreflightLine]
ABOUT = "Slack"


@dataclass(frozen=True, kw_only=True)
class _Checks:
    """The checks of one page. `unanswered` is the level of what Slack was asked in vain."""

    settings: Settings
    page: Page
    unanswered: str

    async def answered(self, about: str, variable: str, check: Callable[[], Awaitable[_Lines]]) -> _Lines:
        """The lines of one check, or one line that says why Slack gave no answer."""
        try:
            return await check()
        except SlackApiError as error:
            name = status_and_name(error)[1]
            todo = what_to_do(name, variable) if name else "check the network and the proxy"
            level = FAIL if says_for_sure(error) else self.unanswered
            return [_line(level, f"{about}: {f'Slack answers {name}' if name else said_by(error)}", todo)]
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            why, todo = why_unreachable(error)
            return [_line(self.unanswered, f"{about}: Slack is unreachable ({why})", todo)]

    async def all(self) -> _Lines:
        """Every line about Slack."""
        settings, environ = self.settings, self.settings.environ
        client = make_client(settings)
        token = await self.answered("the bot token", "SLACK_BOT_TOKEN", lambda: _token(client))
        if any(line.result.level != OK for line in token):
            return token
        name, variable = channel(self.page, environ), channel_variable(self.page)
        workspace, members = await workspace_of(client), await _known_members(client, name)
        holders = _holders(self.page, environ)
        checks = [
            self.answered("the app token", "SLACK_APP_TOKEN", lambda: _app(client, settings)),
            *(
                self.answered(
                    f"{holder.id} ({holder.held})", holder.variable, _holder(client, holder, workspace, members)
                )
                for holder in holders
            ),
        ]
        if CHANNEL_ID.fullmatch(name):  # another line tells where it is no id
            checks.insert(0, self.answered(f"channel {name}", variable, lambda: _channel(client, name, variable)))
        lines = [line for result in await asyncio.gather(*checks) for line in result]
        if holders and all(line.result.level == OK for line in lines):
            lines.append(_line(OK, f"all {len(holders)} people and groups of the roles exist"))
        return token + lines


@dataclass(frozen=True, kw_only=True)
class _Holder:
    """A person or a group that holds roles, and the variables that say so."""

    id: str
    held: str
    variable: str


def check_slack(settings: Settings, page: Page, limit: float = 30.0, *, starting: bool = False) -> _Lines:
    """Every line about Slack, within about `limit` seconds. Must not run in an event loop.

    A run may start (`starting`) while Slack cannot be asked; then that is a warning.
    """
    checks = _Checks(settings=settings, page=page, unanswered=WARN if starting else FAIL)
    if not settings.bot_token:
        todo = "set it, or use the terminal only: `gonogo serve --no-slack` and `gonogo doctor --no-slack`"
        problem = "SLACK_BOT_TOKEN is not set" + (" here, so Slack was not checked" if starting else "")
        return [_line(checks.unanswered, problem, todo)]
    if wrong := settings.unusable():
        return [_line(FAIL, problem) for problem in wrong]

    async def within_limit() -> _Lines:
        async def everything() -> _Lines:
            async with asyncio.timeout(limit):
                return await checks.all()

        return await checks.answered("the checks", "", everything)

    return asyncio.run(within_limit())


def _holders(page: Page, environ: Mapping[str, str]) -> list[_Holder]:
    roles: dict[str, list[str]] = {}
    for role, names in mentions(page, environ).items():
        for name in filter(HOLDER_ID.fullmatch, names):  # another line tells of what is no id
            roles.setdefault(name, []).append(role)
    return [
        _Holder(
            id=name,
            held=", ".join(held),
            variable=" and ".join(dict.fromkeys(page.roles[role].people.removeprefix("$") for role in held)),
        )
        for name, held in roles.items()
    ]


async def _token(client: AsyncWebClient) -> _Lines:
    answer = await client.auth_test()
    headers = {name.lower(): value for name, value in (answer.headers or {}).items()}
    scopes = {scope.strip() for scope in str(headers.get("x-oauth-scopes", "")).split(",")}
    if missing := sorted(SCOPES - scopes):
        problem = f"the app lacks {'scope' if len(missing) == 1 else 'scopes'} {', '.join(missing)}"
        return [_line(FAIL, problem, "install the app again with manifest.yml")]
    found = [_line(OK, f"the bot token belongs to {answer['user']} in {answer['team']}, with all {len(SCOPES)} scopes")]
    # https://docs.slack.dev/authentication/using-token-rotation
    if str(client.token).startswith("xoxe."):
        found.append(_line(FAIL, "the bot token ends 12 hours after it was made: token rotation is on", NO_ROTATION))
    return found


async def _channel(client: AsyncWebClient, channel: str, variable: str) -> _Lines:
    found = (await client.conversations_info(channel=channel))["channel"]
    if found.get("is_archived"):
        return [_line(FAIL, f"channel {channel} is archived", what_to_do("is_archived", variable))]
    if not found.get("is_member"):
        return [_line(FAIL, f"the bot is not in channel {channel}", what_to_do("not_in_channel", variable))]
    return [_line(OK, f"the bot is in channel {channel}")]


async def _app(client: AsyncWebClient, settings: Settings) -> _Lines:
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
    client: AsyncWebClient, holder: _Holder, workspace: Workspace, members: frozenset[str] | None
) -> Callable[[], Awaitable[_Lines]]:
    """The check of a person or group that holds roles; it has no line where all is well."""

    async def check() -> _Lines:
        name, held = holder.id, holder.held
        if is_user_group(name):
            in_group: list[Any] = (await client.usergroups_users_list(usergroup=name))["users"]
            todo = f"add people to it, or name others in {holder.variable}"
            if members is not None and in_group and members.isdisjoint(in_group):
                problem = f"nobody of group {name} ({held}) is in the channel"
                return [_line(FAIL, problem, "invite them: only its members may act")]
            return [] if in_group else [_line(FAIL, f"group {name} ({held}) is empty", todo)]
        account = account_of((await client.users_info(user=name))["user"])
        if problem := _why_not(account, workspace):
            return [_line(FAIL, f"{name} ({held}) {problem}", f"name somebody else in {holder.variable}")]
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
