"""Questions to people: sign-offs, answers to failures, a second person's word and KEEP or ROLLBACK, open and settled."""

from __future__ import annotations

from collections.abc import Iterator

from bot.slack.views.blocks import Block, Message, actions, button, confirm, context, header, message, section
from bot.slack.views.panel import in_sections, panel_lines
from bot.slack.views.snapshot import Snapshot
from bot.text import clip, escape, line, person, time_of
from commands.progress.step_state import DECISION
from commands.signoff.waiting import Waiting, waiting_for
from state.events import Ask, PeopleAsked
from state.facts import (
    Agreement,
    Choice,
    EarlyKeep,
    EarlyKeepAgreement,
    Fact,
    Keep,
    RollbackRequest,
    Signature,
    StepAnswer,
)
from state.records import AttemptState, Event, RunState

CHOICES = {Choice.RETRY: "run it again", Choice.DONE: "it is done", Choice.SKIP: "skip it"}


def question(snapshot: Snapshot, event: Event, data: PeopleAsked) -> Message:
    """A question as it is now: with its buttons while it is open, with who said what when it is settled."""
    waiting = _open(snapshot, data)
    head = _headline(snapshot, data, waiting is not None)
    told = "\n".join(filter(None, (_told(snapshot, data, fact) for fact in snapshot.record.facts)))
    parts = _asked(snapshot, data, waiting)
    blocks = [header(head), *(section(part) for part in parts), section(told), _buttons(snapshot, event, waiting)]
    if not waiting and not told and not _all_signed(snapshot, data):
        blocks.append(context("Nobody is asked any more: the run has gone another way."))
    called = " ".join(snapshot.called(role) for role in waiting.roles) if waiting else ""
    return message(" ".join(filter(None, [line(head, 300), called, told])), blocks)


def _open(snapshot: Snapshot, data: PeopleAsked) -> Waiting | None:
    if data.ask == Ask.DECIDE and (snapshot.record.keep or snapshot.record.rollback):
        return None
    asked = (data.ask, data.step, data.attempt)
    return next((w for w in waiting_for(snapshot.page, snapshot.record) if (w.ask, w.step, w.attempt) == asked), None)


def _headline(snapshot: Snapshot, data: PeopleAsked, open_: bool) -> str:
    title = clip(data.title, 100)
    match data.ask:
        case Ask.SIGN:
            if open_:
                return f"🙋 Please sign: {title}"
            return f"✅ Signed: {title}" if _all_signed(snapshot, data) else f"⛔ Not signed: {title}"
        case Ask.AGREE:
            return "🙋 A second person: KEEP now?" if data.step == DECISION else f"🙋 A second person: skip {title}?"
        case Ask.DECIDE:
            return "🏁 KEEP or ROLLBACK?" if open_ else "🏁 The decision"
    if data.state == AttemptState.DONE:
        return f"⛔ Refused: {title}"
    return f"❓ Unknown end: {title}" if data.state == AttemptState.UNKNOWN else f"❌ Failed: {title}"


def _asked(snapshot: Snapshot, data: PeopleAsked, waiting: Waiting | None) -> list[str]:
    """What is asked of whom; the people are called only while their word is missing."""
    match data.ask:
        case Ask.SIGN:
            summary = "" if data.items else escape(data.summary, 600)
            return [summary, *in_sections(_items(snapshot, data, waiting))]
        case Ask.AGREE:
            first = _first(snapshot, data.step, data.attempt)
            wants = "decides KEEP before the watch is over" if data.step == DECISION else "wants to skip it"
            asks = f"{person(first.person)} {wants}: {line(first.reason, 500)}" if first else ""
            return [asks, "Somebody else must agree. " + (_called(snapshot, waiting) if waiting else "")]
        case Ask.DECIDE:
            return [_called(snapshot, waiting) if waiting else "", *in_sections(_criteria(snapshot, data))]
    summary = escape(data.summary, 1200)
    if waiting and snapshot.record.run.state == RunState.ROLLING_BACK:
        return [
            summary,
            "The rollback waits for your word. Try again, skip it with a reason, or call:",
            snapshot.contacts(snapshot.page.roles),
        ]
    return [summary, f"What now? {_called(snapshot, waiting)}" if waiting else ""]


def _called(snapshot: Snapshot, waiting: Waiting) -> str:
    first = _first(snapshot, waiting.step, waiting.attempt)
    people = (f"{snapshot.title_of(role)} {snapshot.called(role)}" for role in waiting.roles[:12])
    called = ", ".join(people)
    # the one who asked for a second person need not be called
    return called.replace(f" <@{first.person}>", "") if first and waiting.ask is Ask.AGREE else called


def _items(snapshot: Snapshot, data: PeopleAsked, waiting: Waiting | None) -> Iterator[str]:
    """Each role with its items: called while it is waited for, ticked when it has signed."""
    missing = set(waiting.roles) if waiting else set()
    for role in data.roles:
        signed = _signature(snapshot, data, role)
        if signed and not signed.refused:
            at = time_of(signed.at, snapshot.page.runbook.time_zone)
            yield f"☑️ {snapshot.title_of(role)}: signed by {person(signed.person)} at {at}"
        else:
            called = f"  {snapshot.called(role)}" if role in missing else ""
            yield f"{'⛔' if signed else '⬜'} {snapshot.title_of(role)}{called}"
        yield from (f"      • {line(text, 400)}" for holder, text in data.items if holder == role)


def _criteria(snapshot: Snapshot, data: PeopleAsked) -> Iterator[str]:
    """The panel as it is at the decision, and the last items to look at."""
    yield from panel_lines(snapshot)
    yield from (f"⬜ {line(item, 300)}" for item in data.asked_items)


def _first(snapshot: Snapshot, step: str, attempt: int) -> StepAnswer | EarlyKeep | None:
    """Who asked for the second person."""
    early = snapshot.record.newest(EarlyKeep) if step == DECISION else None
    return early or snapshot.record.newest(StepAnswer, step=step, attempt=attempt)


def _signature(snapshot: Snapshot, data: PeopleAsked, role: str) -> Signature | None:
    return snapshot.record.newest(Signature, step=data.step, attempt=data.attempt, role=role)


def _all_signed(snapshot: Snapshot, data: PeopleAsked) -> bool:
    signed = [_signature(snapshot, data, role) for role in data.roles]
    return data.ask == Ask.SIGN and all(one is not None and not one.refused for one in signed)


def _told(snapshot: Snapshot, data: PeopleAsked, fact: Fact) -> str:
    """What somebody said about it, and when; empty where it was about something else."""
    at = time_of(fact.at, snapshot.page.runbook.time_zone)
    who = person(fact.person)
    match data.ask, fact:
        case Ask.SIGN, Signature(refused=True) if _is_about(data, fact):
            return f"⛔ refused by {who} as {snapshot.title_of(fact.role)} at {at}{_why(fact.reason)}"
        case Ask.ANSWER, StepAnswer() if _is_about(data, fact):
            return f"➡️ *{CHOICES[fact.choice].capitalize()}*, says {who} at {at}{_why(fact.reason)}"
        case Ask.AGREE, Agreement() if _is_about(data, fact):
            return f"✅ {who} agreed at {at}"
        case Ask.AGREE, EarlyKeepAgreement() if data.step == DECISION:
            return f"✅ {who} agreed at {at}"
        case _, Keep() | RollbackRequest() if data.step == DECISION:
            return f"*{fact.kind.value.upper()}*, decided by {who} at {at}{_why(fact.reason)}"
    return ""


def _is_about(data: PeopleAsked, fact: Signature | StepAnswer | Agreement) -> bool:
    return (fact.step, fact.attempt) == (data.step, data.attempt)


def _why(reason: str) -> str:
    return f": {line(reason, 400)}" if reason else ""


def _buttons(snapshot: Snapshot, event: Event, waiting: Waiting | None) -> Block | None:
    if waiting is None:
        return None
    value = f"{event.run}:{event.id}"
    title = waiting.title
    match waiting.ask:
        case Ask.SIGN:
            made = [
                button("sign", "✍️ Sign", value, style="primary"),
                button("refuse", "Refuse…", value, style="danger"),
            ]
        case Ask.AGREE:
            asks = confirm("Agree to skip it?", f"The run goes on without “{clip(title, 150)}”.", "I agree")
            if waiting.step == DECISION:
                what = f"The watch ends now; {snapshot.record.run.target} stays as it is, and this run's way back is closed."
                asks = confirm("Agree to KEEP now?", what, "I agree")
            made = [button("agree", "I agree", value, style="primary", confirm=asks)]
        case Ask.DECIDE:
            target = snapshot.record.run.target
            asks = confirm("Decide KEEP?", f"{target} stays as it is now; this run's way back is closed.", "KEEP")
            made = [button("keep", "✅ KEEP", value, style="primary", confirm=asks)]
        case _:
            made = list(_answers(waiting, value, title))
    # a sign-off has its own no; the way back stands on the card
    return actions(*made, None if waiting.ask is Ask.SIGN else snapshot.rollback_button())


def _answers(waiting: Waiting, value: str, title: str) -> Iterator[Block]:
    if Choice.RETRY in waiting.choices:
        asks = confirm("Run it again?", f"“{clip(title, 150)}” is run again from its beginning.", "Run it again")
        yield button("again", "🔁 Run it again", value, confirm=asks)
    if Choice.DONE in waiting.choices:
        yield button("done", "It is done…", value)
    if Choice.SKIP in waiting.choices:
        yield button("skip", "Skip…", value)
