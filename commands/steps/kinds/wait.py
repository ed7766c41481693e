"""`wait`: waits for a fixed time, for a soak."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from commands.steps.base import StepBox
from commands.steps.execution import wait_since_start
from commands.steps.outcome import Context, Outcome, done
from commands.text.durations import Duration, format_duration


class WaitStep(StepBox):
    """Waits for a fixed time, like the soak on staging."""

    kind: ClassVar[str] = "wait"
    proves: ClassVar[str] = "the time has passed; a restart of the bot does not extend it"
    waits: ClassVar[bool] = True
    why_is_its_own: ClassVar[bool] = True

    lasts: Duration = Field(
        description="How long to wait. It counts from the step's first beginning, also over a restart of the bot.",
        examples=["24 h"],
    )
    why: str = Field(description="What the wait is for, as messages say it.", examples=["soak on staging"])

    def plan(self) -> list[str]:
        return [f"waits {format_duration(self.lasts)}: {self.why}"]

    def waiting_time(self, countdown: int) -> timedelta:
        return self.lasts

    def run(self, ctx: Context) -> Outcome:
        wait_since_start(ctx, self.lasts)
        return done(f"Waited {format_duration(self.lasts)}: {self.why}")
