"""The messages of one run in Slack: posted once, changed, and posted anew where one is gone."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from bot.slack.outbox.identity import Identity
from bot.slack.outbox.refusals import GoneFromSlack, NotNow, RefusedBySlack, TooOldToChange, growing
from bot.slack.outbox.sender import Sender
from bot.slack.views.blocks import Message
from state.frozen import dataclass
from state.store import RecordStore

LOG = logging.getLogger("gonogo.slack")
CARD = 0  # the event number under which the card's message is stored
# seconds after which a message with an answer's buttons is sent again, though nothing has changed: Slack tells nobody
# that somebody has deleted it
SENT_AGAIN = 60.0
RENEWED_AGAIN = 60.0  # seconds between two messages that take the place of a gone one, at least
# seconds between two that take the place of one that may not be changed any more, if nothing waits for that
TOO_OLD_AGAIN = 600.0


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message to be sent: what it shows, its plain text for when Slack refuses that, and its metadata."""

    drawn: Message
    plain: Message
    identity: Identity


class ThreadMessages:
    """Posts and changes the messages of one run: its card, and the replies in the card's thread.

    `draw_card` draws the card as it is now.
    """

    def __init__(
        self, store: RecordStore, sender: Sender, run: int, channel: str, draw_card: Callable[[], Awaitable[Draft]]
    ) -> None:
        self.store, self.sender, self.run, self.channel = store, sender, run, channel
        self.posts: dict[int, str] = {}  # event id -> ts of its message
        self.may_be_posted = True  # an earlier process may have posted the next event without storing that
        self._draw_card = draw_card
        self._shown: dict[str, Message] = {}  # ts -> the message as Slack has it
        self._sent_at: dict[str, float] = {}  # ts -> when Slack last had it for sure, by the monotonic clock
        self._heads: dict[str, Identity] = {}  # ts -> metadata that its next change must bring
        self._refusals: Counter[str] = Counter()  # ts -> changes refused in a row
        self._paused_until: dict[str, float] = {}
        self._renewed_at: dict[int, float] = {}  # event id -> when its message was posted anew
        self._renewing_card = asyncio.Lock()

    async def require_lock(self) -> None:
        """Raise NotOwner once another bot posts the run, and BadRecord where that cannot be known now."""
        await asyncio.to_thread(self.store.require_lock)

    async def load(self) -> None:
        """Read what is posted already."""
        self.posts = await asyncio.to_thread(self.store.posts, self.run)

    async def save(self, event: int, ts: str) -> None:
        """Store which message shows an event."""
        self.posts[event] = ts
        await asyncio.to_thread(self.store.save_post, self.run, event, self.channel, ts)

    async def save_silent(self, event: int) -> None:
        """Store that the card shows an event; a watch has thousands of them, so that is not kept in memory."""
        await asyncio.to_thread(self.store.save_post, self.run, event, self.channel, self.posts[CARD])

    def forget_silent(self) -> set[int]:
        """Forget, and return, the events that the card shows."""
        silent = {event for event, ts in self.posts.items() if ts == self.posts[CARD]} - {CARD}
        for event in silent:
            del self.posts[event]
        return silent

    # -- posting ------------------------------------------------------------------------------------------------

    async def post_card(self) -> bool:
        """Post the card; False if it is there already."""
        if self.posts.get(CARD):
            return False
        await self.save(CARD, await self._post(await self._draw_card(), "", may_exist=self.may_be_posted))
        return True

    async def reply(self, draft: Draft, *, may_exist: bool) -> str:
        """Post a message in the card's thread; returns its ts, however long that takes."""
        while True:
            card = self.posts[CARD]
            try:
                return await self._post(draft, card, may_exist=may_exist)
            except GoneFromSlack as error:
                await self.renew_card(card, error)

    async def renew_card(self, old: str, why: GoneFromSlack, pause: float = RENEWED_AGAIN) -> None:
        """Post the card anew, unless another one has taken the place of `old` already, or did in the last seconds."""
        async with self._renewing_card:
            if self.posts[CARD] != old:
                return
            if not self._may_renew(CARD, pause):
                await asyncio.sleep(1)
                return
            draft = await self._draw_card()
            await self._replace(CARD, old, why, lambda new: self._post(new, "", may_exist=True, after=old), draft)

    async def _post(self, draft: Draft, thread: str, *, may_exist: bool, after: str = "") -> str:
        """Post a message, or its plain text if Slack refuses it. Raises GoneFromSlack if the thread is gone."""
        after = after or self._newest_ts()
        for failures in itertools.count():
            for message in (draft.drawn, draft.plain):
                try:
                    ts = await self.sender.post(
                        *(self.channel, thread, message, draft.identity),
                        may_exist=may_exist,
                        ask_first=self.require_lock,
                        after=after,
                        gives_way=True,
                    )
                except GoneFromSlack:
                    raise
                except RefusedBySlack as error:
                    self._log_refusal("a message", error, message)
                    may_exist = True
                else:
                    self._has(ts, message)
                    if message != draft.drawn:
                        self._pause(ts)
                    return ts
            await asyncio.sleep(growing(failures))  # not even its plain text: then it is not the message that is wrong
        raise AssertionError("unreachable")

    def _newest_ts(self) -> str:
        """The newest stored ts; a message that was posted and not stored can only be newer."""
        return max(self.posts.values(), key=lambda ts: float(ts or 0), default="")

    # -- changing -----------------------------------------------------------------------------------------------

    def pin(self, event: int, head: Identity) -> None:
        """Have the next change of an event's message bring this metadata, even if nothing else changes."""
        self._heads[self.posts[event]] = head

    async def update(self, event: int, draft: Draft, *, keep: bool = False) -> bool:
        """Change the message of an event, if it shows something else, or post it anew, if it is gone.

        False if Slack refuses that now; a later call tries it again. With `keep` it is tried until it is accepted.
        """
        for failures in itertools.count():
            ts = self.posts[event]
            if not self._is_due(ts, draft):
                return True
            if not keep and time.monotonic() < self._paused_until.get(ts, 0):
                return False
            if await self._changed(event, ts, draft, keep=keep) or not keep:
                return self._shown.get(self.posts[event]) == draft.drawn
            await asyncio.sleep(growing(failures))
        raise AssertionError("unreachable")

    def _is_due(self, ts: str, draft: Draft) -> bool:
        if not ts:  # an older version stored so that Slack had refused the message
            return False
        if ts in self._heads or self._shown.get(ts) != draft.drawn:
            return True
        return asks_people(draft.drawn) and time.monotonic() - self._sent_at.get(ts, 0) > SENT_AGAIN

    async def _changed(self, event: int, ts: str, draft: Draft, *, keep: bool) -> bool:
        """Whether Slack has the change, or a new message that shows it."""
        head = self._heads.get(ts)
        identity = draft.identity | head if head else None
        for message in (draft.drawn, draft.plain):
            try:
                await self.sender.update(self.channel, ts, message, identity, ask_first=self.require_lock, keep=keep)
            except GoneFromSlack as error:
                return await self._renewed(event, ts, draft, error, keep=keep)
            except NotNow:
                break
            except RefusedBySlack as error:
                self._log_refusal("a change", error, message)
            else:
                self._has(ts, message)
                if self._heads.get(ts) == head:
                    self._heads.pop(ts, None)
                if message == draft.drawn:
                    self._refusals.pop(ts, None)
                    return True
                break
        if not keep:
            self._pause(ts)
        return self._shown.get(ts) == draft.plain

    async def _renewed(self, event: int, old: str, draft: Draft, why: GoneFromSlack, *, keep: bool) -> bool:
        pause = TOO_OLD_AGAIN if isinstance(why, TooOldToChange) and not keep else RENEWED_AGAIN
        if event == CARD:
            await self.renew_card(old, why, pause)
        elif self._may_renew(event, pause):
            await self._replace(event, old, why, lambda new: self.reply(new, may_exist=True), draft)
        if self.posts[event] == old and not keep:
            self._pause(old)
        return self.posts[event] != old

    def _may_renew(self, event: int, pause: float) -> bool:
        """Whether a gone message may be posted anew. One that is gone again at once must not fill the channel."""
        return time.monotonic() - self._renewed_at.get(event, float("-inf")) > pause

    async def _replace(
        self, event: int, old: str, why: GoneFromSlack, post: Callable[[Draft], Awaitable[str]], draft: Draft
    ) -> None:
        what = "the card" if event == CARD else f"the message of event {event}"
        how = "may not be changed any more" if isinstance(why, TooOldToChange) else "is gone"
        LOG.warning("run %s: Slack answers %s: %s %s and is posted anew", self.run, why, what, how)
        identity = draft.identity | self._heads.pop(old, {}) | {"instead_of": old}  # not found where the old one is
        new = await post(Draft(drawn=draft.drawn, plain=draft.plain, identity=identity))
        self._renewed_at[event] = time.monotonic()
        await asyncio.to_thread(self.store.replace_post, self.run, old, new)
        self.posts = {shown: new if ts == old else ts for shown, ts in self.posts.items()}

    def _pause(self, ts: str) -> None:
        """Leave a message alone for a while after a refusal, each time longer."""
        self._paused_until[ts] = time.monotonic() + growing(self._refusals[ts])
        self._refusals[ts] += 1

    def _has(self, ts: str, message: Message) -> None:
        self._shown[ts] = message
        self._sent_at[ts] = time.monotonic()

    def _log_refusal(self, what: str, error: RefusedBySlack, message: Message) -> None:
        then = "its plain text is sent" if message.blocks else f"it is tried again: {message.text}"
        LOG.warning("run %s: Slack refuses %s (%s); %s", self.run, what, error, then)


def asks_people(message: Message) -> bool:
    """Whether a message has buttons that stand nowhere else: all but the rollback's, which the card has too."""
    elements = [element for block in message.blocks for element in block.get("elements", [])]
    return any(element.get("action_id", "rollback") != "rollback" for element in elements)
