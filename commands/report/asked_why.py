"""Why people are asked, and what they sign: how a step failed, who refused it, a checklist."""

from __future__ import annotations

from commands.progress.step_state import DECISION, answer_to, signatures
from commands.runbook.page import Page
from commands.signoff.waiting import Waiting
from commands.text.actors import actor_in_words
from state.events import Ask
from state.facts import EarlyKeep
from state.records import Record

_LONGEST = 500  # characters of one reason


def why_asked(record: Record, waiting: Waiting) -> str:
    """The sentence, with people by their ids; empty where what is asked says it all."""
    if waiting.ask is Ask.AGREE and waiting.step == DECISION:
        keep = record.newest(EarlyKeep)
        return f"{actor_in_words(keep.by)} wants it: {keep.reason}"[:_LONGEST] if keep else ""
    attempt = record.last(waiting.step) if waiting.ask in {Ask.ANSWER, Ask.AGREE} else None
    if attempt is None:
        return ""
    refused = [one for one in signatures(record, attempt) if one.refused]
    said = [f"Refused by {actor_in_words(one.by)}: {one.reason}" for one in refused] or [f"Failed: {attempt.summary}"]
    if waiting.ask is Ask.AGREE and (answer := answer_to(record, attempt)):
        said.append(f"{actor_in_words(answer.by)} wants to go on: {answer.reason}")
    return ". ".join(one[:_LONGEST].rstrip(".") for one in said if not one.endswith(": "))


def what_is_signed(page: Page, record: Record, waiting: Waiting) -> tuple[tuple[str, str], ...]:
    """What each role that has not signed yet signs, as pairs of role and text: its items, or else the step's result."""
    attempt = record.last(waiting.step)
    if waiting.ask is not Ask.SIGN or attempt is None:
        return ()
    items = next((step.box.checklist() for step in page.steps if step.id == waiting.step), ())
    texts = {role: [item.text for item in items if item.role == role] for role in waiting.roles}
    return tuple((role, text[:_LONGEST]) for role in waiting.roles for text in texts[role] or [attempt.summary] if text)
