"""Sends the messages and files of a drill: whatever leaves here says that it is a drill."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace

from bot.slack.outbox.identity import Identity
from bot.slack.outbox.names import Names
from bot.slack.outbox.sender import Ask, Sender
from bot.slack.views.blocks import Message, Upload
from bot.slack.views.drill import marked, not_called
from commands.progress.drill import MARK


class DrillSender(Sender):
    """The sender of all runs, as a drill uses it: it marks each message, and shows by name whom it does not call.

    It calls only `may_be_called`. It sends nothing while `away`, which gives the seconds until Slack is back in this
    drill; 0 if it is there.
    """

    def __init__(
        self, sender: Sender, may_be_called: Callable[[], Collection[str]], away: Callable[[], float] = lambda: 0
    ) -> None:
        self._sender = sender
        self._may_be_called = may_be_called
        self._away = away
        self._names = Names(sender.client)
        self.client = sender.client

    async def post(  # noqa: PLR0913  each is another matter of one message
        self,
        channel: str,
        thread: str,
        message: Message,
        identity: Identity,
        *,
        may_exist: bool,
        ask_first: Ask,
        after: str = "",
        gives_way: bool = False,
    ) -> str:
        """See `Sender.post`."""
        await self._until_back()
        shown = await self._marked(message)
        return await self._sender.post(
            *(channel, thread, shown, identity),
            may_exist=may_exist,
            ask_first=ask_first,
            after=after,
            gives_way=gives_way,
        )

    async def update(
        self,
        channel: str,
        ts: str,
        message: Message,
        identity: Identity | None = None,
        *,
        ask_first: Ask,
        keep: bool = True,
    ) -> None:
        """See `Sender.update`."""
        await self._until_back()
        await self._sender.update(channel, ts, await self._marked(message), identity, ask_first=ask_first, keep=keep)

    async def upload(self, channel: str, thread: str, file: Upload, *, may_exist: bool, ask_first: Ask) -> None:
        """See `Sender.upload`."""
        own = replace(file, name=f"{MARK}-{file.name}", title=f"{MARK}: {file.title}")
        await self._until_back()
        await self._sender.upload(channel, thread, own, may_exist=may_exist, ask_first=ask_first)

    async def permalink(self, channel: str, ts: str) -> str:
        """See `Sender.permalink`."""
        return await self._sender.permalink(channel, ts)

    @property
    def crowded(self) -> bool:
        """See `Sender.crowded`."""
        return self._sender.crowded

    @property
    def full(self) -> bool:
        """See `Sender.full`."""
        return self._sender.full

    @property
    def spent(self) -> bool:
        """See `Sender.spent`."""
        return self._sender.spent

    async def _until_back(self) -> None:
        while (left := await asyncio.to_thread(self._away)) > 0:
            await asyncio.sleep(min(left, 1.0))

    async def _marked(self, message: Message) -> Message:
        may_be_called = self._may_be_called()
        return marked(message, may_be_called, await self._names.of(not_called(message, may_be_called)))
