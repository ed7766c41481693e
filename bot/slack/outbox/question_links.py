"""The addresses of a run's questions in Slack, so that the card leads to them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from bot.slack.outbox.sender import Sender
from bot.slack.views.snapshot import INVITED, Asked, Question
from state.events import EventData, PeopleAsked, PeopleInvited
from state.records import Event

PAUSE = 60.0  # seconds after which Slack is asked again for what it did not answer


class QuestionLinks:
    """The addresses of one run's questions. A card without one says where the buttons are, so nothing waits for it."""

    def __init__(self, sender: Sender, channel: str) -> None:
        self._sender, self._channel = sender, channel
        self._links: dict[str, str] = {}  # ts of the message -> its address
        self._failed_at = -PAUSE

    def known(self, events: Iterable[Event], posts: Mapping[int, str]) -> dict[Question, Asked]:
        """Each question of these events, with its time and, where that is known, its address."""
        return {
            question: Asked(at=event.at, link=self._links.get(posts.get(event.id, ""), ""))
            for event in events
            if (question := _question(event.data))
        }

    async def learn(self, events: Iterable[Event], posts: Mapping[int, str]) -> None:
        """Ask Slack for the address of the newest question without one. What it does not answer is asked for later."""
        asked = [posts.get(event.id, "") for event in events if _question(event.data)]
        ts = next((ts for ts in reversed(asked) if ts and ts not in self._links), "")
        if not ts or time.monotonic() - self._failed_at < PAUSE:
            return
        if link := await self._sender.permalink(self._channel, ts):
            self._links[ts] = link
        else:
            self._failed_at = time.monotonic()


def _question(data: EventData) -> Question | None:
    """What an event asks people; None if nothing."""
    if isinstance(data, PeopleInvited):
        return INVITED
    return (data.ask, data.step, data.attempt) if isinstance(data, PeopleAsked) else None
