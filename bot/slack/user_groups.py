"""User groups: a role may name a Slack group, whose members Slack is asked for every five minutes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from commands.runbook import Page
from commands.runbook.people import People

LOG = logging.getLogger("gonogo.slack")
EVERY = 300.0  # seconds

Mentions = Callable[[Page], Mapping[str, list[str]]]


class UserGroups:
    """The members of every user group that the roles name; while Slack is away the last known ones stand."""

    def __init__(self, client: AsyncWebClient, pages: Callable[[], Mapping[str, Page]], mentions: Mentions) -> None:
        self.client = client
        self._pages = pages
        self._mentions = mentions
        self._members: dict[str, frozenset[str]] = {}

    def people(self, page: Page) -> People:
        """Who may act in each role, with its groups replaced by their members."""
        return {role: self._expanded(names) for role, names in self._mentions(page).items()}

    async def serve(self) -> None:
        """Ask for the members until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(EVERY)

    async def refresh(self) -> None:
        """Ask for the members of every named group once; what goes wrong is logged in words."""
        for group in sorted(self._named()):
            try:
                answer = await self.client.usergroups_users_list(usergroup=group)
                self._members[group] = frozenset(answer["users"])
            except SlackApiError as error:
                LOG.warning("user group %s: %s", group, _why(str(error.response.get("error", ""))))
            except (aiohttp.ClientError, TimeoutError) as error:
                LOG.warning("user group %s: Slack cannot be reached (%s)", group, type(error).__name__)

    def _named(self) -> set[str]:
        pages = self._pages().values()
        return {name for page in pages for names in self._mentions(page).values() for name in names if _is_group(name)}

    def _expanded(self, names: list[str]) -> frozenset[str]:
        plain = {name for name in names if not _is_group(name)}
        return frozenset(plain.union(*(self._members.get(name, frozenset()) for name in names)))


def _is_group(name: str) -> bool:
    return name.startswith("S")


def _why(error: str) -> str:
    known = {
        "plan_upgrade_required": "this workspace's plan has no user groups; name people (U…) instead.",
        "no_such_subteam": "there is no such group; check the id (S…) in the bot's environment.",
        "missing_scope": "the app lacks the scope usergroups:read; install it again with manifest.yml.",
    }
    return known.get(error, f"Slack answers {error}.")
