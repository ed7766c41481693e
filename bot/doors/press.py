"""A press of a button, or a command that was typed in its place."""

from __future__ import annotations

from bot.doors.button import read_button
from commands.signoff.press import PressId
from state.facts import Actor, Door
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class Press:
    """Somebody pressed a button, or typed its command.

    `action` is the button's action id, `value` its value as text (see ButtonValue; empty for a typed command).
    `reason` and `lasts` ("30 min") are the answers of the button's form. `id` is what Slack gives the press, the same
    each time that it is delivered: the time of the click, or the id of a typed command.
    """

    action: str
    value: str
    person: str
    reason: str = ""
    lasts: str = ""
    id: str = ""

    @property
    def press_id(self) -> PressId:
        """The press as the run knows it again."""
        return PressId(id=self.id, drawn=read_button(self.value).number if self.value else None)

    @property
    def actor(self) -> Actor:
        """Who acted, and through which door."""
        return Actor(person=self.person, door=Door.SLACK)
