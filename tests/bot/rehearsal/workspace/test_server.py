"""The workspace as one object: threads, modals, and waiting for a message or a socket."""

from __future__ import annotations

import asyncio

import pytest

from bot.rehearsal.workspace import Workspace
from tests.bot.rehearsal.workspace.bolt_workspace import LEAD, STARTER, open_workspace, run


def test_a_thread_is_its_first_message_and_the_replies() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            first = await slack.post("first")
            await slack.post("other")
            await slack.post("reply", thread_ts=first)
            assert [message.text for message in slack.workspace.thread(first)] == ["first", "reply"]

    run(test)


def test_closing_every_modal_closes_those_below_too() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            await slack.open_modal(LEAD)
            top = slack.workspace.state.new_view(LEAD.id, slack.workspace.views(LEAD.id)[0].view)
            slack.workspace.state.view_stacks[LEAD.id].append(top)
            assert (await slack.workspace.dismiss(LEAD.id, top.id, every=True)).acked
            assert slack.workspace.views(LEAD.id) == []

    run(test)


def test_a_message_is_waited_for_and_an_older_one_is_found_at_once() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            waiting = asyncio.create_task(slack.workspace.wait_for(lambda message: message.text == "later", 30))
            await asyncio.sleep(0)
            await slack.post("other")
            await slack.post("later")
            assert (await waiting).text == "later"
            assert (await slack.workspace.wait_for(lambda message: message.text == "other", 0)).text == "other"
            assert slack.workspace.state.message_listeners == [], "the listener of the wait was left behind"

    run(test)


def test_waiting_in_vain_times_out() -> None:
    async def test() -> None:
        workspace = Workspace([STARTER])
        with pytest.raises(asyncio.TimeoutError):
            await workspace.wait_for(lambda _: True, 0.01)
        with pytest.raises(asyncio.TimeoutError):
            await workspace.connected(0.01)

    run(test)


def test_listeners_hear_of_every_change() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            changes: list[str] = []
            slack.workspace.on_message(lambda message, change: changes.append(change))
            ts = await slack.post()
            await slack.client.chat_update(channel="C01DEPLOY", ts=ts, text="new")
            await slack.client.chat_delete(channel="C01DEPLOY", ts=ts)
            assert changes == ["posted", "updated", "deleted"]

    run(test)
