"""Questions to people: sign-offs, answers to failures, a second person's word and KEEP or ROLLBACK, open and settled."""

from __future__ import annotations

from collections.abc import Iterator

from bot.slack.views.blocks import Block, Message, actions, button, confirm, context, header, message, section
from bot.slack.views.panel import in_sections, panel_lines
from bot.slack.views.run_view import Scene
from bot.text import clip, escape, line, person, time_of
from commands.progress.step_state import AGAIN, DECISION, ITS_DONE, NO, SKIP
from commands.signoff.waiting import Waiting, waiting_for
from state.records import DONE, ROLLING_BACK, UNKNOWN, Event, Fact

SAID = {AGAIN: "run it again", ITS_DONE: "it is done", SKIP: "skip it"}


def question(scene: Scene, event: Event) -> Message:
    """A question as it is now: with its buttons while it is open, with who said what when it is settled."""
    waiting = _open(scene, event)
    head = _headline(scene, event, waiting is not None)
    told = "\n".join(_told(scene, event))
    parts = _asked(scene, event, waiting)
    blocks = [header(head), *(section(part) for part in parts), section(told), _buttons(scene, event, waiting)]
    if not waiting and not told and not _all_signed(scene, event):
        blocks.append(context("Nobody is asked any more: the run has gone another way."))
    called = " ".join(scene.called(role) for role in waiting.roles) if waiting else ""
    return message(" ".join(filter(None, [line(head, 300), called, told])), blocks)


def _open(scene: Scene, event: Event) -> Waiting | None:
    data = event.data
    if data["kind"] == "decide" and (scene.record.fact("keep") or scene.record.fact("rollback")):
        return None
    asked = (data["kind"], data["step"], data["attempt"])
    return next((w for w in waiting_for(scene.page, scene.record) if (w.kind, w.step, w.attempt) == asked), None)


def _headline(scene: Scene, event: Event, open_: bool) -> str:
    data = event.data
    title = clip(data["title"], 100)
    match data["kind"]:
        case "sign":
            if open_:
                return f"🙋 Please sign: {title}"
            return f"✅ Signed: {title}" if _all_signed(scene, event) else f"⛔ Not signed: {title}"
        case "second":
            return "🙋 A second person: KEEP now?" if data["step"] == DECISION else f"🙋 A second person: skip {title}?"
        case "decide":
            return "🏁 KEEP or ROLLBACK?" if open_ else "🏁 The decision"
    if data["state"] == DONE:
        return f"⛔ Refused: {title}"
    return f"❓ Unknown end: {title}" if data["state"] == UNKNOWN else f"❌ Failed: {title}"


def _asked(scene: Scene, event: Event, waiting: Waiting | None) -> list[str]:
    """What is asked of whom; the people are called only while their word is missing."""
    data = event.data
    match data["kind"]:
        case "sign":
            says = "" if data["items"] else escape(data["says"], 600)
            return [says, *in_sections(_items(scene, event, waiting))]
        case "second":
            first = scene.record.fact("answer", data["step"], data["attempt"])
            wants = "decides KEEP before the watch is over" if data["step"] == DECISION else "wants to skip it"
            asks = f"{person(first.person)} {wants}: {line(first.reason, 500)}" if first else ""
            return [asks, "Somebody else must agree. " + (_called(scene, waiting) if waiting else "")]
        case "decide":
            return [_called(scene, waiting) if waiting else "", *in_sections(_criteria(scene, event))]
    says = escape(data["says"], 1200)
    if waiting and scene.record.run.state == ROLLING_BACK:
        return [
            says,
            "The rollback waits for your word. Try again, skip it with a reason, or call:",
            scene.contacts(scene.page.roles),
        ]
    return [says, f"What now? {_called(scene, waiting)}" if waiting else ""]


def _called(scene: Scene, waiting: Waiting) -> str:
    first = scene.record.fact("answer", waiting.step, waiting.attempt)
    people = (f"{scene.title_of(role)} {scene.called(role)}" for role in waiting.roles[:12])
    called = ", ".join(people)
    # the one who asked for a second person need not be called
    return called.replace(f" <@{first.person}>", "") if first and waiting.kind == "second" else called


def _items(scene: Scene, event: Event, waiting: Waiting | None) -> Iterator[str]:
    """Each role with its items: called while it is waited for, ticked when it has signed."""
    data = event.data
    missing = set(waiting.roles) if waiting else set()
    for role in data["roles"]:
        signed = _signature(scene, event, role)
        if signed and signed.said != NO:
            at = time_of(signed.at, scene.page.runbook.time_zone)
            yield f"☑️ {scene.title_of(role)}: signed by {person(signed.person)} at {at}"
        else:
            called = f"  {scene.called(role)}" if role in missing else ""
            yield f"{'⛔' if signed else '⬜'} {scene.title_of(role)}{called}"
        yield from (f"      • {line(item['text'], 400)}" for item in data["items"] if item["role"] == role)


def _criteria(scene: Scene, event: Event) -> Iterator[str]:
    """The panel as it is at the decision, and the last items to look at."""
    yield from panel_lines(scene)
    yield from (f"⬜ {line(item, 300)}" for item in event.data["asked_items"])


def _signature(scene: Scene, event: Event, role: str) -> Fact | None:
    asked = (event.data["step"], event.data["attempt"], role)
    return next((f for f in scene.record.facts if f.kind == "sign" and (f.step, f.attempt, f.role) == asked), None)


def _all_signed(scene: Scene, event: Event) -> bool:
    signed = [_signature(scene, event, role) for role in event.data["roles"]]
    return event.data["kind"] == "sign" and all(one is not None and one.said != NO for one in signed)


def _told(scene: Scene, event: Event) -> Iterator[str]:
    """Who has said what so far, and when."""
    data = event.data
    for fact in scene.record.facts:
        about = (fact.step, fact.attempt) == (data["step"], data["attempt"])
        at = time_of(fact.at, scene.page.runbook.time_zone)
        why = f": {line(fact.reason, 400)}" if fact.reason else ""
        if data["kind"] == "sign" and fact.kind == "sign" and fact.said == NO and about:
            yield f"⛔ refused by {person(fact.person)} as {scene.title_of(fact.role)} at {at}{why}"
        elif data["kind"] == "answer" and fact.kind == "answer" and about:
            yield f"➡️ *{SAID.get(fact.said, fact.said).capitalize()}*, says {person(fact.person)} at {at}{why}"
        elif data["kind"] == "second" and fact.kind == "second" and about:
            yield f"✅ {person(fact.person)} agreed at {at}"
        elif data["step"] == DECISION and fact.kind in {"keep", "rollback"}:
            yield f"*{fact.kind.upper()}*, decided by {person(fact.person)} at {at}{why}"


def _buttons(scene: Scene, event: Event, waiting: Waiting | None) -> Block | None:
    if waiting is None:
        return None
    value = f"{event.run}:{event.id}"
    title = event.data["title"]
    match waiting.kind:
        case "sign":
            made = [
                button("sign", "✍️ Sign", value, style="primary"),
                button("refuse", "Refuse…", value, style="danger"),
            ]
        case "second":
            asks = confirm("Agree to skip it?", f"The run goes on without “{clip(title, 150)}”.", "I agree")
            if waiting.step == DECISION:
                what = (
                    f"The watch ends now; {scene.record.run.target} stays as it is, and this run's way back is closed."
                )
                asks = confirm("Agree to KEEP now?", what, "I agree")
            made = [button("agree", "I agree", value, style="primary", confirm=asks)]
        case "decide":
            target = scene.record.run.target
            asks = confirm("Decide KEEP?", f"{target} stays as it is now; this run's way back is closed.", "KEEP")
            made = [button("keep", "✅ KEEP", value, style="primary", confirm=asks)]
        case _:
            made = list(_answers(waiting, value, title))
    # a sign-off has its own no; the way back stands on the card
    return actions(*made, None if waiting.kind == "sign" else scene.rollback_button())


def _answers(waiting: Waiting, value: str, title: str) -> Iterator[Block]:
    if AGAIN in waiting.choices:
        asks = confirm("Run it again?", f"“{clip(title, 150)}” is run again from its beginning.", "Run it again")
        yield button("again", "🔁 Run it again", value, confirm=asks)
    if ITS_DONE in waiting.choices:
        yield button("done", "It is done…", value)
    if SKIP in waiting.choices:
        yield button("skip", "Skip…", value)
