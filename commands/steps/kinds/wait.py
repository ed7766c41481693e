"""`wait`: waits for a fixed time, for a soak."""

from __future__ import annotations

from typing import ClassVar

from commands.steps.base import StepBox
from commands.steps.execution import wait_since_start
from commands.steps.outcome import Context, Outcome, done
from commands.text.durations import Duration, format_duration


class WaitStep(StepBox):
    """Counts from when the step first began, so a restart of the bot does not extend the wait."""

    kind: ClassVar[str] = "wait"
    waits: ClassVar[bool] = True
    why_is_its_own: ClassVar[bool] = True

    lasts: Duration
    why: str

    def plan(self) -> list[str]:
        return [f"waits {format_duration(self.lasts)}: {self.why}"]

    def run(self, ctx: Context) -> Outcome:
        wait_since_start(ctx, self.lasts)
        return done(f"Waited {format_duration(self.lasts)}: {self.why}")
