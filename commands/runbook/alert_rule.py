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

    `in_a_row` is how many samples must be over the limit, and `lasting` for how long they must have been, in the
    watch's time. `times_baseline` also requires that the value is so many times the baseline; if there is no baseline,
    the limit alone decides. `enough` names measures of the same check and the least of each (like `{ requests = 20 }`)
    for a value to count at all. `warn_above` starts the band in which a person decides. `otherwise` names the row that
    judges instead while this one has not enough; while it has enough, that row only warns. `expected` rows are counted
    and shown, and never act. `countdown` is how long people have to hold a rollback.
    """

    name: str
    check: str
    measure: str
    above: float | None = None
    below: float | None = None
    warn_above: float | None = None
    in_a_row: int = Field(default=1, ge=1)
    lasting: Duration | None = None
    times_baseline: float | None = Field(default=None, gt=1)
    enough: dict[str, float] = Field(default_factory=dict)
    otherwise: str = ""
    action: Literal["roll back", "tell"] = "roll back"
    countdown: Duration = timedelta(seconds=60)
    expected: bool = False
    pings: list[str] = Field(default_factory=list)

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
        """A value of this measure, with its unit."""
        if self.measure in {"seconds", "seconds_p95"}:
            return format_seconds(value)
        if self.measure == SHARE:
            return f"{format_measure(100 * value)} %"
        return f"{value:.0f} %" if self.measure in PERCENT else format_short(value)

    @property
    def limit(self) -> str:
        """The limit in words, for example "above 5 s"."""
        if self.measure == "failed" and self.above == 0:
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
    """`toml alerts`: the alert table."""

    alert: list[AlertRule] = Field(min_length=1)
