"""The names of people, as Slack gives them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from commands.runbook.people import is_person

LOG = logging.getLogger("gonogo.slack")
LIMIT = 3.0  # seconds for all questions of one call: a message waits no longer for names
PAUSE = 60.0  # seconds after which Slack is asked again for what it did not answer


class Names:
    """Asks for each name once, and again after a while where Slack gave none."""

    def __init__(self, client: AsyncWebClient, *, limit: float = LIMIT) -> None:
        self._client = client
        self._limit = limit  # seconds for all questions of one call
        self._names: dict[str, str] = {}
        self._asked: dict[str, float] = {}

    async def of(self, people: Iterable[str]) -> dict[str, str]:
        """The names of people by their ids; whose name is not known is left out. Never raises."""
        wanted = [person for person in sorted(set(people)) if is_person(person)]
        try:
            async with asyncio.timeout(self._limit):
                for person in wanted:
                    await self._ask(person)
        except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError):
            LOG.info("Slack is unreachable, so ids are shown instead of names")
        return {person: self._names[person] for person in wanted if person in self._names}

    async def _ask(self, person: str) -> None:
        if person in self._names or time.monotonic() - self._asked.get(person, -PAUSE) < PAUSE:
            return
        self._asked[person] = time.monotonic()
        try:
            profile = (await self._client.users_info(user=person))["user"]
            name = profile.get("real_name") or profile.get("name")
        except (SlackApiError, KeyError):
            name = None
        if name:
            self._names[person] = str(name)
        else:
            LOG.info("Slack gives no name for %s", person)
