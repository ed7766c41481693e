"""Marks each form with the record of its bot, and refuses one that another bot has opened."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncAck

from bot.slack.acts import Acts
from bot.slack.origin import form_data
from bot.slack.replying import REFUSED, Body
from bot.slack.views.modals import message_modal
from commands.text.foreign_json import read_json
from state.errors import OtherRecord

RECORD = "record"  # the field of a form's own data
NOT_OPENED_HERE = (
    f"{REFUSED} Nothing was done: this form was opened by a bot with another record. If two bots use one Slack app, "
    "Slack gives each form to one of them: open it again and submit it once more, and let whoever runs the bots give "
    "each an app of its own."
)


def marked_form(view: Body, record: str) -> Body:
    """The same form, which says of which record it is. Slack takes 3,000 characters there: each letter is one."""
    data = {**read_json(view["private_metadata"]), RECORD: record}
    return {**view, "private_metadata": json.dumps(data, ensure_ascii=False)}


def refuses_others_forms(acts: Acts) -> Callable[..., Awaitable[Any]]:
    """A middleware for what Slack sends. A form without a mark is of an older version, or of a record without a key."""

    async def refuse(body: Body, ack: AsyncAck, next_: Callable[[], Awaitable[None]]) -> BoltResponse | None:
        if body.get("type") == "view_submission":
            try:
                acts.require_record(form_data(body).get(RECORD, ""))
            except OtherRecord:
                return await ack(response_action="update", view=message_modal(NOT_OPENED_HERE, "Not done"))
        await next_()
        return None

    return refuse
