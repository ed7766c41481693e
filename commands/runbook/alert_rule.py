"""One row of the alert table: a measure of a check, its limits, and the level of a value."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from commands.steps.base import Strict
from commands.text.durations import Duration, format_duration, format_seconds
from commands.text.numbers import format_measure, format_short

Level = Literal["ok", "warning", "alert"]
NO_FAILURE = "no failure"
PERCENT = frozenset({"cpu", "memory"})  # measures from 0 to 100
SHARE = "failed_share"  # from 0 to 1


class AlertRule(Strict):
    """One row of the alert table: a measure of a check, and the limits of its values.

    While a row has `enough`, the row that it names in `otherwise` only warns.
    """

    name: str = Field(description="The alert's name. No other alert has it.", examples=["Slow API"])
    check: str = Field(description="The check of the watch whose measure it judges, by id.", examples=["response-time"])
    measure: str = Field(
        description="The measure of the check. Each kind names what it measures.", examples=["seconds"]
    )
    above: float | None = Field(
        default=None,
        description="The alert is raised above this value. `above` or `below` is needed.",
        examples=[5.0],
        json_schema_extra={"unit": "in the measure's unit"},
    )
    below: float | None = Field(
        default=None,
        description="The alert is raised below this value.",
        examples=[10.0],
        json_schema_extra={"unit": "in the measure's unit"},
    )
    warn_above: float | None = Field(
        default=None,
        description="Above this value it is a warning, and people decide. Without it, nothing warns.",
        examples=[1.0],
        json_schema_extra={"unit": "in the measure's unit"},
    )
    in_a_row: int = Field(
        default=1,
        ge=1,
        description="How many samples one after another must be over the limit.",
        examples=[2],
        json_schema_extra={"unit": "samples"},
    )
    lasting: Duration | None = Field(
        default=None,
        description="For how long the samples must be over the limit. Without it, `in_a_row` alone counts.",
        examples=["5 min"],
    )
    times_baseline: float | None = Field(
        default=None,
        gt=1,
        description=(
            "The value must also be more than so many times the baseline. Without a baseline the limit alone decides."
        ),
        examples=[2.0],
        json_schema_extra={"unit": "times"},
    )
    enough: dict[str, float] = Field(
        default_factory=dict,
        description="Measures of the same check and the least of each, for a value to count at all.",
        examples=[{"requests": 20}],
        json_schema_extra={"unit": "in the measures' units"},
    )
    otherwise: str = Field(
        default="",
        description="The alert that judges instead while this one has not `enough`.",
        examples=["Smoke tests fail"],
    )
    action: Literal["roll back", "tell"] = Field(
        default="roll back",
        description="What the alert leads to: a countdown to the rollback, or a report to people only.",
    )
    countdown: Duration = Field(
        default=timedelta(seconds=60),
        description="How long people have to hold the rollback as a false alarm.",
        examples=["5 min"],
    )
    expected: bool = Field(default=False, description="Whether it is expected: counted and shown, but nothing is done.")
    pings: list[str] = Field(
        default_factory=list,
        description="The roles that the alert calls. Without it, the role of `toml decision`.",
        examples=[["on_call"]],
    )

    def level_of(self, value: float, baseline: float | None = None) -> Level:
        """The level of a value; `baseline` is the value before the deploy, if it is known."""
        if self.outside_limits(value) and self._over_baseline(value, baseline):
            return "alert"
        return "warning" if self.warn_above is not None and value > self.warn_above else "ok"

    def outside_limits(self, value: float) -> bool:
        """Whether a value is above or below the row's own limits."""
        return (self.above is not None and value > self.above) or (self.below is not None and value < self.below)

    def _over_baseline(self, value: float, baseline: float | None) -> bool:
        return self.times_baseline is None or baseline is None or value > self.times_baseline * baseline

    def format_value(self, value: float) -> str:
        """A value of this measure, with its unit; of a check that just fails or not, in words."""
        if self._just_fails and value in {0, 1}:
            return "failed" if value else "ok"
        if self.measure in {"seconds", "seconds_p95"}:
            return format_seconds(value)
        if self.measure == SHARE:
            return f"{format_measure(100 * value)} %"
        return f"{value:.0f} %" if self.measure in PERCENT else format_short(value)

    @property
    def _just_fails(self) -> bool:
        """Whether the measure says only that the check failed."""
        return self.measure == "failed" and self.above == 0

    @property
    def limit(self) -> str:
        """The limit in words, for example "above 5 s"."""
        if self._just_fails:
            return NO_FAILURE
        sides = [f"above {self.format_value(self.above)}"] if self.above is not None else []
        sides += [f"below {self.format_value(self.below)}"] if self.below is not None else []
        return " or ".join(sides)

    @property
    def rule(self) -> str:
        """The whole rule in words, for example "above 5 s, 2 times in a row"."""
        parts = [self.limit]
        if self.times_baseline is not None:
            parts.append(f"and more than {format_short(self.times_baseline)} times the baseline")
        if self.in_a_row > 1:
            parts.append(f"{self.in_a_row} times in a row")
        if self.lasting is not None:
            parts.append(f"for {format_duration(self.lasting)}")
        parts += [f"with at least {format_short(least)} {name}" for name, least in self.enough.items()]
        return ", ".join(filter(None, parts))


class AlertsBox(Strict):
    """`toml alerts`, under “Alerts”: which values of the watch call people, or roll back."""

    alert: list[AlertRule] = Field(
        min_length=1,
        description="The alert table: one `[[alert]]` for each row.",
        examples=[[{"name": "Slow API", "check": "response-time", "measure": "seconds", "above": 5.0}]],
    )
