"""What a person reads after an act: what it did, what it did not do, and who is still needed."""

from __future__ import annotations

from contextlib import suppress

from commands.signoff.actions import RunActions
from commands.signoff.signing import after_refusal, still_needed, titles_of
from commands.watch.countdown import running_countdowns
from state.errors import BadRecord

AGREED_TO_START = "You agreed. The run begins."
AGREED_ON_HOLD = "You agreed. The run is on hold, and begins once somebody resumes it."
REFUSED_START = "You refused the start. The run ends; nothing was changed."
AGREED_IN_PART = "You agreed. Somebody else must agree too; the question in the thread says who."


def held_text(actions: RunActions, *, first: bool) -> str:
    """The reply to somebody who holds a run: what it does, and what it does not stop."""
    held = "On hold. No new step starts." if first else "The run is already on hold."
    with suppress(BadRecord):  # whoever holds a run of which a row cannot be read is told so otherwise
        countdowns = running_countdowns(actions.page, actions.store.record(actions.run))
        for countdown in countdowns[:1]:
            held += (
                f" It does not stop the alert “{countdown.alert.name}”, which rolls back when its countdown is over. "
                "“Hold: false alarm…” does (or `/deploy false-alarm WHY`, or `gonogo false-alarm`)."
            )
    return held


def signed_text(actions: RunActions, step: str, roles: tuple[str, ...], *, refused: bool) -> str:
    """The reply to somebody who has signed or refused: as what, and who is still needed or what follows."""
    record = actions.store.record(actions.run)
    if refused:
        return f"Refused as {titles_of(actions.page, roles)}. {after_refusal(actions.page, record, step)}".rstrip()
    missing = still_needed(actions.page, record, step)
    return f"Signed as {titles_of(actions.page, roles)}." + (f" Still needed: {missing}." if missing else "")
