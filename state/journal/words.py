"""What an entry of the journal is about, in words."""

from __future__ import annotations

from state.facts import FactKind
from state.journal.chain import EntryKind

_FACTS = {
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
    FactKind.LAPSED: "end of a request for a second person",
    FactKind.NOTE: "note for the report",
    FactKind.START_OBJECTION: "objection to the start",
    FactKind.START_AGREEMENT: "agreement to the start",
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
        words = _FACTS[FactKind(fact)] if fact in set(FactKind) else f"fact {fact}"
        return f"{words} {rest}".strip()
    if kind in {EntryKind.BEGIN, EntryKind.END}:
        step, _, attempt = name.rpartition(" ")
        return f"{_WORDS[kind]} {step}, attempt {attempt}"
    return f"{_WORDS.get(kind, 'something unknown')} {name}".strip()
