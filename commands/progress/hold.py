"""hold: moved by the redesign."""

from __future__ import annotations

from state.records import Record


def held(record: Record) -> bool:
    """Whether a person holds the run: no new step begins, and the watch goes on."""
    holds = [fact.kind for fact in record.facts if fact.kind in {"hold", "resume"}]
    return bool(holds) and holds[-1] == "hold"
