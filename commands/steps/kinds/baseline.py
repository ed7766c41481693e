"""`baseline`: what checks of the watch measure before the deploy changes anything, so that later values can be held beside it."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import ClassVar

from pydantic import Field

from commands.steps.base import StepBox
from commands.steps.execution import pause
from commands.steps.outcome import Context, Outcome, done, failed
from commands.text.durations import Duration, format_duration, parse_duration
from state.records import AttemptState


class BaselineStep(StepBox):
    """Makes each check in `of` (by id) `samples` times, `apart` from each other; of each measure the median counts.

    What was bad already does not fail it: it is said, and the alerts know it. A check that could not be made has no
    baseline. Only checks that need nothing of the deploy can be made beforehand.
    """

    kind: ClassVar[str] = "baseline"
    is_baseline: ClassVar[bool] = True

    of: list[str] = Field(min_length=1)
    samples: int = Field(default=3, ge=1, le=20)
    apart: Duration = parse_duration("5 s")

    def plan(self) -> list[str]:
        return [f"makes {', '.join(self.of)} {self.samples} times, {format_duration(self.apart)} apart"]

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        for name in self.of:
            box = boxes.get(name)
            if box is None or box.every is None:
                return f'of: there is no check "{name}" in the watch'
            if not box.fits_baseline:
                return f'of: "{name}" cannot be made before the deploy; leave it out'
            if missing := sorted(box.for_baseline().inputs() - {"run", "ref", "countdown"} - set(box.outputs())):
                return f'of: "{name}" needs <{missing[0]}>, which is known after the deploy only; leave it out'
        return ""

    def run(self, ctx: Context) -> Outcome:
        found: dict[str, list[float]] = {}
        wrong: dict[str, str] = {}
        for sample in range(self.samples):
            if sample:
                pause(ctx, self.apart.total_seconds())
            for check in self.of:
                title, outcome = ctx.measure(check)
                for name, value in outcome.measures.items():
                    found.setdefault(joined(check, name), []).append(value)
                if outcome.state != AttemptState.DONE:
                    wrong[check] = (
                        f"{title}: {'could not be asked' if outcome.inconclusive else 'bad already'}: {outcome.summary}"
                    )
        measures = {name: median(values) for name, values in found.items()}
        if not measures:
            return failed("Nothing could be measured before the deploy.", lines=tuple(wrong.values()))
        lines = [f"{check}: {_values(check, measures)}" for check in self.of if _values(check, measures)]
        bad = f", {len(wrong)} of them not well before the deploy" if wrong else ""
        summary = f"{len(self.of)} checks, {self.samples} times each{bad}."
        return done(summary, lines=(*wrong.values(), *lines), measures=measures)


def _values(check: str, measures: Mapping[str, float]) -> str:
    own = {name.removeprefix(f"{check}/"): value for name, value in measures.items() if name.startswith(f"{check}/")}
    return ", ".join(f"{name} {value:.3g}" for name, value in own.items() if name != "failed")


def joined(check: str, measure: str) -> str:
    """The name under which the baseline's own step keeps a measure of a check."""
    return f"{check}/{measure}"


def split(name: str) -> tuple[str, str]:
    """The check and the measure of such a name; a measure holds no slash."""
    check, _, measure = name.rpartition("/")
    return check, measure
