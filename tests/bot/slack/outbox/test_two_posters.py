"""Of several bots one posts a run; one that was frozen says and changes nothing more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from bot.rehearsal.target.postgres import Postgres
from bot.slack.allowance import Allowance
from bot.slack.outbox.sender import Sender
from bot.slack.outbox.thread_messages import CARD, Draft, ThreadMessages
from bot.slack.serve import make_client
from bot.slack.views.blocks import Message, Upload
from state.errors import NotOwner
from state.store.database import Duty
from tests.bot.slack.run_writer import CHANNEL
from tests.bot.slack.slack_box import SlackBox, play
from tests.pages import NOON
from tests.state.kept import KeptInPostgres
from tests.state.sqlite.samples import STARTED, new_run

Act = Callable[[ThreadMessages, Draft], Coroutine[Any, Any, None]]


class Frozen(Allowance):
    """An allowance in which whoever takes a call waits until the test lets him go on."""

    def __init__(self) -> None:
        super().__init__(1, 1)
        self.waits, self.wakes = asyncio.Event(), asyncio.Event()

    async def take(self, *, behind: bool = False) -> None:
        self.waits.set()
        await self.wakes.wait()


def draft(text: str) -> Draft:
    message = Message(text=text, blocks=[])
    return Draft(drawn=message, plain=message, identity={"run": 1, "event": 2, "what": "event", "hash": "x"})


async def reply(messages: ThreadMessages, said: Draft) -> None:
    await messages.reply(said, may_exist=False)


async def change(messages: ThreadMessages, said: Draft) -> None:
    await messages.update(CARD, said, keep=True)


@pytest.mark.parametrize("act", [reply, change])
def test_a_poster_that_wakes_after_another_bot_took_the_run_sends_nothing(
    postgres: Postgres, tmp_path: Path, act: Act
) -> None:
    kept = KeptInPostgres(postgres, tmp_path)
    kept.prepare()
    first, second = kept.open(serving=True), kept.open(serving=True)
    run = first.start_run(new_run(), NOON, STARTED).id
    ours = first.owned(run, Duty.POSTS)
    assert ours

    async def card() -> Draft:
        return draft("the card")

    async def story(box: SlackBox) -> None:
        sender, frozen = Sender(make_client(box.settings)), Frozen()
        messages = ThreadMessages(ours, sender, run, CHANNEL, card)
        await messages.post_card()
        sender._posts[CHANNEL] = sender._updates = frozen
        saying = asyncio.create_task(act(messages, draft("said again")))
        await frozen.waits.wait()
        kept.admin(  # what PostgreSQL does to the session of a bot that says nothing
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 1 AND granted"
        )
        await box.wait_until(lambda: second.owned(run, Duty.POSTS))
        frozen.wakes.set()
        with pytest.raises(NotOwner):
            await saying
        assert [message.text for message in box.workspace.messages()] == ["the card"]

    try:
        play(tmp_path, story, serve=False)
    finally:
        kept.close()


def test_a_bot_that_may_not_send_any_more_uploads_no_file(tmp_path: Path) -> None:
    async def not_ours() -> None:
        raise NotOwner(1)

    async def story(box: SlackBox) -> None:
        file = Upload(name="output.txt", title="Output", content="text")
        with pytest.raises(NotOwner):
            await Sender(make_client(box.settings)).upload(CHANNEL, "1.0", file, may_exist=False, ask_first=not_ours)
        assert "files.getUploadURLExternal" not in [method for _, method, _ in box.workspace.calls]

    play(tmp_path, story, serve=False)
