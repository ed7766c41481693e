"""`notify`: posts a message to the channel and mentions roles, if wanted after a countdown."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from commands.steps.base import StepBox
from commands.steps.execution import wait_since_start
from commands.steps.outcome import Context, Outcome, done
from commands.steps.values import fill
from commands.text.durations import format_duration

_IN_MINUTES = "in <countdown> minutes"


class NotifyStep(StepBox):
    """Posts a message to the channel and mentions roles, if wanted after a countdown.

    `in <countdown> minutes` becomes “in 1 minute” for one minute, and “now” for none. If a step of the rollback failed
    to restore something, the message says that instead. What the run changed and no step of the rollback undoes is in
    the message too.
    """

    kind: ClassVar[str] = "notify"
    proves: ClassVar[str] = "the team was told, and when"
    done_on_each: ClassVar[bool] = False
    takes_any_text: ClassVar[bool] = True
    waits: ClassVar[bool] = True
    is_announcement: ClassVar[bool] = True

    text: str = Field(
        description="The message. `<ref>`, `<countdown>` and the values of earlier steps are put in.",
        examples=["Deploying <ref> in <countdown> minutes."],
    )
    roles_to_tell: list[str] = Field(
        default_factory=list, description="The roles that the message mentions.", examples=[["on_call"]]
    )
    countdown: bool = Field(
        default=False, description="Whether the announced minutes pass before the message is posted."
    )

    def plan(self) -> list[str]:
        wait = ["waits <countdown> minutes"] if self.countdown else []
        roles = f" and mentions {', '.join(self.roles_to_tell)}" if self.roles_to_tell else ""
        return [*wait, f"posts to the channel{roles}: {self.text}"]

    def notified_roles(self) -> tuple[str, ...]:
        return tuple(self.roles_to_tell)

    def waiting_time(self, countdown: int) -> timedelta:
        return timedelta(minutes=countdown if self.countdown else 0)

    def run(self, ctx: Context) -> Outcome:
        minutes = int(ctx.values["countdown"])
        when = {0: "now", 1: "in 1 minute"}.get(minutes, _IN_MINUTES)
        text = fill(self.text.replace(_IN_MINUTES, when), {**ctx.values, "ref": ctx.run.release})
        if ctx.not_restored:
            lines = (*ctx.not_restored.values(), *ctx.not_undone, f"Not posted, because it is not true: {text}")
            return done(f"❌ Rolled back, but NOT restored: {', '.join(ctx.not_restored)}.", lines=lines)
        if not self.countdown:
            return done(text, lines=tuple(f"⚠️ {left}" for left in ctx.not_undone))
        duration = self.waiting_time(minutes)
        wait_since_start(ctx, duration)
        return done(text, lines=(f"The countdown of {format_duration(duration)} is over.",) if minutes else ())
