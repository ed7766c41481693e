"""Questions to people: sign-offs, failed steps, a second person, KEEP or ROLLBACK."""

from __future__ import annotations

from collections.abc import Iterator

from bot.slack.views.answer_buttons import agree_texts, answer_buttons, words_of_skip
from bot.slack.views.blocks import Message, context, header, message, section
from bot.slack.views.checklist import checklist, signature_of
from bot.slack.views.effects import button_effects
from bot.slack.views.keep import decision_body, early_note
from bot.slack.views.panel import summary_of
from bot.slack.views.snapshot import Snapshot
from bot.slack.views.waiting import asked_of, must_agree, people_asked
from bot.text import acted, clip, counted, escape, line, time_of, with_mentions
from commands.progress.evidence import evidence_of, short
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
    Lapsed,
    RollbackRequest,
    Signature,
    StepAnswer,
)
from state.records import AttemptState, Event, RunState

# what only the deciding role may answer
WORDS = {
    Choice.DONE: "call it fixed by hand",
    Choice.OVERRIDE: "overrule the refusal",
}
CHOICES = {
    Choice.RETRY: "Run again",
    Choice.DONE: "Fixed by hand",
    Choice.OVERRIDE: "Refusal overruled",
}


def question(snapshot: Snapshot, event: Event, data: PeopleAsked) -> Message:
    """A question as it is now: with its buttons while it is open, with the answers once it is settled."""
    waiting = _open_question(snapshot, data)
    head = _headline(snapshot, data, is_open=waiting is not None)
    answers = "\n".join(filter(None, (_answer(snapshot, data, fact) for fact in snapshot.record.facts)))
    parts = _body(snapshot, data, waiting)
    evidence = context(_evidence(snapshot, data, waiting) if data.ask == Ask.SIGN else "")
    buttons = answer_buttons(snapshot, event, waiting)
    effects = button_effects(snapshot, waiting, event.at)
    blocks = [header(head), *(section(part) for part in parts), section(answers), effects, buttons, evidence]
    if not waiting and not answers and not _all_signed(snapshot, data):
        blocks.append(context("No answer is needed any more: the run has moved on."))
    if waiting is None:
        return message(head, blocks)
    target = snapshot.record.run.target
    return message(asked_of(snapshot, waiting), blocks, roles=snapshot.titles(waiting.roles), target=target)


def _open_question(snapshot: Snapshot, data: PeopleAsked) -> Waiting | None:
    """What the run waits for because of this question; None if the question is settled."""
    if data.ask == Ask.DECIDE and (snapshot.record.keep or snapshot.record.rollback):
        return None
    asked = (data.ask, data.step, data.attempt)
    open_ = waiting_for(snapshot.page, snapshot.record)
    return next((w for w in open_ if (w.ask, w.step, w.attempt) == asked), None)


def _headline(snapshot: Snapshot, data: PeopleAsked, *, is_open: bool) -> str:
    title = clip(data.title, 100)
    match data.ask:
        case Ask.SIGN:
            if is_open:
                return f"🙋 Please sign{' again' if _fell(snapshot, data) else ''}: {title}"
            return f"✅ Signed: {title}" if _all_signed(snapshot, data) else f"⛔ Not signed: {title}"
        case Ask.AGREE:
            what = "KEEP now?" if data.step == DECISION else _agree_texts(snapshot, data)[0].format(title)
            return f"🙋 Second person needed: {what}" if is_open else _agreed(snapshot, data, what.removesuffix("?"))
        case Ask.DECIDE:
            return "🏁 KEEP or ROLLBACK?" if is_open else f"🏁 {_decided(snapshot)}"
    if data.state == AttemptState.DONE:
        return f"⛔ Refused: {title}"
    return f"❓ Unknown result: {title}" if data.state == AttemptState.UNKNOWN else f"❌ Failed: {title}"


def _body(snapshot: Snapshot, data: PeopleAsked, waiting: Waiting | None) -> list[str]:
    """The text of a question. It mentions people only while their answer is missing."""
    match data.ask:
        case Ask.SIGN:
            summary = "" if data.items else escape(data.summary, 600)
            fell = "\n".join(f"⚠️ {with_mentions(why)}" for why in _fell(snapshot, data)[:6]) if waiting else ""
            return [fell, summary, *checklist(snapshot, data, waiting)]
        case Ask.AGREE:
            first = _first_person(snapshot, data.step, data.attempt)
            keep = data.step == DECISION
            wants = "wants KEEP before the watch is over" if keep else _agree_texts(snapshot, data)[1]
            request = f"{acted(first)} {wants}: {line(first.reason, 500)}" if first else ""
            second = must_agree(snapshot, waiting) if waiting else ""
            note = early_note(snapshot) if keep and waiting else ""
            return [*_refusals(snapshot, data), request, note, second]
        case Ask.DECIDE:
            decides = (
                f"Waiting for {people_asked(snapshot, waiting)}\n{_to_decide_on(snapshot, data)}" if waiting else ""
            )
            return [decides, *decision_body(snapshot, data.asked_items, is_open=waiting is not None)]
    summary = escape(data.summary, 1200)
    if waiting and snapshot.record.run.state == RunState.ROLLING_BACK:
        return [summary, *_decides_in_rollback(snapshot, waiting)]
    who = f"What now? Waiting for {people_asked(snapshot, waiting)}" if waiting else ""
    return [*_refusals(snapshot, data), summary, who]


def _to_decide_on(snapshot: Snapshot, data: PeopleAsked) -> str:
    """What the long list below says, in one line, because a phone shows its end and the buttons only later."""
    left = counted(len(data.asked_items), "item") if data.asked_items else ""
    parts = [
        f"*{summary_of(snapshot)}*" if snapshot.status.criteria else "",
        left and f"⬜ {left} for you to check",
        "👇 The buttons are below the list" if data.asked_items or snapshot.status.criteria else "",
    ]
    return "\n".join(filter(None, parts))


def _decides_in_rollback(snapshot: Snapshot, waiting: Waiting) -> Iterator[str]:
    """Who decides, with phone numbers, and what they may answer."""
    own = [_may(waiting, choice) for choice in waiting.choices if choice is not Choice.RETRY]
    contacts = snapshot.contacts(waiting.roles)
    again = "Any role may run it again." if Choice.RETRY in waiting.choices else ""
    if own:
        yield f"The rollback is waiting. {again} Who may {' or '.join(own)}:\n{contacts}"
    else:
        yield f"The rollback is waiting. {again}\n{contacts}"


def _may(waiting: Waiting, choice: Choice) -> str:
    skip = words_of_skip(waiting.step).lower()
    return {**WORDS, Choice.SKIP: "skip it" if skip == "skip" else skip}[choice]


def _fell(snapshot: Snapshot, data: PeopleAsked) -> tuple[str, ...]:
    """Why the signatures before this question no longer hold, if it asks for them again."""
    attempts = snapshot.record.attempts
    asked = next((one for one in attempts if (one.step, one.attempt) == (data.step, data.attempt)), None)
    return tuple(asked.outcome.get("fell", ())) if asked else ()


def _evidence(snapshot: Snapshot, data: PeopleAsked, waiting: Waiting | None) -> str:
    """What is signed for, in short: as it was signed, or as it is now while nobody has signed."""
    signed = snapshot.record.newest(Signature, step=data.step, attempt=data.attempt, refused=False)
    if signed and not signed.evidence:
        return "📎 Evidence: none, signed in an older version"
    if not signed and not waiting:
        return ""
    evidence = signed.evidence if signed else evidence_of(snapshot.page, snapshot.record)
    return "📎 Evidence: " + " · ".join(f"{line(name, 24)} `{line(short(value), 60)}`" for name, value in evidence[:12])


def _first_person(snapshot: Snapshot, step: str, attempt: int) -> StepAnswer | EarlyKeep | None:
    """The answer or the early KEEP that needs a second person."""
    early = snapshot.record.newest(EarlyKeep) if step == DECISION else None
    return early or snapshot.record.newest(StepAnswer, step=step, attempt=attempt)


def _agree_texts(snapshot: Snapshot, data: PeopleAsked) -> tuple[str, str, str, str]:
    """The texts for what the first person wants; of a skip, if it is not known."""
    first = _first_person(snapshot, data.step, data.attempt)
    return agree_texts(data.step, first.choice if isinstance(first, StepAnswer) else Choice.SKIP)


def _refusals(snapshot: Snapshot, data: PeopleAsked) -> Iterator[str]:
    """Who refused, and why: they are named where somebody wants to overrule them."""
    for fact in snapshot.record.facts:
        if isinstance(fact, Signature) and fact.refused and _is_about(data, fact):
            yield f"⛔ Refused by {acted(fact)} as {snapshot.title_of(fact.role)}{_reason(fact.reason)}"


def _all_signed(snapshot: Snapshot, data: PeopleAsked) -> bool:
    signatures = [signature_of(snapshot, data, role) for role in data.roles]
    return data.ask == Ask.SIGN and all(one is not None and not one.refused for one in signatures)


def _answer(snapshot: Snapshot, data: PeopleAsked, fact: Fact) -> str:
    """Who answered this question, how and when; empty for a fact about something else."""
    at = time_of(fact.at, snapshot.page.runbook.time_zone)
    who = acted(fact)
    match data.ask, fact:
        case Ask.SIGN, Signature(refused=True) if _is_about(data, fact):
            return f"⛔ Refused by {who} as {snapshot.title_of(fact.role)} at {at}{_reason(fact.reason)}"
        case Ask.ANSWER, StepAnswer() if _is_about(data, fact):
            choice = words_of_skip(data.step) if fact.choice is Choice.SKIP else CHOICES[fact.choice]
            return f"➡️ *{choice}*, decided by {who} at {at}{_reason(fact.reason)}"
        case Ask.ANSWER | Ask.AGREE, Lapsed() if _is_about(data, fact):
            return f"⌛ What <@{fact.first}> decided no longer counts: {line(fact.reason, 400)}"
        case Ask.AGREE, _ if _is_agreement(data, fact):
            return f"✅ {who} agreed at {at}"
        case _, Keep() | RollbackRequest() if data.step == DECISION:
            return f"*{fact.kind.value.upper()}*, decided by {who} at {at}{_reason(fact.reason)}"
    return ""


def _is_about(data: PeopleAsked, fact: Signature | StepAnswer | Agreement | Lapsed) -> bool:
    return (fact.step, fact.attempt) == (data.step, data.attempt)


def _is_agreement(data: PeopleAsked, fact: Fact) -> bool:
    if isinstance(fact, EarlyKeepAgreement):
        return data.step == DECISION
    return isinstance(fact, Agreement) and _is_about(data, fact)


def _decided(snapshot: Snapshot) -> str:
    if snapshot.record.keep:
        return "Decided: KEEP"
    return "Decided: ROLLBACK" if snapshot.record.rollback else "No decision"


def _agreed(snapshot: Snapshot, data: PeopleAsked, what: str) -> str:
    """Whether a second person agreed, once none is asked any more."""
    agreed = any(_is_agreement(data, fact) for fact in snapshot.record.facts)
    return f"{'✅ Second person agreed' if agreed else '⌛ Nobody agreed'}: {what}"


def _reason(reason: str) -> str:
    return f": {line(reason, 400)}" if reason else ""
