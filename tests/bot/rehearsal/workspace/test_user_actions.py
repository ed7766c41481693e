"""What users see after commands, presses and forms, with the real bolt."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.rehearsal.workspace.user_actions import TROUBLE
from tests.bot.rehearsal.workspace.bolt_workspace import (
    LEAD,
    STARTER,
    BoltWorkspace,
    button,
    modal,
    open_workspace,
    run,
)


def test_a_command_is_answered_to_its_user_only() -> None:
    async def test() -> None:
        async with open_workspace() as slack:

            @slack.app.command("/deploy")
            async def deploy(ack: Any, command: dict[str, str], respond: Any) -> None:
                await ack("started " + command["text"])
                await respond("and going")

            reply = await slack.workspace.command(STARTER.id, "/deploy start now")
            assert (reply.acked, reply.text) == (True, "started start now")
            await slack.workspace.wait_for(lambda message: message.text == "and going", 30)
            texts = {message.text for message in slack.workspace.ephemerals(STARTER.id)}
            assert texts == {"started start now", "and going"}
            assert slack.workspace.messages() == []

    run(test)


def test_a_command_that_the_app_does_not_have_is_refused_without_the_bot() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            reply = await slack.workspace.command(STARTER.id, "/depoly start")
            assert (reply.acked, reply.text) == (False, "/depoly is not a valid command.")

    run(test)


def test_an_answer_that_slack_refuses_shows_the_error() -> None:
    async def test() -> None:
        async with open_workspace() as slack:

            @slack.app.command("/deploy")
            async def deploy(ack: Any) -> None:
                await ack(text="x", blocks=[{"type": "marquee"}])

            reply = await slack.workspace.command(STARTER.id, "/deploy start")
            assert reply.text == '/deploy failed with the error "invalid_blocks"'

    run(test)


def test_a_late_ack_shows_slacks_words() -> None:
    async def test() -> None:
        async with open_workspace() as slack:

            @slack.app.command("/deploy")
            async def deploy(ack: Any) -> None:
                await asyncio.sleep(3.3)
                await ack("too late")

            reply = await slack.workspace.command(STARTER.id, "/deploy start")
            assert not reply.acked
            assert reply.text == '/deploy failed with the error "operation_timeout"'
            assert reply.seconds >= 3

    run(test)


def test_without_a_socket_a_command_fails_at_once() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            reply = await slack.workspace.command(STARTER.id, "/deploy start")
            assert reply.text == '/deploy failed with the error "dispatch_failed"'

    run(test)


def test_a_press_reaches_the_bot_with_its_value_and_user() -> None:
    async def test() -> None:
        async with open_workspace() as slack:
            presses: list[tuple[str, str]] = []

            @slack.app.action("go")
            async def go(ack: Any, body: dict[str, Any], respond: Any) -> None:
                await ack()
                presses.append((body["user"]["id"], body["actions"][0]["value"]))
                await respond("done", replace_original=True)

            ts = await slack.post(blocks=[button()])
            assert (await slack.workspace.press(LEAD.id, ts, "go")).acked
            changed = await slack.workspace.wait_for(lambda message: message.text == "done", 30)
            assert (changed.ts, changed.blocks, presses) == (ts, [], [(LEAD.id, "1")])

    run(test)


def test_a_button_that_is_not_there_is_named_with_those_that_are() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            ts = await slack.post(blocks=[button("go")])
            with pytest.raises(ValueError, match="action_id stop; there is: go"):
                await slack.workspace.press(LEAD.id, ts, "stop")

    run(test)


def test_users_and_messages_that_are_not_there_are_named() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            with pytest.raises(ValueError, match="no person U99 in the workspace; its people are U01STARTER, U02LEAD"):
                await slack.workspace.command("U99", "/deploy help")
            with pytest.raises(ValueError, match=r"U02LEAD sees no message 1\.0"):
                await slack.workspace.press(LEAD.id, "1.0", "go")

    run(test)


def test_an_ephemeral_message_can_be_pressed_by_its_user_only() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            await slack.client.chat_postEphemeral(channel="C01DEPLOY", user=LEAD.id, text="x", blocks=[button()])
            (message,) = slack.workspace.ephemerals(LEAD.id)
            with pytest.raises(ValueError, match="U01STARTER sees no message"):
                await slack.workspace.press(STARTER.id, message.ts, "go")
            assert (await slack.workspace.press(LEAD.id, message.ts, "go")).error == "dispatch_failed"

    run(test)


def _open_two_modals(slack: BoltWorkspace, errors: list[str], *, after: float = 0) -> None:
    """Let the app open a modal twice with one trigger, so many seconds after the press."""

    @slack.app.action("go")
    async def go(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await asyncio.sleep(after)
        try:
            await slack.client.views_open(trigger_id=body["trigger_id"], view=modal())
            await slack.client.views_open(trigger_id=body["trigger_id"], view=modal())
        except SlackApiError as error:
            errors.append(error.response["error"])


async def _press_until_an_error(slack: BoltWorkspace, errors: list[str]) -> None:
    await slack.workspace.press(LEAD.id, await slack.post(blocks=[button()]), "go")
    while not errors:
        await asyncio.sleep(0.01)


def test_a_form_is_opened_marked_and_submitted() -> None:
    async def test() -> None:
        async with open_workspace() as slack:
            errors: list[str] = []
            _open_two_modals(slack, errors)

            @slack.app.view("ask")
            async def ask(ack: Any, view: dict[str, Any]) -> None:
                why = view["state"]["values"]["reason"]["why"]["value"]
                await (ack() if why == "storm" else ack(response_action="errors", errors={"reason": "No."}))

            await _press_until_an_error(slack, errors)
            (view,) = slack.workspace.views(LEAD.id)
            empty = await slack.workspace.submit(LEAD.id, view.id, {})
            assert empty.errors == {"reason": "Please complete this required field."}
            wrong = await slack.workspace.submit(LEAD.id, view.id, {"reason": {"why": "because"}})
            assert (wrong.acked, wrong.errors) == (True, {"reason": "No."})
            assert (await slack.workspace.submit(LEAD.id, view.id, {"reason": {"why": "storm"}})).errors == {}
            assert slack.workspace.views(LEAD.id) == []
            assert errors == ["exchanged_trigger_id"]

    run(test)


def test_errors_of_a_field_that_is_not_there_show_slacks_trouble() -> None:
    async def test() -> None:
        async with open_workspace() as slack:

            @slack.app.view("ask")
            async def ask(ack: Any) -> None:
                await ack(response_action="errors", errors={"nowhere": "No."})

            view = await slack.open_modal(LEAD)
            reply = await slack.workspace.submit(LEAD.id, view, {"reason": {"why": "x"}})
            assert (reply.error, reply.text) == ("invalid_errors", TROUBLE)

    run(test)


def test_only_the_top_form_can_be_submitted() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            first = await slack.open_modal(LEAD)
            await slack.open_modal(LEAD)
            with pytest.raises(ValueError, match=f"the modal {first} is not the top one of {LEAD.id}"):
                await slack.workspace.submit(LEAD.id, first, {})

    run(test)


def test_a_bot_that_asked_for_it_is_notified_of_a_closed_form() -> None:
    async def test() -> None:
        async with open_workspace() as slack:
            closed_by: list[str] = []

            @slack.app.view_closed("ask")
            async def closed(ack: Any, body: dict[str, Any]) -> None:
                await ack()
                closed_by.append(body["user"]["id"])

            view = await slack.open_modal(LEAD, notify_on_close=True)
            await slack.workspace.dismiss(LEAD.id, view)
            assert (slack.workspace.views(LEAD.id), closed_by) == ([], [LEAD.id])

    run(test)


def test_a_mention_reaches_the_bot_as_an_event() -> None:
    async def test() -> None:
        async with open_workspace() as slack:

            @slack.app.event("app_mention")
            async def mentioned(event: dict[str, Any], say: Any) -> None:
                await say(f"heard {event['user']}")

            slack.workspace.say(LEAD.id, "<@U0GONOGO> hello")
            await slack.workspace.wait_for(lambda message: message.text == f"heard {LEAD.id}", 30)

    run(test)


def test_an_event_without_an_ack_is_delivered_once_more() -> None:
    async def test() -> None:
        async with open_workspace() as slack:
            deliveries: list[str] = []
            received = asyncio.Event()

            class Deaf:
                async def deliver(self, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
                    from bot.rehearsal.workspace.delivery import NotAckedError

                    deliveries.append(payload["event_id"])
                    if len(deliveries) == 1:
                        raise NotAckedError("operation_timeout")
                    received.set()
                    return {}

            slack.workspace._actions.delivery = Deaf()
            slack.workspace.say(LEAD.id, "<@U0GONOGO> hello")
            await asyncio.wait_for(received.wait(), 30)
            assert deliveries[0] == deliveries[1], "the second delivery has another event id"

    run(test)


def test_a_message_shortcut_sends_the_message_and_a_trigger_that_opens_a_form() -> None:
    async def test() -> None:
        async with open_workspace() as slack:
            bodies: list[dict[str, Any]] = []

            @slack.app.shortcut("note_for_report")
            async def note(ack: Any, body: dict[str, Any]) -> None:
                await ack()
                bodies.append(body)
                await slack.client.views_open(trigger_id=body["trigger_id"], view=modal())

            said = slack.workspace.say(STARTER.id, "slow")
            assert (await slack.workspace.use_shortcut(LEAD.id, said.ts)).acked
            while not slack.workspace.views(LEAD.id):
                await asyncio.sleep(0.01)
            (body,) = bodies
            assert (body["type"], body["user"]["id"], body["message_ts"]) == ("message_action", LEAD.id, said.ts)
            assert (body["message"]["text"], body["message"]["user"]) == ("slow", STARTER.id)
            assert body["channel"]["id"] == said.channel
            assert body["response_url"].startswith(slack.workspace.url)
            own = await slack.post("from the app")
            await slack.workspace.use_shortcut(LEAD.id, own)
            assert bodies[-1]["message"]["app_id"] == bodies[-1]["api_app_id"]
            with pytest.raises(ValueError, match="sees no message"):
                await slack.workspace.use_shortcut(LEAD.id, "1.2")

    run(test)


def test_opening_the_home_tab_sends_an_event_with_what_it_shows_so_far() -> None:
    async def test() -> None:
        async with open_workspace() as slack:
            events: list[dict[str, Any]] = []

            @slack.app.event("app_home_opened")
            async def opened(event: dict[str, Any]) -> None:
                events.append(event)
                await slack.client.views_publish(user_id=event["user"], view={"type": "home", "blocks": []})

            assert slack.workspace.home(LEAD.id) is None
            slack.workspace.open_home(LEAD.id)
            while slack.workspace.home(LEAD.id) is None:
                await asyncio.sleep(0.01)
            slack.workspace.open_home(LEAD.id)
            while len(events) < 2:
                await asyncio.sleep(0.01)
            assert {event["tab"] for event in events} == {"home"}
            assert all(event["channel"].startswith("D") and event["event_ts"] for event in events)
            assert ["view" in event for event in events] == [False, True]

    run(test)
