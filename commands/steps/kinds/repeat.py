"""`repeat`: runs a part of the page once more, as one check of the watch."""

from __future__ import annotations

from typing import ClassVar, Literal

from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed
from state.records import AttemptState


class RepeatStep(StepBox):
    """Measures `failed` (how many) and `failed_share` (0 to 1). What needs a browser that is not there is left out."""

    kind: ClassVar[str] = "repeat"
    repeats: ClassVar[bool] = True
    fits_baseline: ClassVar[bool] = False

    part: Literal["smoke tests"]

    def plan(self) -> list[str]:
        return [f"runs every step of “{self.part}” again; after a failure only those that clean up"]

    def recover(self, ctx: Context) -> Outcome | None:
        """Go through its steps again, each taking up what it may have left behind, so that it is cleaned up too."""
        return self._judge(ctx.repeat(self.part, True))

    def run(self, ctx: Context) -> Outcome:
        return self._judge(ctx.repeat(self.part, False))

    def _judge(self, made: list[tuple[str, Outcome]]) -> Outcome:
        results = [(title, one) for title, one in made if "unavailable" not in one.measures]
        bad = [f"{title}: {one.summary}" for title, one in results if one.state != AttemptState.DONE]
        measures = {"failed": float(len(bad)), "failed_share": len(bad) / len(results) if results else 0.0}
        left_out = f", {len(made) - len(results)} left out (no browser here)" if len(made) > len(results) else ""
        summary = f"{len(results) - len(bad)} of {len(results)} steps passed{left_out}."
        lines = tuple(
            f"{'✓' if one.state == AttemptState.DONE else '✗'} {title}: {one.summary}" for title, one in results
        )
        return (failed if bad else done)(summary, lines=lines, measures=measures)
