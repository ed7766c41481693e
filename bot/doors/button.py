"""The value of a button: which run, and which question or alert of it, the button is about."""

from __future__ import annotations

from dataclasses import dataclass

from state.errors import Refused


@dataclass(frozen=True, kw_only=True)
class ButtonValue:
    """What a button is about. As text it is "RUN:EVENT", or "RUN:0:ALERT:NUMBER".

    `event` is the id of the event whose message holds the button; 0 on the card, which belongs to the whole run.
    `alert` is the alert's row in the page's table, counted from 1, and `number` the number of its countdown. On the
    buttons to hold and resume, `number` is that of the hold (see `hold_number`).
    """

    run: int
    event: int = 0
    alert: int = 0
    number: int = 0

    def __str__(self) -> str:
        value = f"{self.run}:{self.event}"
        return f"{value}:{self.alert}:{self.number}" if self.alert or self.number else value


def read_button(value: str) -> ButtonValue:
    """Read a button's value. Raises Refused for text that is no such value."""
    parts = value.split(":")
    if len(parts) not in {2, 4} or not all(part.isascii() and part.isdecimal() for part in parts):
        raise Refused("This button was made by another version of the bot. Use /deploy status instead.")
    run, event, alert, number = (*map(int, parts), 0, 0)[:4]
    return ButtonValue(run=run, event=event, alert=alert, number=number)
