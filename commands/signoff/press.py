"""One press is one fact: how a press to hold or resume is known again."""

from __future__ import annotations

from commands.progress.hold import hold_number
from state.errors import TooLate
from state.facts import Hold, Resume
from state.frozen import dataclass
from state.records import Record

DOUBLE_CLICK = 3.0  # seconds between two clicks of one person on one button that are one press


@dataclass(frozen=True, kw_only=True)
class PressId:
    """A press of a button, or a typed command.

    `id` is what Slack gives it: the time of the click in seconds ("1795863412.000200") or the id of the command. It is
    the same when Slack delivers the press again, and empty at the terminal. `drawn` is the number of the hold that the
    button was drawn for, counted from 0: the one that it would begin or end; None for a typed command.
    """

    id: str = ""
    drawn: int | None = None


NO_PRESS = PressId()


def is_repeated(record: Record, fact: Hold | Resume, press: PressId) -> bool:
    """Whether a press has been carried out before: it is delivered again, or the second click of a double click."""
    return any(
        type(earlier) is type(fact) and earlier.person == fact.person and _is_same(earlier, press)
        for earlier in record.facts
        if isinstance(earlier, Hold | Resume)
    )


def require_current(record: Record, fact: Resume, press: PressId) -> None:
    """Raise TooLate unless a press to resume is new, and meant for the hold that is on now."""
    if is_repeated(record, fact, press):
        raise TooLate("This press has been carried out before, and the run was held again since. It changes nothing.")
    if press.drawn is not None and press.drawn != hold_number(record):
        raise TooLate("This button is for an earlier hold. The run was held again since; resume it on the card.")


def _is_same(earlier: Hold | Resume, press: PressId) -> bool:
    if not press.id or not earlier.press:
        return False
    if earlier.press == press.id:
        return True
    first, second = _seconds(earlier.press), _seconds(press.id)
    if press.drawn != earlier.number or first is None or second is None:
        return False
    return abs(first - second) <= DOUBLE_CLICK


def _seconds(press: str) -> float | None:
    """When a button was clicked; None for a typed command."""
    try:
        return float(press)
    except ValueError:
        return None
