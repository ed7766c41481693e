"""One row of the alert table: a measure of a check, its limits, and what a value means under it."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from commands.steps.base import Strict
from commands.text.durations import Duration, format_duration, format_seconds

Level = Literal["ok", "warning", "alert"]
NO_FAILURE = "no failure"
PERCENT = frozenset({"cpu", "memory"})
SHARE = "failed_share"


class AlertRule(Strict):
    """One row of the alert table: a measure of a check, and where it is too much or too little.

    `in_a_row` is how many measurements must agree, and `lasting` for how long they must have agreed, in the watch's
    time. `times_baseline` asks besides that the value is so many times what it was before the deploy; where that is
    not known, the limit alone decides. `enough` names measures of the same check and how much of each there must be
    (like `{ requests = 20 }`) for a value to count at all. `warn_above` begins the band in which a person decides.
    `otherwise` names the row that judges instead while this one has not enough; as long as it has, that row only warns.
    `expected` rows are counted and shown, and never act. `countdown` is how long people have to hold a rollback.
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
        """What one measured value means under this row; `baseline` is what it was before the deploy, where that is known."""
        if self.beyond(value) and self._grown(value, baseline):
            return "alert"
        return "warning" if self.warn_above is not None and value > self.warn_above else "ok"

    def beyond(self, value: float) -> bool:
        """Whether a value is beyond the row's own limit."""
        return (self.above is not None and value > self.above) or (self.below is not None and value < self.below)

    def _grown(self, value: float, baseline: float | None) -> bool:
        return self.times_baseline is None or baseline is None or value > self.times_baseline * baseline

    def shown(self, value: float) -> str:
        """A value of this measure in its unit."""
        if self.measure in {"seconds", "seconds_p95"}:
            return format_seconds(value)
        if self.measure == SHARE:
            return f"{100 * value:.3g} %"
        return f"{value:.0f} %" if self.measure in PERCENT else f"{value:g}"

    @property
    def limit(self) -> str:
        """The limit in words."""
        if self.measure == "failed" and self.above == 0:
            return NO_FAILURE
        sides = [f"above {self.shown(self.above)}"] if self.above is not None else []
        sides += [f"below {self.shown(self.below)}"] if self.below is not None else []
        return " or ".join(sides)

    @property
    def rule(self) -> str:
        """The whole rule in words."""
        words = [self.limit]
        if self.times_baseline is not None:
            words.append(f"and more than {self.times_baseline:g} times what it was before")
        if self.in_a_row > 1:
            words.append(f"{self.in_a_row} times in a row")
        if self.lasting is not None:
            words.append(f"for {format_duration(self.lasting)}")
        words += [f"with at least {least:g} {name}" for name, least in self.enough.items()]
        return ", ".join(filter(None, words))


class AlertsBox(Strict):
    """`toml alerts`: the alert table."""

    alert: list[AlertRule] = Field(min_length=1)
