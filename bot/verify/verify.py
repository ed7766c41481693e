"""Verifies what `gonogo verify` is given: nothing (the whole state file), a run's number, or a bundle."""

from __future__ import annotations

from bot.settings import Settings
from bot.verify.record import verify_record

Answer = tuple[bool, list[str]]  # whether all is good, and the lines to print


def verify(settings: Settings, what: str) -> Answer:
    """Whether all is good, and the lines to print. Raises Refused with one sentence if it cannot be verified."""
    return verify_record(settings, int(what) if what else 0)
