"""Kills around a queued start: it is queued, asked about and started once, by people only."""

from __future__ import annotations

import asyncio

from bot.rehearsal.message_content import action_ids
from bot.rehearsal.role_holders import STARTER
from bot.rehearsal.workspace import Message
from state.events import RunStarted
from state.records import RunState
from tests.crash.conftest import Play
from tests.crash.message_checks import message_problems
from tests.crash.simulated_users import LEAD
from tests.crash.single_run import RECORD, SingleRun, page, run_step
from tests.crash.test_kills_around_slack import keep


async def button(single: SingleRun, action: str) -> Message:
    """The newest message with a button; waits until there is one."""
    workspace = single.sandbox.workspace

    def has(message: Message) -> bool:
        return action in action_ids(message.blocks)

    return await workspace.wait_for(has, 60)


async def press(single: SingleRun, person: str, action: str) -> None:
    """Press a button, and again until the bot acknowledges."""
    message = await button(single, action)
    while not (await single.sandbox.workspace.press(person, message.ts, action)).acked:
        await asyncio.sleep(0.05)


def kinds(single: SingleRun, number: int) -> list[str]:
    """The kinds of a start's events."""
    return [event.data.stored_kind for event in single.store.events(number)]


def test_a_start_is_queued_asked_about_and_started_once_whenever_the_bot_is_killed(play: Play) -> None:
    async def test(single: SingleRun) -> None:
        store, workspace = single.store, single.sandbox.workspace
        single.begin(page(run_step("one", RECORD)))
        await single.wait_for_step("one")
        await single.wait_until(single.sandbox.is_heard, "the bot's socket")
        assert (await workspace.command(STARTER.id, "/deploy start page.md")).acked
        await button(single, "queue_behind")
        await single.restart_bot()
        await press(single, STARTER.id, "queue_behind")
        await single.wait_until(store.queued, "the queued start")
        queued = store.queued()[0].id
        await single.restart_bot()
        await press(single, STARTER.id, "queue_behind")  # Slack or a person sends it once more
        await keep(single)
        await single.wait_until(lambda: "start asked" in kinds(single, queued), "the question")
        await single.restart_bot()
        await button(single, "start_queued")
        assert store.active_runs() == [], "nothing begins by itself"
        await press(single, LEAD, "start_queued")
        await single.restart_bot()  # while the hosts are checked, or right after the run was written
        if not store.active_runs():
            await press(single, LEAD, "start_queued")
        await single.wait_until(store.active_runs, "the run that began")
        begun = store.active_runs()[0]
        started = store.events(begun.id)[0].data
        assert isinstance(started, RunStarted)
        assert (started.queued, begun.starter) == (queued, STARTER.id)
        assert store.run(queued).state == RunState.STARTED
        assert len(store.of_queue()) == 1, "a press that came twice queued one start"
        assert kinds(single, queued) == ["queued", "start asked", "queue left"]
        await single.wait_until(lambda: store.events(queued)[-1].id in store.posts(queued), "the last post")
        assert not (problems := message_problems(workspace, store, queued)), problems
        assert store.changes(queued) == []

    play(test)
