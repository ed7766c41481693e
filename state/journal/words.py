"""What an entry of the journal is about, in words."""

from __future__ import annotations

from state.facts import FactKind
from state.journal.chain import EntryKind

_FACTS: dict[str, str] = {
    FactKind.SIGNATURE: "signature",
    FactKind.ANSWER: "answer",
    FactKind.AGREEMENT: "agreement",
    FactKind.EARLY_KEEP: "early KEEP",
    FactKind.EARLY_KEEP_AGREEMENT: "agreement to an early KEEP",
    FactKind.HOLD: "hold",
    FactKind.RESUME: "resume",
    FactKind.ROLLBACK: "rollback request",
    FactKind.KEEP: "KEEP",
    FactKind.CLOSED: "end by hand",
    FactKind.NEXT_RUN: "start of the next run",
    FactKind.COUNTDOWN: "start of a countdown",
    FactKind.ALERT_HOLD: "false alarm",
    FactKind.COUNTDOWN_END: "end of a countdown",
    FactKind.ENVIRONMENT: "word that the bot's environment leads elsewhere",
    FactKind.LAPSED: "end of a request for a second person",
    FactKind.NOTE: "note for the report",
    FactKind.TAKES_PART: "consent to a drill",
    FactKind.DRILL_BEGUN: "beginning of a drill",
    FactKind.SURPRISE: "surprise of a drill",
    FactKind.PLANNED: "plan of a queued start",
    FactKind.START_QUESTION: "question about a queued start",
    FactKind.PUT_OFF: "delay of a queued start",
    FactKind.QUEUE_MOVE: "move in the queue",
    FactKind.START_OBJECTION: "objection to the start",
    FactKind.START_AGREEMENT: "agreement to the start",
    FactKind.HANDOVER_OFFER: "offer of a role",
    FactKind.HANDOVER_END: "end of an offer of a role",
}
_WORDS: dict[str, str] = {
    EntryKind.FOUND: "the run as it was found",
    EntryKind.RUN: "the start of the run, with its page",
    EntryKind.MOVE: "the state of the run",
    EntryKind.BEGIN: "start of step",
    EntryKind.END: "result of step",
    EntryKind.EVENT: "event",
    EntryKind.FILE: "file",
    EntryKind.JUMP: "clock jump",
}
WIDEST = 120  # characters


def what_of(kind: str, ref: str) -> str:
    """What an entry or a row is about: "signature backup:1:dba", "result of step migrate, attempt 2"."""
    name = " ".join(ref.split())[:WIDEST]
    if kind == EntryKind.FACT:
        fact, _, rest = name.partition(":")
        return f"{_FACTS.get(fact, f'fact {fact}')} {rest}".strip()
    if kind in {EntryKind.BEGIN, EntryKind.END}:
        step, _, attempt = name.rpartition(" ")
        return f"{_WORDS[kind]} {step}, attempt {attempt}"
    return f"{_WORDS.get(kind, 'something unknown')} {name}".strip()
