"""User groups: a role may name a Slack group; its members are refreshed every five minutes."""

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
REFRESH_INTERVAL = 300.0  # seconds

Mentions = Callable[[Page], Mapping[str, list[str]]]


class UserGroups:
    """The members of every user group that a role names. While Slack is unreachable, the last known members count."""

    def __init__(self, client: AsyncWebClient, pages: Callable[[], Mapping[str, Page]], mentions: Mentions) -> None:
        self.client = client
        self._pages = pages
        self._mentions = mentions
        self._members: dict[str, frozenset[str]] = {}

    def people(self, page: Page) -> People:
        """The people who may act in each role, with every group replaced by its members."""
        return {role: self._expanded(names) for role, names in self._mentions(page).items()}

    async def serve(self) -> None:
        """Refresh the members again and again, until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(REFRESH_INTERVAL)

    async def refresh(self) -> None:
        """Ask for the members of every named group once. Errors are logged, with what to do."""
        for group in sorted(self._named_groups()):
            try:
                answer = await self.client.usergroups_users_list(usergroup=group)
                self._members[group] = frozenset(answer["users"])
            except SlackApiError as error:
                LOG.warning("user group %s: %s", group, _explained(str(error.response.get("error", ""))))
            except (aiohttp.ClientError, TimeoutError) as error:
                LOG.warning("user group %s: Slack is unreachable (%s)", group, type(error).__name__)

    def _named_groups(self) -> set[str]:
        pages = self._pages().values()
        return {name for page in pages for names in self._mentions(page).values() for name in names if _is_group(name)}

    def _expanded(self, names: list[str]) -> frozenset[str]:
        people = {name for name in names if not _is_group(name)}
        return frozenset(people.union(*(self._members.get(name, frozenset()) for name in names)))


def _is_group(name: str) -> bool:
    return name.startswith("S")


def _explained(error: str) -> str:
    known = {
        "plan_upgrade_required": "this workspace's plan has no user groups. Name people (U…) instead.",
        "no_such_subteam": "this group does not exist. Check its id (S…) in the bot's environment.",
        "missing_scope": "the app lacks the scope usergroups:read. Install it again with manifest.yml.",
    }
    return known.get(error, f"Slack answers {error}.")
