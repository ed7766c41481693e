"""User groups: a role may name a Slack group; its members are kept fresh."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.answers import Answers, NotAnswered
from bot.slack.api_error import status_and_name
from commands.runbook import Page
from commands.runbook.people import People
from state.errors import BadRecord

LOG = logging.getLogger("gonogo.slack")
REFRESH_INTERVAL = 300.0  # seconds
# seconds after which a group is asked for again because of somebody who is not in it; Slack allows 20 such questions a
# minute, and whoever has no role may press often
ADDED = 15.0
# errors that say there is no such group (any more), with what to do
NO_GROUP = {
    "plan_upgrade_required": "this workspace's plan has no user groups. Name people (U…) instead.",
    "no_such_subteam": "this group does not exist. Check its id (S…) in the bot's environment.",
}

Mentions = Callable[[Page], Mapping[str, list[str]]]


class UserGroups:
    """The members of every user group that a role names. While Slack is unreachable, the last known members count."""

    def __init__(self, client: AsyncWebClient, pages: Callable[[], Iterable[Page]], mentions: Mentions) -> None:
        self.client = client
        self._pages = pages
        self._mentions = mentions
        self._members = Answers(self._ask)

    def people(self, page: Page) -> People:
        """The people who may act in each role, with every group replaced by its members."""
        return {role: self._expanded(names) for role, names in self._mentions(page).items()}

    async def serve(self) -> None:
        """Refresh the members again and again, until cancelled."""
        while True:
            try:
                await self.refresh()
            except BadRecord as error:
                LOG.warning("user groups were not asked for; trying again: %s", error)
            except Exception:  # it must not end the bot
                LOG.exception("user groups were not asked for; trying again")
            await asyncio.sleep(REFRESH_INTERVAL)

    async def refresh(self) -> None:
        """Ask for the members of every named group once. Errors are logged, with what to do."""
        for group in sorted(self._named_groups()):
            try:
                await self._members.fresh(group)
            except NotAnswered as error:
                LOG.warning("user group %s: %s", group, _explained(error))

    async def ask_again(self, page: Page, person: str) -> None:
        """Ask again for the groups of this page of which the person's last word may be old. Raises NotAnswered.

        So somebody who was taken out of a group is out at once, and somebody who was added to it soon in.
        """
        groups = self._groups_of(page)
        known = [group for group in groups if person in (self._members.known(group) or ())]
        old = [group for group in groups if group not in known and self._members.age(group) > ADDED]
        await asyncio.gather(*map(self._members.fresh, known), *map(self._fresh_or_last, old))

    async def _fresh_or_last(self, group: str) -> None:
        """Ask for a group that the person may have come into. Without an answer, the last known members count."""
        try:
            await self._members.fresh(group)
        except NotAnswered as error:
            LOG.warning("user group %s: %s", group, _explained(error))

    async def ask_all(self, page: Page) -> None:
        """Ask again for every group of this page. Raises NotAnswered."""
        await asyncio.gather(*(self._members.fresh(group) for group in self._groups_of(page)))

    async def _ask(self, group: str) -> frozenset[str]:
        try:
            return frozenset((await self.client.usergroups_users_list(usergroup=group))["users"])
        except SlackApiError as error:
            name = status_and_name(error)[1]
            if name not in NO_GROUP:
                raise
            LOG.warning("user group %s: %s", group, NO_GROUP[name])
            return frozenset()

    def _named_groups(self) -> set[str]:
        return {group for page in self._pages() for group in self._groups_of(page)}

    def _groups_of(self, page: Page) -> list[str]:
        return sorted({name for names in self._mentions(page).values() for name in names if _is_group(name)})

    def _expanded(self, names: list[str]) -> frozenset[str]:
        people = {name for name in names if not _is_group(name)}
        return frozenset(people.union(*(self._members.known(name) or frozenset() for name in names)))


def _is_group(name: str) -> bool:
    return name.startswith("S")


def _explained(error: NotAnswered) -> str:
    if error.name == "missing_scope":
        return "the app lacks the scope usergroups:read. Install it again with manifest.yml."
    return f"{error}. The last known members count."
