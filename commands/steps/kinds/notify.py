"""`notify`: tells the channel and pings roles; with `countdown` it lets the announced minutes pass."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from commands.steps.base import StepBox
from commands.steps.execution import wait_since_start
from commands.steps.outcome import Context, Outcome, done
from commands.steps.values import fill
from commands.text.durations import format_duration


class NotifyStep(StepBox):
    """The words are posted with the step's result. The countdown counts from when this step first began, also after a crash.

    In the rollback, where a step above it did not restore what it is for, that is said instead, with who must act.
    """

    kind: ClassVar[str] = "notify"
    waits: ClassVar[bool] = True
    announces: ClassVar[bool] = True

    text: str
    roles_to_tell: list[str] = Field(default_factory=list)
    countdown: bool = False

    def plan(self) -> list[str]:
        wait = ["waits <countdown> minutes"] if self.countdown else []
        pings = f", pings {', '.join(self.roles_to_tell)}" if self.roles_to_tell else ""
        return [*wait, f"tells the channel{pings}: {self.text}"]

    def called_roles(self) -> tuple[str, ...]:
        return tuple(self.roles_to_tell)

    def run(self, ctx: Context) -> Outcome:
        minutes = timedelta(minutes=int(ctx.values["countdown"]))
        text = fill(self.text, ctx.values)
        if ctx.missing:
            lines = (*ctx.missing.values(), f"Not said, because it is not so: {text}")
            return done(f"❌ Rolled back, but NOT: {', '.join(ctx.missing)}.", lines=lines)
        if not self.countdown:
            return done(text)
        wait_since_start(ctx, minutes)
        return done(text, lines=(f"The countdown of {format_duration(minutes)} is over.",) if minutes else ())
