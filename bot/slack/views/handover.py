"""Handing over a role: the form, the offer with its buttons, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.doors.button import button_value
from bot.slack.views.blocks import Block, Message, actions, button, confirm, context, message, section
from bot.slack.views.modals import form, text_field
from bot.slack.views.snapshot import Snapshot
from bot.text import acted, bold, clock_time, line, person, plain, time_of
from commands.progress.handovers import Handover, handover
from state.events import HandoverEnded, HandoverOffered
from state.facts import HandoverResult
from state.facts.base import LONGEST_REASON
from state.frozen import dataclass
from state.records import Event

FORM, TITLE = "handover", "Hand over a role"
TO, ROLE, WHY = "to", "role", "why"
_MOST = 100  # options that Slack takes in one list


@dataclass(frozen=True, kw_only=True)
class RoleChoice:
    """A role of an active run that somebody may hand over."""

    run: int
    target: str
    role: str
    title: str


def handover_modal(choices: Sequence[RoleChoice], channel: str, reason: str = "") -> Block:
    """The form: which role, to whom, and why."""
    several = len({one.run for one in choices}) > 1
    options = [
        {
            "text": {"type": "plain_text", "text": plain(one.title + (f" · run {one.run}" if several else ""), 75)},
            "value": f"{one.run}:{one.role}",
        }
        for one in choices[:_MOST]
    ]
    roles = {"type": "static_select", "action_id": ROLE, "options": options, "initial_option": options[0]}
    why = text_field(WHY, LONGEST_REASON, "For example: my shift ends at 22:00")
    if reason:
        why["initial_value"] = plain(reason, LONGEST_REASON)
    blocks: list[Block | None] = [
        section("For this run only. You hold the role until the other person presses *Take over* in the thread."),
        _field(TO, "To whom?", {"type": "users_select", "action_id": TO}),
        _field(ROLE, "Which role?", roles),
        _field(WHY, "Why?", why) | {"optional": True},
    ]
    return form(FORM, TITLE, "Offer it", json.dumps({"channel": channel}), blocks)


def handover_from(state: Mapping[str, Any]) -> tuple[int, str, str, str]:
    """The answers of the form: the run, the role, the person, and why."""
    values = state["values"]
    run, _, role = str(values[ROLE][ROLE]["selected_option"]["value"]).partition(":")
    why = values[WHY][WHY].get("value") or ""
    return int(run), role, str(values[TO][TO]["selected_user"] or ""), why


def role_offered(snapshot: Snapshot, event: Event, data: HandoverOffered) -> Message:
    """An offer: with its buttons while it is open, and how it ended after that."""
    one = handover(snapshot.record, data.number)
    who, to, title = acted(data), person(data.to), bold(data.title, 80)
    why = f"\n> {line(data.reason, 500)}" if data.reason else ""
    if one and snapshot.record.run.active and one.is_open(snapshot.now):
        zone = snapshot.page.runbook.time_zone
        head = f"🤝 {to}, {who} asks you to take over {title} for this run."
        until = time_of(one.expires_at, zone)
        blocks = [
            section(f"{head}{why}"),
            _buttons(snapshot, event, data),
            context(f"Until you take it over, {who} holds the role. The offer ends at {until}."),
        ]
        what = f"🤝 take over {data.title}? Until {clock_time(one.expires_at, zone)}"
        return message(what, blocks, roles=[data.title], target=snapshot.record.run.target)
    head = f"🤝 {who} offered {title} to {to}.{why}"
    return message(f"🤝 {data.title} was offered", [section(head), context(_end(one, snapshot))])


def offer_ended(snapshot: Snapshot, _: Event, data: HandoverEnded) -> Message:
    """How an offer ended. Once it is taken over, everybody reads in the channel who holds the role now."""
    giver, taker, title = person(data.giver), person(data.taker), bold(data.title, 80)
    door = f" {line(data.door, 300)}" if data.door else ""
    target = snapshot.record.run.target
    if data.state == HandoverResult.TAKEN:
        head = f"🤝 {taker} is {title} in this run now, in place of {giver}{door}."
        asked = ", ".join(f"“{line(one, 80)}”" for one in data.waiting[:6])
        waits = f"Waiting for {taker}: {asked}. " if asked else ""
        note = context(f"{waits}What {giver} has signed still counts.")
        return message(f"🤝 {data.title} was handed over", [section(head), note], target=target, broadcast=True)
    ways = {
        HandoverResult.DECLINED.value: f"🤝 {taker} declined {title}{door}. {giver} still holds it.",
        HandoverResult.WITHDRAWN.value: f"🤝 {giver} withdrew the offer of {title}{door}, and holds it.",
    }
    over = f"⌛ {taker} did not answer: the offer of {title} has ended. {giver} still holds it."
    what = f"🤝 {data.title} was not handed over ({data.state})"
    return message(what, [section(ways.get(data.state, over))], target=target)


def handover_lines(snapshot: Snapshot) -> list[str]:
    """Who holds a role in place of whom, and which role is offered, one line each."""
    lines = [
        f"🤝 {snapshot.title_of(one.role)}: {person(one.to)}, in place of {person(one.person)}"
        for one in snapshot.status.handovers[-4:]
    ]
    lines += [
        f"🤝 {snapshot.title_of(one.role)} is offered to {person(one.to)}. The buttons are in the thread"
        for one in snapshot.status.offers[:4]
    ]
    return lines


def _buttons(snapshot: Snapshot, event: Event, data: HandoverOffered) -> Block | None:
    value = button_value(snapshot.record.run, event=event.id, number=data.number)
    effect = "For this run you sign and decide in this role. You are asked everything that waits for it."
    return actions(
        button("take_over", "🤝 Take over", value, style="primary", confirm=confirm("Take over?", effect, "Take over")),
        button("decline", "Decline", value),
        button("withdraw", "Withdraw the offer", value),
    )


def _end(one: Handover | None, snapshot: Snapshot) -> str:
    if one is None or one.end is None:
        return "The offer has ended." if snapshot.record.run.active else "The run is over, and so is the offer."
    at = time_of(one.end.at, snapshot.page.runbook.time_zone)
    ways = {
        HandoverResult.TAKEN.value: f"✅ Taken over by {acted(one.end)} at {at}",
        HandoverResult.DECLINED.value: f"Declined by {acted(one.end)} at {at}",
        HandoverResult.WITHDRAWN.value: f"Withdrawn by {acted(one.end)} at {at}",
    }
    return ways.get(one.end.result, f"⌛ Nobody took it over by {at}.")


def _field(name: str, label: str, element: Block) -> Block:
    text = {"type": "plain_text", "text": label}
    return {"type": "input", "block_id": name, "label": text, "element": element}
