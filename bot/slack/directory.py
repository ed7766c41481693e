"""What Slack says of people and channels, and who the bot itself is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.allowance import Allowance
from bot.slack.answers import KEPT, Answers, NotAnswered
from bot.slack.api_error import TO_BE_MENDED, status_and_name, what_to_do
from state.errors import BadRecord
from state.frozen import dataclass

LOG = logging.getLogger("gonogo.slack")
PAGE_LENGTH = 999  # members in one answer; Slack's largest
MOST_PAGES = 100  # a channel with more members than that has no list that anybody reads
# people of a channel who are asked about in one round although nobody waits for it, and the seconds between two
# questions: Slack allows 100 a minute, and the list of members must not grow old meanwhile
WARMED, WARM_INTERVAL = 20, 1.0
# channels whose members are asked for although nobody waits for it, a second and at once: Slack allows all bots
# together 100 such calls a minute, and leaves people who press unknown where it refuses one
WARM_RATE, WARM_BURST = 30 / 60, 15
UNKNOWN_PERSON = frozenset({"user_not_found", "user_not_visible"})


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """The workspace that the bot's token belongs to, and its Enterprise Grid organization ("" for none)."""

    team: str
    enterprise: str = ""


@dataclass(frozen=True, kw_only=True)
class Account:
    """A person's account. `team` is the workspace that it belongs to; "" for one that Slack does not know.

    `enterprise` is its Enterprise Grid organization, and `teams` the workspaces of that which it may use.
    """

    team: str
    enterprise: str = ""
    teams: frozenset[str] = frozenset()
    stranger: bool = False
    guest: bool = False
    bot: bool = False
    deactivated: bool = False

    def belongs_to(self, workspace: Workspace) -> bool:
        """Whether it is an account of this workspace, its own or one of the same organization that may use it."""
        if self.stranger:
            return False
        same = bool(workspace.enterprise) and self.enterprise == workspace.enterprise
        return self.team == workspace.team or (same and workspace.team in self.teams)

    def is_foreign_to(self, workspace: Workspace) -> bool:
        """Whether it is known to belong elsewhere. A workspace that Slack leaves out is not known."""
        return self.stranger or (bool(self.team) and not self.belongs_to(workspace))


class Directory:
    """People and channels, as Slack says."""

    def __init__(self, client: AsyncWebClient, channels: Callable[[], set[str]]) -> None:
        self._client = client
        self._channels = channels
        self.workspace = Answers(lambda _: workspace_of(client))
        self.accounts = Answers(self._ask_account)
        self.members = Answers(lambda channel: members_of(client, channel))
        self._warming = Allowance(WARM_RATE, WARM_BURST, at_start=WARM_BURST)

    async def serve(self) -> None:
        """Know the bot's channels and the people in them before anybody presses, until cancelled.

        So stopping never waits for Slack. The members are asked for again before they are older than KEPT.
        """
        while True:
            try:
                for channel in sorted(await asyncio.to_thread(self._channels)):
                    await self._warm(channel)
            except BadRecord as error:
                LOG.warning("the people in the bot's channels were not asked for; trying again: %s", error)
            except Exception:  # it must not end the bot
                LOG.exception("the people in the bot's channels were not asked for; trying again")
            await asyncio.sleep(KEPT / 2)

    async def _warm(self, channel: str) -> None:
        try:
            if self.workspace.known("") is None:
                await self.workspace.fresh("")
            await self._warming.take()
            people = await self.members.fresh(channel)
            for person in [person for person in sorted(people) if self.accounts.known(person) is None][:WARMED]:
                await self.accounts.fresh(person)
                await asyncio.sleep(WARM_INTERVAL)
        except NotAnswered as error:
            LOG.warning(
                "%s, so nobody knows who is in channel %s. Continuing in Slack waits; rolling back does not.%s",
                error,
                channel,
                f" To do: {what_to_do(error.name)}." if error.name in TO_BE_MENDED else "",
            )

    async def _ask_account(self, person: str) -> Account:
        try:
            answer = await self._client.users_info(user=person)
        except SlackApiError as error:
            if status_and_name(error)[1] in UNKNOWN_PERSON:
                return Account(team="", stranger=True)
            raise
        return account_of(answer["user"])


async def workspace_of(client: AsyncWebClient) -> Workspace:
    """The workspace of the client's token. Raises what slack_sdk raises."""
    answer = await client.auth_test()
    return Workspace(team=str(answer["team_id"]), enterprise=str(answer.get("enterprise_id") or ""))


async def members_of(client: AsyncWebClient, channel: str) -> frozenset[str]:
    """The members of a channel, from all pages of the list.

    Raises what slack_sdk raises, and NotAnswered if the list has no end.
    """
    people: set[str] = set()
    cursor = ""
    for _ in range(MOST_PAGES):
        page = await client.conversations_members(channel=channel, limit=PAGE_LENGTH, cursor=cursor)
        people.update(page["members"])
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return frozenset(people)
    raise NotAnswered("Slack's list of members has no end")


def account_of(user: Mapping[str, Any]) -> Account:
    """The account of a user object of Slack. What is not said is not so, but a user without a team belongs nowhere."""
    organization = user.get("enterprise_user") or {}
    return Account(
        team=str(user.get("team_id") or ""),
        enterprise=str(organization.get("enterprise_id") or ""),
        teams=frozenset(map(str, organization.get("teams") or ())),
        stranger=bool(user.get("is_stranger")),
        guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        bot=bool(user.get("is_bot") or user.get("is_workflow_bot") or user.get("id") == "USLACKBOT"),
        deactivated=bool(user.get("deleted")),
    )
