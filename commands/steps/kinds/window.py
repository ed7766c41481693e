"""`window`: whether now is a low-traffic time, in the team's time zone; going on outside it needs a second person."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _hours(text: str) -> str:
    found = re.fullmatch(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)", text)
    if not found or int(found[1]) > 23 or int(found[3]) > 24 or text[:5] == text[6:]:
        raise ValueError(f'{text!r} is not a range of hours; write it like "22:00-06:00"')
    return text


Hours = Annotated[str, AfterValidator(_hours)]


class WindowStep(StepBox):
    """Open on `days` during `hours`, never during `peak`.

    A range that crosses midnight belongs to the day it began on: 02:00 on Friday is still Thursday's night, and 02:00
    on Monday is Sunday's. With `sql` on `database` the current traffic must be at most `at_most` too.
    """

    kind: ClassVar[str] = "window"
    waits: ClassVar[bool] = True
    skip_needs_two: ClassVar[bool] = True

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(min_length=1)
    hours: list[Hours] = Field(min_length=1)
    peak: list[Hours] = Field(default_factory=list)
    database: str = ""
    sql: str = ""
    at_most: float = 0

    def plan(self) -> list[str]:
        peak = f", never {' and '.join(self.peak)}" if self.peak else ""
        traffic = [f"on {self.database}: {self.sql}, expects at most {self.at_most:g}"] if self.sql else []
        return [f"now must be {', '.join(self.days)} during {' or '.join(self.hours)}{peak}", *traffic]

    def run(self, ctx: Context) -> Outcome:
        now = ctx.tools.clock.now().astimezone(ZoneInfo(ctx.time_zone))
        if not self.open_at(now):
            opens = self.opens_after(now)
            next_time = f"it opens on {opens:%A at %H:%M}" if opens else "it never opens"
            return failed(f"It is {now:%A %H:%M} in {ctx.time_zone}, outside the low-traffic window; {next_time}.")
        if self.sql:
            rows = ctx.tools.database.query(self.database, self.sql).rows
            traffic = float(rows[0][0]) if rows else 0.0
            if traffic > self.at_most:
                return failed(f"The traffic now is {traffic:g}, more than {self.at_most:g}; wait for a quieter moment.")
        return done(f"It is {now:%A %H:%M} in {ctx.time_zone}, inside the low-traffic window.")

    def open_at(self, moment: datetime) -> bool:
        """Whether the window is open at a local moment."""
        today, yesterday = DAYS[moment.weekday()], DAYS[moment.weekday() - 1]
        if any(_in(moment, hours) for hours in self.peak):
            return False
        return any(
            _in(moment, hours) and (yesterday if _early(moment, hours) else today) in self.days for hours in self.hours
        )

    def opens_after(self, moment: datetime) -> datetime | None:
        """The next local moment, to the minute, at which it opens within eight days."""
        zone, start = moment.tzinfo, moment.astimezone(ZoneInfo("UTC")).replace(second=0, microsecond=0)
        minutes = (start + timedelta(minutes=n) for n in range(1, 8 * 24 * 60))
        return next((local for utc in minutes if self.open_at(local := utc.astimezone(zone))), None)


def _in(moment: datetime, hours: str) -> bool:
    now, begin, end = f"{moment:%H:%M}", hours[:5], hours[6:]
    return begin <= now < end if begin < end else now >= begin or now < end


def _early(moment: datetime, hours: str) -> bool:
    """Whether the moment lies after midnight in a range that began the day before."""
    return hours[:5] > hours[6:] and f"{moment:%H:%M}" < hours[6:]
