"""The real bot on the workspace in a box, with a record that the test writes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.rehearsal.workspace import Message, Person, Workspace
from bot.settings import Settings
from bot.slack.acts import Acts
from bot.slack.directory import Directory
from bot.slack.homes import Homes
from bot.slack.lanes import Lanes
from bot.slack.listeners import Listeners
from bot.slack.membership import Membership
from bot.slack.serve import make_client, serve_slack
from bot.slack.user_groups import UserGroups
from bot.slack.views.blocks import Message as Drawn
from commands.runbook import Page
from state.sqlite.store import Store
from tests.bot.slack.run_writer import CHANNEL, DBA, GUEST, LEAD, PAGE, STARTER, RunWriter, deps_of

PEOPLE = (Person(STARTER, "Nok"), Person(DBA, "Somchai"), Person(LEAD, "Malee"), Person(GUEST, "Guest"))


PATIENCE = 30.0  # seconds until a test gives up waiting; a busy machine takes some


@dataclass
class SlackBox(RunWriter):
    """The workspace, the record and the bot's deps of one test."""

    workspace: Workspace
    settings: Settings

    async def message_with(self, *texts: str, without: str = "", timeout: float = PATIENCE) -> Message:
        """A message that has all these texts, and not `without`; waits until there is one. Raises TimeoutError."""

        def fits(message: Message) -> bool:
            content = f"{message.text} {message.blocks}"
            return all(text in content for text in texts) and not (without and without in content)

        return await self.workspace.wait_for(fits, timeout)

    async def reply_to(self, person: str, *texts: str, timeout: float = PATIENCE) -> Message:
        """A message that only this person sees and that has all these texts; waits until there is one."""
        return await self.workspace.wait_for(
            lambda message: message.only_for == person and all(text in message.text for text in texts), timeout
        )

    async def card(self) -> Message:
        """The card of the first run; waits until it is posted."""
        return await self.message_with("shop:", "Run 1")

    async def wait_until(self, condition: Callable[[], object], timeout: float = PATIENCE) -> None:
        """Wait until a condition holds. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while not condition():
                await asyncio.sleep(0.02)

    async def wait_until_posted(self) -> None:
        """Wait until every event of the first run is posted."""
        await self.wait_until(lambda: self.store.events(1)[-1].id in self.store.posts(1), 20)

    def listeners(self) -> Listeners:
        """The bot's listeners, to be given what Slack would send. They ask the workspace who somebody is."""
        client = make_client(self.settings)
        groups = UserGroups(client, self.deps.known_pages, self.deps.mentions)
        membership, lanes = Membership(Directory(client, lambda: {CHANNEL}), groups), Lanes()
        return Listeners(client, Acts(self.deps, membership, lanes), Homes(client, self.deps, membership, lanes))

    @asynccontextmanager
    async def serving(self, *, sockets: bool = True) -> AsyncIterator[None]:
        """Serve Slack inside the block. With `sockets`, the block begins once a socket is open."""
        task = asyncio.create_task(serve_slack(self.deps, self.settings))
        try:
            await self.wait_until(lambda: not sockets or len(self.workspace.sockets) or task.done(), 30)
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def slack_box(
    folder: Path, page: Page = PAGE, *, serve: bool = True, **changes: object
) -> AsyncIterator[SlackBox]:
    """A box, with the bot serving in it unless `serve` is False. `changes` replace fields of the deps."""
    workspace = Workspace(PEOPLE)
    await workspace.start()
    store = Store(folder / "gonogo.db", serving=True)
    settings = Settings(
        bot_token=workspace.bot_token,
        app_token=workspace.app_token,
        api_url=workspace.api_url,
        runbook=folder,
        state=folder / "gonogo.db",
        environ=dict(os.environ),
    )
    box = SlackBox(store, deps_of(store, page, **changes), page, workspace, settings)
    try:
        if serve:
            async with box.serving():
                yield box
        else:
            yield box
    finally:
        await workspace.stop()
        store.close()


def play(
    folder: Path,
    story: Callable[[SlackBox], Awaitable[None]],
    *,
    serve: bool = True,
    page: Page = PAGE,
    **changes: object,
) -> None:
    """Run a story in a box of its own."""

    async def whole() -> None:
        async with slack_box(folder, page, serve=serve, **changes) as box:
            await story(box)

    asyncio.run(whole())


def buttons(message: Message | Drawn) -> list[str]:
    """The action ids of a message's buttons, in order."""
    return [
        element["action_id"]
        for block in message.blocks
        for element in block.get("elements", [])
        if "action_id" in element
    ]
