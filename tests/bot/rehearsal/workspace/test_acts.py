"""What people see of their commands, presses and forms, with the real bolt at the other end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.rehearsal.workspace.acts import TROUBLE
from tests.bot.rehearsal.workspace.box import LEAD, STARTER, Box, button, modal, open_box, run


def test_a_command_is_acked_and_answered_to_its_person_only() -> None:
    async def test() -> None:
        async with open_box() as box:

            @box.app.command("/deploy")
            async def deploy(ack: Any, command: dict[str, str], respond: Any) -> None:
                await ack("started " + command["text"])
                await respond("and going")

            reply = await box.workspace.command(STARTER.id, "/deploy start now")
            assert (reply.acked, reply.text) == (True, "started start now")
            await box.workspace.wait_for(lambda message: message.text == "and going", 2)
            assert {one.text for one in box.workspace.ephemerals(STARTER.id)} == {"started start now", "and going"}
            assert box.workspace.messages() == []

    run(test)


def test_a_late_ack_shows_slacks_wording() -> None:
    async def test() -> None:
        async with open_box() as box:

            @box.app.command("/deploy")
            async def deploy(ack: Any) -> None:
                await asyncio.sleep(3.3)
                await ack("too late")

            reply = await box.workspace.command(STARTER.id, "/deploy start")
            assert not reply.acked
            assert reply.text == '/deploy failed with the error "operation_timeout"'
            assert reply.seconds == pytest.approx(3, abs=0.2)

    run(test)


def test_without_a_socket_a_command_fails_at_once() -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box:
            reply = await box.workspace.command(STARTER.id, "/deploy start")
            assert reply.text == '/deploy failed with the error "dispatch_failed"'

    run(test)


def test_a_press_reaches_the_bot_with_value_and_person() -> None:
    async def test() -> None:
        async with open_box() as box:
            pressed: list[tuple[str, str]] = []

            @box.app.action("go")
            async def go(ack: Any, body: dict[str, Any], respond: Any) -> None:
                await ack()
                pressed.append((body["user"]["id"], body["actions"][0]["value"]))
                await respond("done", replace_original=True)

            ts = await box.post(blocks=[button()])
            assert (await box.workspace.press(LEAD.id, ts, "go")).acked
            changed = await box.workspace.wait_for(lambda message: message.text == "done", 2)
            assert (changed.ts, changed.blocks, pressed) == (ts, [], [(LEAD.id, "1")])

    run(test)


def test_a_button_that_is_not_there_is_named() -> None:
    async def test() -> None:
        async with open_box(sockets=False) as box:
            ts = await box.post(blocks=[button("go")])
            with pytest.raises(ValueError, match="action_id stop; there is: go"):
                await box.workspace.press(LEAD.id, ts, "stop")

    run(test)


def _opens_a_modal(box: Box, errors: list[str], *, after: float = 0) -> None:
    @box.app.action("go")
    async def go(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await asyncio.sleep(after)
        try:
            await box.client.views_open(trigger_id=body["trigger_id"], view=modal())
            await box.client.views_open(trigger_id=body["trigger_id"], view=modal())
        except SlackApiError as error:
            errors.append(error.response["error"])


def test_a_form_is_opened_marked_and_taken() -> None:
    async def test() -> None:
        async with open_box() as box:
            errors: list[str] = []
            _opens_a_modal(box, errors)

            @box.app.view("ask")
            async def ask(ack: Any, view: dict[str, Any]) -> None:
                why = view["state"]["values"]["reason"]["why"]["value"]
                await (ack() if why == "storm" else ack(response_action="errors", errors={"reason": "No."}))

            await box.workspace.press(LEAD.id, await box.post(blocks=[button()]), "go")
            while not errors:
                await asyncio.sleep(0.01)
            (view,) = box.workspace.views(LEAD.id)
            empty = await box.workspace.submit(LEAD.id, view.id, {})
            assert empty.errors == {"reason": "Please complete this required field."}
            wrong = await box.workspace.submit(LEAD.id, view.id, {"reason": {"why": "because"}})
            assert (wrong.acked, wrong.errors) == (True, {"reason": "No."})
            assert (await box.workspace.submit(LEAD.id, view.id, {"reason": {"why": "storm"}})).errors == {}
            assert box.workspace.views(LEAD.id) == []
            assert errors == ["exchanged_trigger_id"]

    run(test)


def test_a_trigger_expires_after_three_seconds() -> None:
    async def test() -> None:
        async with open_box() as box:
            errors: list[str] = []
            _opens_a_modal(box, errors, after=3.05)
            await box.workspace.press(LEAD.id, await box.post(blocks=[button()]), "go")
            while not errors:
                await asyncio.sleep(0.01)
            assert errors == ["expired_trigger_id"]

    run(test)


def test_errors_of_a_field_that_is_not_there_show_trouble() -> None:
    async def test() -> None:
        async with open_box() as box:
            errors: list[str] = []
            _opens_a_modal(box, errors)

            @box.app.view("ask")
            async def ask(ack: Any) -> None:
                await ack(response_action="errors", errors={"nowhere": "No."})

            await box.workspace.press(LEAD.id, await box.post(blocks=[button()]), "go")
            while not errors:
                await asyncio.sleep(0.01)
            (view,) = box.workspace.views(LEAD.id)
            reply = await box.workspace.submit(LEAD.id, view.id, {"reason": {"why": "x"}})
            assert reply.text == TROUBLE

    run(test)


def test_a_closed_form_is_told_to_a_bot_that_wants_to_know() -> None:
    async def test() -> None:
        async with open_box() as box:
            told: list[str] = []

            @box.app.view_closed("ask")
            async def closed(ack: Any, body: dict[str, Any]) -> None:
                await ack()
                told.append(body["user"]["id"])

            trigger = box.workspace.team.passes.trigger(LEAD.id)
            await box.client.views_open(trigger_id=trigger, view=modal(notify_on_close=True))
            (view,) = box.workspace.views(LEAD.id)
            await box.workspace.dismiss(LEAD.id, view.id)
            assert (box.workspace.views(LEAD.id), told) == ([], [LEAD.id])

    run(test)


def test_a_mention_reaches_the_bot_as_an_event() -> None:
    async def test() -> None:
        async with open_box() as box:

            @box.app.event("app_mention")
            async def mentioned(event: dict[str, Any], say: Any) -> None:
                await say(f"heard {event['user']}")

            box.workspace.say(LEAD.id, "<@U0GONOGO> hello")
            await box.workspace.wait_for(lambda message: message.text == f"heard {LEAD.id}", 2)

    run(test)
