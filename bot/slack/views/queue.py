"""Queued starts: the card, the question whether one begins now, and the queue in short."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.doors.button import button_value
from bot.slack.views.blocks import Block, Message, actions, button, confirm, context, header, message, section
from bot.slack.views.modals import form
from bot.slack.views.snapshot import Snapshot
from bot.text import acted, bold, clip, counted, line, mention, moment_of, on_one_line, person, time_of
from commands.queue.entry import PATIENCE, open_question
from commands.queue.places import QueuePlace
from commands.start.request import StartRequest
from commands.text.foreign_json import read_json
from state.events import QueueLeft, QueueMoved, StartAsked, StartPutOff
from state.records import Event, RunState

QUEUE = "queue"  # the form that queues a start which was refused
QUEUE_BEHIND = "queue_behind"  # the button that queues a start which was refused because a run is active
MOST = 6  # queued starts in a message of something else


# -- the card -------------------------------------------------------------------------------------------------------


def queued_card(snapshot: Snapshot) -> Message:
    """The card of a queued start: where it stands, or what has become of it."""
    run, place = snapshot.record.run, _own_place(snapshot)
    head = f"{_EMOJI[run.state]} {run.target}: {_state(snapshot, place)}"
    blocks = [
        header(head),
        section(_where(snapshot, place)),
        section(_window(snapshot) if place else ""),
        actions(_drop_button(snapshot)) if place else None,
        context(_origin(snapshot)),
    ]
    return message(head, blocks)


_EMOJI = {RunState.QUEUED: "🕓", RunState.STARTED: "🚀", RunState.DROPPED: "🗑️"}


def _own_place(snapshot: Snapshot) -> QueuePlace | None:
    return next((one for one in snapshot.queue if one.run.id == snapshot.record.run.id), None)


def _ordinal(number: int) -> str:
    return {1: "1st", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")


def _state(snapshot: Snapshot, place: QueuePlace | None) -> str:
    if place is None:
        started = _left(snapshot).started
        return f"started as run {started}" if started else "queued start dropped"
    if place.asked_until:
        return "start now?"
    return "start planned" if place.planned and place.planned > snapshot.now else "start queued"


def _where(snapshot: Snapshot, place: QueuePlace | None) -> str:
    if place is None:
        return _how_left(_left(snapshot))
    zone = snapshot.page.runbook.time_zone
    if place.asked_until:
        until = time_of(place.asked_until, zone)
        return f"❓ The question is in the thread. Without an answer this start leaves the queue at {until}."
    lines = []
    if place.planned:
        local = f"{place.planned.astimezone(ZoneInfo(zone)):%a %H:%M}"
        lines.append(f"🕓 Planned for *{moment_of(place.planned, zone)}* ({local} in {zone}).")
    if place.earliest and place.earliest != place.planned and place.earliest > snapshot.now:
        lines.append(f"🕓 People are asked again at *{time_of(place.earliest, zone)}*.")
    behind = f"behind run {place.busy}" if place.busy else "and the target is free"
    lines.append(f"*{_ordinal(place.place)} of {place.of}* in the queue, {behind}.")
    role = snapshot.page.decision.role
    starter = person(snapshot.record.run.starter)
    lines.append(f"It never begins by itself: {starter} and {snapshot.title_of(role)} are asked first.")
    return "\n".join(lines)


def _window(snapshot: Snapshot) -> str:
    return f"⚠️ {line(snapshot.closed_window, 300)}" if snapshot.closed_window else ""


def _origin(snapshot: Snapshot) -> str:
    run = snapshot.record.run
    note = f" · {line(run.note, 300)}" if run.note else ""
    title, release = line(snapshot.page.title, 150), line(run.release, 100)
    return f"Queued start {run.id} · {title} · `{release}` · by {acted(run.started_by)}{note}"


def _left(snapshot: Snapshot) -> QueueLeft:
    return snapshot.left or QueueLeft()


def _drop_button(snapshot: Snapshot, label: str = "🗑️ Drop") -> Block:
    run = snapshot.record.run
    question = confirm("Drop this start?", "It leaves the queue. Nothing was changed.", "Drop it", "No", style="danger")
    return button("drop", label, button_value(run), style="danger", confirm=question)


# -- the messages ---------------------------------------------------------------------------------------------------


def start_question(snapshot: Snapshot, event: Event, data: StartAsked) -> Message:
    """Whether a queued start begins now: with its buttons while that is open."""
    run, asked = snapshot.record.run, open_question(snapshot.record)
    is_open = run.state == RunState.QUEUED and asked is not None and asked.number == data.number
    head = f"🙋 Start {clip(run.target, 80)} now?" if is_open else f"🕓 {clip(run.target, 80)}: this question is closed"
    what = f"Queued start {run.id}: {bold(data.title)}, `{line(run.release, 100)}`, queued by {acted(run.started_by)}."
    news = [f"⏮️ {line(data.before)}" * bool(data.before), f"⏰ {line(data.late)}" * bool(data.late)]
    news.append(f"✏️ {line(data.edited)}" * bool(data.edited))
    value = button_value(run, event=event.id)
    effect = "Everything is checked again. If nothing is wrong, the deploy starts."
    asks = f"Waiting for {_asked_people(snapshot, data)}" if is_open else ""
    blocks = [
        header(head),
        section("\n".join(filter(None, [what, *news, asks]))),
        context(_effects(snapshot, asked.at) if is_open and asked else ""),
        actions(
            button(
                "start_queued",
                "🚀 Start now",
                value,
                style="primary",
                confirm=confirm("Start it now?", effect, "Start"),
            ),
            button("put_off", "15 minutes later", value),
            _drop_button(snapshot),
        )
        if is_open
        else None,
    ]
    return message(head, blocks, roles=snapshot.titles(data.roles) if is_open else (), broadcast=True)


def _effects(snapshot: Snapshot, asked_at: datetime) -> str:
    zone = snapshot.page.runbook.time_zone
    lines = [
        f"Asked at {time_of(asked_at, zone)}. What each button does:",
        "• *Start now*: everything is checked again. If nothing is wrong, the deploy starts.",
        "• *15 minutes later*: you are asked again then.",
        "• *Drop*: this start leaves the queue. Nothing was changed.",
        f"Without an answer it leaves the queue at {time_of(asked_at + PATIENCE, zone)}. Nothing starts by itself.",
    ]
    return "\n".join(lines)


def _asked_people(snapshot: Snapshot, data: StartAsked) -> str:
    starter = snapshot.record.run.starter
    return ", ".join(filter(None, [mention(starter), snapshot.roles_with_people(data.roles)]))


def start_put_off(snapshot: Snapshot, __: Event, data: StartPutOff) -> Message:
    """A queued start is asked about later: who said so, and when."""
    by = "" if data.person == "gonogo" and not data.door else f" by {acted(data)}"
    when = line(data.summary, 300)
    if data.until:
        until = datetime.fromisoformat(data.until)
        when = f"People are asked again at {time_of(until, snapshot.page.runbook.time_zone)}."
    return message(f"🕓 Put off: queued start {snapshot.record.run.id}", [section(f"🕓 *Put off*{by}. {when}")])


def queue_moved(snapshot: Snapshot, _: Event, data: QueueMoved) -> Message:
    """A queued start has another place, with the reason."""
    run = snapshot.record.run
    head = f"↕️ *Place {data.place} in the queue* of {bold(run.target)}, by {acted(data)}"
    what = f"↕️ {run.target}: queued start {run.id} is now at place {data.place}"
    return message(what, [section(f"{head}\n> {line(data.reason, 600)}")])


def queue_left(snapshot: Snapshot, _: Event, data: QueueLeft) -> Message:
    """A queued start has begun, was dropped, or left the queue because nobody answered."""
    run = snapshot.record.run
    text = _how_left(data)
    if data.silent:
        text += f" {mention(run.starter)}, queue it again with `/deploy start`."
    what = (
        f"🚀 Started as run {data.started}" if data.started else f"🗑️ {run.target}: queued start {run.id} left the queue"
    )
    return message(what, [section(text)], broadcast=data.silent)


def _how_left(data: QueueLeft) -> str:
    if data.started:
        return f"🚀 *Started as run {data.started}.* Its card is in this channel."
    why = line(data.reason, 400)
    if data.silent:
        return f"🗑️ *It left the queue*: {why}. Nothing was started."
    if data.person == "gonogo" and not data.door:
        return f"🗑️ *It was dropped*: {why}. Nothing was started."
    return f"🗑️ *Dropped* by {acted(data)}. Nothing was started." + (f"\n> {why}" if why else "")


# -- in other messages ----------------------------------------------------------------------------------------------


def queue_lines(places: Iterable[QueuePlace], zone: str, most: int = MOST) -> str:
    """Starts of one or several queues, one a line; empty for none."""
    listed = list(places)
    lines = [_listed(one, zone) for one in listed[:most]]
    if more := listed[most:]:
        lines.append(f"… and {counted(len(more), 'more queued start')}: `/deploy queue`")
    return "\n".join(lines)


def _listed(one: QueuePlace, zone: str) -> str:
    run = one.run
    when = "asks now" if one.asked_until else f"at {moment_of(one.earliest, zone)}" if one.earliest else ""
    when = when or (f"behind run {one.busy}" if one.busy else "is next")
    what = f"{line(run.page, 60)} `{line(run.release, 60)}`"
    return f"*{_ordinal(one.place)}*  {what} · queued start {run.id} · {when} · by {person(run.starter)}"


def queue_offer(why: str, request: StartRequest, behind: int, record: str = "") -> Message:
    """The answer to a start that was refused because run `behind` is active: it may be queued in this `record`."""
    text = f"🚫 {why}\nYou can queue it. It does not begin by itself: you are asked when run {behind} is over."
    offer = button(QUEUE_BEHIND, f"🕓 Queue behind run {behind}", _written(request, record), style="primary")
    return message(text, [section(text), actions(offer)])


def queue_form(why: str, request: StartRequest, behind: int, channel: str) -> Block:
    """The same in the start form."""
    text = f"🚫 {why}\nYou can queue it. It does not begin by itself: you are asked when run {behind} is over."
    data = json.dumps({"channel": channel, "request": _written(request)})
    return form(QUEUE, f"Queue behind run {behind}", "Queue it", data, [section(text)])


def request_of(value: str) -> StartRequest:
    """The start that a button or a form of `queue_offer` queues."""
    page, ref, minutes, note, press, because = read_json(value)[:6]
    return StartRequest(page=page, ref=ref, notice_minutes=minutes, note=note, press=press, because=because)


def record_of_offer(value: str) -> str:
    """The record of the bot that made that button; empty where the button does not say it."""
    return str([*read_json(value)[6:], ""][0])


def _written(request: StartRequest, record: str = "") -> str:
    # a button's value holds 2,000 characters, of which quotes and backslashes take two
    note, because = (clip(on_one_line(text), 300) for text in (request.note, request.because))
    fields = [request.page, request.ref, request.notice_minutes, note, request.press, because, record]
    return json.dumps(fields, ensure_ascii=False)
