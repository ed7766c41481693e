"""User groups: a role may name a Slack group; for each act its members are asked for anew."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from commands.runbook import Page
from commands.runbook.people import People, is_user_group
from state.errors import Refused

LOG = logging.getLogger("gonogo.slack")
REFRESH_INTERVAL = 300.0  # seconds
FRESH = 2.0  # seconds in which an answer of Slack counts as that of now: the checks of one press
ASK_LIMIT = 2.0  # seconds that a press waits for Slack's answer

Mentions = Callable[[Page], Mapping[str, list[str]]]

# answers that mean: this group has no members, or Slack will not tell them
_NO_MEMBERS = {
    "plan_upgrade_required": "this workspace's plan has no user groups. Name people (U…) instead.",
    "no_such_subteam": "this group does not exist. Check its id (S…) in the bot's environment.",
    "missing_scope": "the app lacks the scope usergroups:read. Install it again with manifest.yml.",
}


class UserGroups:
    """The members of every user group that a role names."""

    def __init__(self, client: AsyncWebClient, pages: Callable[[], Mapping[str, Page]], mentions: Mentions) -> None:
        self.client = client
        self._pages = pages
        self._mentions = mentions
        self._members: dict[str, frozenset[str]] = {}
        self._asked_at: dict[str, float] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def people(self, page: Page) -> People:
        """The people of each role, with every group replaced by its members as they were known last."""
        return {role: self._expanded(names) for role, names in self._mentions(page).items()}

    def people_now(self, page: Page, person: str) -> People:
        """The people of each role for an act of this person: Slack is asked now for the groups that decide about them.

        Raises Refused while Slack cannot be asked. Must not be called in the event loop.
        """
        named = self._mentions(page)
        groups = {name for names in named.values() for name in names if is_user_group(name)}
        deciding = {group for group in groups if person in self._members.get(group, ())}
        if not deciding and not any(person in names for names in named.values()):
            deciding = groups  # perhaps a new member
        stale = sorted(group for group in deciding if time.monotonic() - self._asked_at.get(group, -FRESH) >= FRESH)
        if stale and not self._ask_now(stale):
            raise Refused(
                f"Slack cannot be asked now who is in {', '.join(stale)}, so the run does not continue. "
                "Nothing was changed; try again. Rolling back and holding work all the same."
            )
        return self.people(page)

    async def serve(self) -> None:
        """Refresh the members again and again, until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            await self.refresh()
            await asyncio.sleep(REFRESH_INTERVAL)

    async def refresh(self) -> None:
        """Ask for the members of every named group once. Errors are logged, with what to do."""
        pages = self._pages().values()
        names = {name for page in pages for names in self._mentions(page).values() for name in names}
        await self._ask(sorted(filter(is_user_group, names)))

    def _ask_now(self, groups: Iterable[str]) -> bool:
        """Ask Slack from a thread. False if it did not answer for every group in time."""
        if self._loop is None:
            return False
        asking = asyncio.run_coroutine_threadsafe(self._ask(groups), self._loop)
        try:
            return asking.result(ASK_LIMIT)
        except TimeoutError:
            asking.cancel()
            LOG.warning("user groups: Slack did not answer within %g s", ASK_LIMIT)
            return False

    async def _ask(self, groups: Iterable[str]) -> bool:
        """Ask for the members of groups. False if Slack gave no answer for one; then its last known members stay."""
        answers = [await self._ask_for(group) for group in groups]
        return all(answers)

    async def _ask_for(self, group: str) -> bool:
        try:
            answer = await self.client.usergroups_users_list(usergroup=group)
            members = frozenset(answer["users"])
        except SlackApiError as error:
            name = str(error.response.get("error", ""))
            LOG.warning("user group %s: %s", group, _NO_MEMBERS.get(name, f"Slack answers {name}."))
            if name not in _NO_MEMBERS:
                return False
            members = frozenset()
        except (aiohttp.ClientError, TimeoutError) as error:
            LOG.warning("user group %s: Slack is unreachable (%s)", group, type(error).__name__)
            return False
        self._members[group] = members
        self._asked_at[group] = time.monotonic()
        return True

    def _expanded(self, names: list[str]) -> frozenset[str]:
        people = {name for name in names if not is_user_group(name)}
        return frozenset(people.union(*(self._members.get(name, frozenset()) for name in names)))
