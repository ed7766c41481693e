"""`repeat`: runs a part of the page again, as one check of the watch."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

from pydantic import Field

from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed
from commands.text.numbers import format_count
from state.records import AttemptState


class RepeatStep(StepBox):
    """Runs a part of the page again, as one check of the watch.

    After a failure only the steps with `always` still run. Steps that need a browser are left out if the bot's machine
    has none.
    """

    kind: ClassVar[str] = "repeat"
    proves: ClassVar[str] = "how many of the steps still succeed"
    done_on_each: ClassVar[bool] = False
    reruns_steps: ClassVar[bool] = True
    allowed_in_baseline: ClassVar[bool] = False
    measured: ClassVar[frozenset[str]] = frozenset({"failed", "failed_share"})

    part: Literal["smoke tests"] = Field(description="The part of the page whose steps are run again.")

    def plan(self) -> list[str]:
        return [f"runs every step of “{self.part}” again; after a failure, only the steps that clean up"]

    def recover(self, ctx: Context) -> Outcome | None:
        """Recover each step of the interrupted rerun, so that everything it created is deleted.

        If the end of a step cannot be told, that is no failure of production: the part is run again and judged by that.
        """
        recovered = ctx.rerun_part(self.part, True)
        unclear = [f"“{title}”" for title, outcome in recovered if outcome.state == AttemptState.UNKNOWN]
        if not unclear:
            return self._judge(recovered)
        again = self._judge(ctx.rerun_part(self.part, False))
        note = (
            f"The bot was restarted in the middle, so they were run again. {unclear[0]} may have left something behind."
        )
        return replace(again, summary=f"{again.summary} {note}")

    def run(self, ctx: Context) -> Outcome:
        return self._judge(ctx.rerun_part(self.part, False))

    def _judge(self, outcomes: list[tuple[str, Outcome]]) -> Outcome:
        results = [(title, outcome) for title, outcome in outcomes if "unavailable" not in outcome.measures]
        passed = sum(outcome.state == AttemptState.DONE for _, outcome in results)
        bad = len(results) - passed
        measures = {"failed": float(bad), "failed_share": bad / len(results) if results else 0.0}
        left_out = len(outcomes) - len(results)
        more = f"; {left_out} left out, because the bot's machine has no browser" if left_out else ""
        lines = tuple(f"{_mark(outcome)} {title}: {outcome.summary}" for title, outcome in results)
        summary = f"{passed} of {format_count(len(results), 'step')} passed{more}."
        return (failed if bad else done)(summary, lines=lines, measures=measures)


def _mark(outcome: Outcome) -> str:
    return "✓" if outcome.state == AttemptState.DONE else "✗"
