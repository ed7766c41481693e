"""`wait`: lets a stated time pass, for a soak."""

from __future__ import annotations

from typing import ClassVar

from commands.steps.base import StepBox, wait_out
from commands.steps.outcome import Context, Outcome, done
from commands.text.durations import Duration, say


class Wait(StepBox):
    """Counts from when the step first began, so that a restart of the bot does not make it longer."""

    kind: ClassVar[str] = "wait"
    waits: ClassVar[bool] = True

    lasts: Duration
    why: str

    def plan(self) -> list[str]:
        return [f"waits {say(self.lasts)}: {self.why}"]

    def run(self, ctx: Context) -> Outcome:
        wait_out(ctx, self.lasts)
        return done(f"{say(self.lasts)} have passed: {self.why}")
