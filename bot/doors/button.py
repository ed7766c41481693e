"""The value of a button: which run, and which question or alert of it, the button is about."""

from __future__ import annotations

import re

from state.errors import OtherRecord, Refused
from state.frozen import dataclass
from state.records import NO_TIME, Run

_KEY = re.compile(r"run-[0-9]+-[0-9]{8}T[0-9]{12}")
OTHER_RECORD = (
    "Nothing was done: this button belongs to a run of another record. If two bots use one Slack app, Slack gives each "
    "press to one of them: press again until it is answered, and let whoever runs the bots give each an app of its own."
)


@dataclass(frozen=True, kw_only=True)
class ButtonValue:
    """What a button is about. As text it is "RUN:EVENT@KEY", or "RUN:0:ALERT:NUMBER@KEY".

    `key` is the run's own (see `Run`), because Slack may give the press to a bot with another record, whose runs count
    from 1, too; empty in what versions up to 0.6 have posted. `event` is the id of the event whose message holds the
    button; 0 on the card, which belongs to the whole run. `alert` is the alert's row in the page's table, counted from
    1, and `number` the number of its countdown. On the buttons to hold and resume, `number` is that of the hold (see
    `hold_number`).
    """

    run: int
    key: str = ""
    event: int = 0
    alert: int = 0
    number: int = 0

    def __str__(self) -> str:
        value = f"{self.run}:{self.event}"
        value += f":{self.alert}:{self.number}" if self.alert or self.number else ""
        return f"{value}@{self.key}" if self.key else value

    def require_of(self, run: Run) -> None:
        """Raise OtherRecord if this record's run of that number is another one than the button's."""
        is_whole = run.began_at != NO_TIME  # a run whose row is damaged can be stopped all the same
        if self.key and is_whole and self.key != run.key:
            raise OtherRecord(OTHER_RECORD)


def button_value(run: Run, *, event: int = 0, alert: int = 0, number: int = 0) -> str:
    """The value of a button of a run, as text; see `ButtonValue`."""
    return str(ButtonValue(run=run.id, key=run.key, event=event, alert=alert, number=number))


def read_button(value: str) -> ButtonValue:
    """Read a button's value. Raises Refused for text that is no such value."""
    numbers, _, key = value.partition("@")
    parts = numbers.split(":")
    is_known = len(parts) in {2, 4} and all(part.isascii() and part.isdecimal() for part in parts)
    if not is_known or (key and not _KEY.fullmatch(key)):
        raise Refused("This button was made by another version of the bot. Use /deploy status instead.")
    run, event, alert, number = (*map(int, parts), 0, 0)[:4]
    return ButtonValue(run=run, key=key, event=event, alert=alert, number=number)
