"""`baseline`: runs checks of the watch before the deploy, to compare later values with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from statistics import median
from typing import ClassVar

from pydantic import Field

from commands.steps.base import Members, StepBox
from commands.steps.execution import pause
from commands.steps.outcome import Context, Outcome, done, failed
from commands.text.durations import Duration, format_duration, parse_duration
from commands.text.foreign_json import read_json
from commands.text.numbers import format_count, format_measure
from state.records import AttemptState

_KNOWN_BEFORE = {"run", "ref", "countdown", "host"}  # values that no step sets


class BaselineStep(StepBox):
    """Takes samples of checks of the watch before the deploy, so that later values can be compared with them.

    Samples that were taken before a restart of the bot are kept. A check that is bad already does not fail the step:
    it is reported, and the alerts take it into account. A check that cannot be measured has no baseline.
    """

    kind: ClassVar[str] = "baseline"
    proves: ClassVar[str] = "what each measure was before the deploy"
    done_on_each: ClassVar[bool] = False
    is_baseline: ClassVar[bool] = True

    of: list[str] = Field(
        min_length=1,
        description="The checks of the watch to measure, by id. Only those that need no value of the deploy.",
        examples=[["response-time"]],
    )
    samples: int = Field(
        default=3,
        ge=1,
        le=20,
        description="How many samples each check takes. The median counts.",
        examples=[5],
        json_schema_extra={"unit": "samples"},
    )
    apart: Duration = Field(
        default=parse_duration("5 s"), description="How long to wait between two samples.", examples=["10 s"]
    )

    def plan(self) -> list[str]:
        samples = format_count(self.samples, "sample")
        return [f"takes {samples} of each check ({', '.join(self.of)}), {format_duration(self.apart)} apart"]

    def checks_before(self) -> tuple[str, ...]:
        return tuple(self.of)

    def with_members(self, hosts: Members, webs: Members, steps: Members) -> StepBox:
        return self.model_copy(update={"of": [one for check in self.of for one in steps.get(check, (check,))]})

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        for check in self.of:
            box = boxes.get(check)
            if box is None or box.every is None:
                return f'of: the watch has no check "{check}"'
            if not box.allowed_in_baseline:
                return f'of: "{check}" cannot run before the deploy; remove it from the list'
            if missing := sorted(box.for_baseline().inputs() - _KNOWN_BEFORE - set(box.outputs())):
                return (
                    f'of: "{check}" needs <{missing[0]}>, which is not known before the deploy; remove it from the list'
                )
        return ""

    def run(self, ctx: Context) -> Outcome:
        samples: dict[str, list[float]] = {}
        problems: dict[str, str] = {}
        for number in range(self.samples):
            for check, title, outcome in self._sample(ctx, number):
                for measure, value in outcome.measures.items():
                    samples.setdefault(join_measure(check, measure), []).append(value)
                if outcome.state != AttemptState.DONE:
                    state = "unreachable" if outcome.inconclusive else "already bad"
                    problems[check] = f"{title}: {state}: {outcome.summary}"
        measures = {name: median(values) for name, values in samples.items()}
        if not measures:
            return failed("No check could be measured before the deploy.", lines=tuple(problems.values()))
        lines = [f"{check}: {values}" for check in self.of if (values := _values_of(check, measures))]
        bad = f"; {len(problems)} not healthy before the deploy" if problems else ""
        summary = f"{format_count(len(self.of), 'check')}, {format_count(self.samples, 'sample')} each{bad}."
        return done(summary, lines=(*problems.values(), *lines), measures=measures)

    def _sample(self, ctx: Context, number: int) -> list[tuple[str, str, Outcome]]:
        """Each check with its title and outcome: as it was kept before a restart of the bot, or measured now and kept.

        A kept sample that is older than `limit` does not count: it says nothing about now.
        """
        name = f"samples/{ctx.key.partition('/')[2]}/{number + 1}"
        if kept := _kept(ctx.file(name), ctx.tools.clock.now() - self.limit):
            return kept
        if number:
            pause(ctx, self.apart.total_seconds())
        sample = [(check, *ctx.run_check(check)) for check in self.of]
        rows = [
            [check, title, outcome.state, outcome.summary, dict(outcome.measures), outcome.inconclusive]
            for check, title, outcome in sample
        ]
        ctx.save_file(name, json.dumps({"at": ctx.tools.clock.now().isoformat(), "checks": rows}))
        return sample


def _kept(text: str | None, since: datetime) -> list[tuple[str, str, Outcome]]:
    """The sample in a kept file; empty if there is none, or only one from before `since`."""
    data = read_json(text) if text else {}
    if not data or datetime.fromisoformat(data["at"]) < since:
        return []
    return [
        (check, title, Outcome(state=AttemptState(state), summary=summary, measures=measures, inconclusive=unclear))
        for check, title, state, summary, measures, unclear in data["checks"]
    ]


def _values_of(check: str, measures: Mapping[str, float]) -> str:
    prefix = f"{check}/"
    own = {name.removeprefix(prefix): value for name, value in measures.items() if name.startswith(prefix)}
    return ", ".join(f"{measure} {format_measure(value)}" for measure, value in own.items() if measure != "failed")


def join_measure(check: str, measure: str) -> str:
    """The name of a check's measure among the measures of the baseline step."""
    return f"{check}/{measure}"


def split_measure(name: str) -> tuple[str, str]:
    """The check and the measure of such a name. A measure has no slash in its name."""
    check, _, measure = name.rpartition("/")
    return check, measure
