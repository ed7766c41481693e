"""The question at a start: what speaks against it, why it is made all the same, who must agree."""

from __future__ import annotations

from collections.abc import Iterator

from bot.slack.views.answer_buttons import answer_buttons
from bot.slack.views.blocks import Message, header, message, section
from bot.slack.views.effects import button_effects
from bot.slack.views.snapshot import Snapshot
from bot.slack.views.waiting import asked_of, must_agree
from bot.text import acted, clip, line, time_of, with_owner
from commands.progress.start_gate import objections, open_objections, words_of_refusal
from commands.signoff.waiting import waiting_for
from state.events import Ask, PeopleAsked
from state.facts import Fact, RollbackRequest, StartAgreement
from state.records import Event

MOST = 8  # objections that one message lists


def gate_question(snapshot: Snapshot, event: Event, _: PeopleAsked) -> Message:
    """The question as it is now: with its buttons while somebody must agree, with the answers once it is settled."""
    waiting = next((one for one in waiting_for(snapshot.page, snapshot.record) if one.ask is Ask.START), None)
    head = _headline(snapshot, is_open=waiting is not None)
    answers = "\n".join(filter(None, (_answer(snapshot, fact) for fact in snapshot.record.facts)))
    blocks = [
        header(head),
        section("\n".join(_against(snapshot))),
        section(must_agree(snapshot, waiting) if waiting else ""),
        section(answers),
        button_effects(snapshot, waiting, event.at),
        answer_buttons(snapshot, event, waiting),
    ]
    if waiting is None:
        return message(head, blocks)
    target = snapshot.record.run.target
    return message(asked_of(snapshot, waiting), blocks, roles=snapshot.titles(waiting.roles), target=target)


def _headline(snapshot: Snapshot, *, is_open: bool) -> str:
    if is_open:
        return "🙋 Second person needed: start all the same?"
    return (
        "⛔ Nobody agreed to the start"
        if open_objections(snapshot.record)
        else "✅ A second person agreed to the start"
    )


def _against(snapshot: Snapshot) -> Iterator[str]:
    """What speaks against the start, each ticked once somebody has agreed, and the starter's reason."""
    against = objections(snapshot.record)
    still_open = {one.number for one in open_objections(snapshot.record)}
    yield "*Reasons against this start:*"
    yield from (
        f"{'⚠️' if one.number in still_open else '☑️'} {with_owner(clip(one.summary, 600))}" for one in against[:MOST]
    )
    yield from (f"*Why start all the same*, by {acted(one)}: {line(one.reason, 500)}" for one in against[:1])


def _answer(snapshot: Snapshot, fact: Fact) -> str:
    """Who agreed or refused, and when; empty for any other fact."""
    at = time_of(fact.at, snapshot.page.runbook.time_zone)
    if isinstance(fact, StartAgreement):
        return f"✅ {acted(fact)} agreed at {at}"
    if isinstance(fact, RollbackRequest) and open_objections(snapshot.record):
        reason = words_of_refusal(fact.reason)
        return f"⛔ {acted(fact)} refused at {at}" + (f": {line(reason, 400)}" if reason else "")
    return ""
