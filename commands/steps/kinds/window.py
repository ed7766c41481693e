"""`window`: checks that it is a low-traffic time; skipping the step needs a second person."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from commands.ports.page_text import PageText
from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import SqlText
from commands.text.numbers import format_number

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS_AHEAD = 8


def _hours(text: str) -> str:
    match = re.fullmatch(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)", text)
    if not match or int(match[1]) > 23 or int(match[3]) > 24 or text[:5] == text[6:]:
        raise ValueError(f'{text!r} is not a range of hours; write it like "22:00-06:00"')
    return text


Hours = Annotated[str, AfterValidator(_hours)]


class WindowStep(StepBox):
    """The window is open on `days` during `hours`, but not during `peak`.

    A range over midnight belongs to the day on which it begins: 02:00 on Friday belongs to Thursday, and 02:00 on
    Monday to Sunday. With `sql` on `database`, the current traffic must also be at most `at_most`.
    """

    kind: ClassVar[str] = "window"
    done_on_each: ClassVar[bool] = False
    takes_any_text: ClassVar[bool] = True
    waits: ClassVar[bool] = True
    needs_second_person: ClassVar[bool] = True

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(min_length=1)
    hours: list[Hours] = Field(min_length=1)
    peak: list[Hours] = Field(default_factory=list)
    database: str = ""
    sql: SqlText = ""
    at_most: float = 0

    def plan(self) -> list[str]:
        peak = f", but not during {' or '.join(self.peak)}" if self.peak else ""
        traffic = f"on {self.database}: {self.sql}, expects at most {format_number(self.at_most)}"
        window = f"now must be {', '.join(self.days)} during {' or '.join(self.hours)}{peak}"
        return [window, *([traffic] if self.sql else [])]

    def queries(self) -> tuple[str, ...]:
        return (self.sql,) if self.sql else ()

    def run(self, ctx: Context) -> Outcome:
        now = ctx.tools.clock.now().astimezone(ZoneInfo(ctx.time_zone))
        if not self.open_at(now):
            opens = self.opens_after(now)
            next_time = f"opens on {opens:%A at %H:%M}" if opens else f"does not open in the next {_DAYS_AHEAD} days"
            return failed(f"It is {now:%A %H:%M} in {ctx.time_zone}, outside the low-traffic window. It {next_time}.")
        if self.sql:
            rows = ctx.tools.database.query(self.database, PageText(self.sql, ctx.values)).rows
            traffic = float(rows[0][0]) if rows else 0.0
            if traffic > self.at_most:
                limit = f"`at_most = {format_number(self.at_most)}`"
                return failed(f"The traffic is {format_number(traffic)} now, over {limit}. Wait for a quieter time.")
        return done(f"It is {now:%A %H:%M} in {ctx.time_zone}, inside the low-traffic window.")

    def open_at(self, moment: datetime) -> bool:
        """Whether the window is open at a local time."""
        today, yesterday = DAYS[moment.weekday()], DAYS[moment.weekday() - 1]
        if any(_in(moment, hours) for hours in self.peak):
            return False
        return any(
            _in(moment, hours) and (yesterday if _early(moment, hours) else today) in self.days for hours in self.hours
        )

    def opens_after(self, moment: datetime) -> datetime | None:
        """The next local time, to the minute, at which it opens. None if it does not open in the next eight days."""
        zone, start = moment.tzinfo, moment.astimezone(ZoneInfo("UTC")).replace(second=0, microsecond=0)
        minutes = (start + timedelta(minutes=n) for n in range(1, _DAYS_AHEAD * 24 * 60))
        return next((local for utc in minutes if self.open_at(local := utc.astimezone(zone))), None)


def _in(moment: datetime, hours: str) -> bool:
    now, begin, end = f"{moment:%H:%M}", hours[:5], hours[6:]
    return begin <= now < end if begin < end else now >= begin or now < end


def _early(moment: datetime, hours: str) -> bool:
    """Whether it is after midnight, in a range that began the day before."""
    return hours[:5] > hours[6:] and f"{moment:%H:%M}" < hours[6:]
