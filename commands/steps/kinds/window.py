"""`window`: checks that it is a low-traffic time; skipping the step needs a second person."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from commands.ports.page_text import PageText
from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import SqlText
from commands.text.field_words import Form
from commands.text.numbers import format_number

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS_AHEAD = 8


def _hours(text: str) -> str:
    match = re.fullmatch(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)", text)
    if not match or int(match[1]) > 23 or int(match[3]) > 24 or text[:5] == text[6:]:
        raise ValueError(f'{text!r} is not a range of hours; write it like "22:00-06:00"')
    return text


Hours = Annotated[str, AfterValidator(_hours), Form("hours", "^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$")]


class WindowStep(StepBox):
    """Checks that it is a low-traffic time.

    Hours over midnight belong to the day on which they begin: 02:00 on Friday belongs to Thursday.
    """

    kind: ClassVar[str] = "window"
    proves: ClassVar[str] = "the deploy begins at an hour that the team has agreed on"
    done_on_each: ClassVar[bool] = False
    takes_any_text: ClassVar[bool] = True
    waits: ClassVar[bool] = True
    needs_second_person: ClassVar[bool] = True

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(
        min_length=1, description="The days on which the window is open.", examples=[["mon", "tue", "wed", "thu"]]
    )
    hours: list[Hours] = Field(
        min_length=1,
        description=(
            "When it is open on these days, in the page's time zone. Hours after midnight belong to the day before."
        ),
        examples=[["22:00-06:00"]],
    )
    peak: list[Hours] = Field(
        default_factory=list, description="When it is closed on every day.", examples=[["09:00-12:00"]]
    )
    database: str = Field(
        default="",
        description="The database for `sql`, by its name under `[databases]` in Places.",
        examples=["production"],
    )
    sql: SqlText = Field(
        default="",
        description="One read-only query for the traffic now. Without it, only days and hours count.",
        examples=["SELECT count(*) FROM sessions WHERE seen > now() - interval '1 h'"],
    )
    at_most: float = Field(
        default=0,
        description="The most traffic that the query may give.",
        examples=[20.0],
        json_schema_extra={"unit": "in the query's unit"},
    )

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
            next_time = f"opens {_named(opens, now)}" if opens else f"does not open in the next {_DAYS_AHEAD} days"
            return failed(f"It is {now:%A %H:%M} in {ctx.time_zone}, outside the low-traffic window. It {next_time}.")
        if self.sql:
            rows = ctx.tools.database.query(self.database, PageText(self.sql, ctx.values)).rows
            traffic = _number(rows[0][0]) if rows else None
            if traffic is None:
                gives = f"{rows[0][0]}, which is no number" if rows else "no row"
                why = f"`sql` gives {gives}. Of no rows, coalesce((…), 0) makes a number."
                return failed(f"The traffic is not known: {why}", inconclusive=True)
            if traffic > self.at_most:
                limit = f"`at_most = {format_number(self.at_most)}`"
                return failed(f"The traffic is {format_number(traffic)} now, over {limit}. Wait for a quieter time.")
        return done(f"It is {now:%A %H:%M} in {ctx.time_zone}, inside the low-traffic window.")

    def closed_at(self, moment: datetime) -> str:
        if self.open_at(moment):
            return ""
        return f"{moment:%A %H:%M} is outside the low-traffic window: the run will ask two people to override it."

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


def _number(cell: Any) -> float | None:
    try:
        number = float(cell)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _named(opens: datetime, now: datetime) -> str:
    """The day as people say it, with its date where the weekday alone would be today or the wrong one."""
    days = (opens.date() - now.date()).days
    if days == 0:
        return f"today at {opens:%H:%M}"
    return f"on {opens:%A at %H:%M}" if days < 7 else f"on {opens:%A}, {opens.day} {opens:%B}, at {opens:%H:%M}"


def _in(moment: datetime, hours: str) -> bool:
    now, begin, end = f"{moment:%H:%M}", hours[:5], hours[6:]
    return begin <= now < end if begin < end else now >= begin or now < end


def _early(moment: datetime, hours: str) -> bool:
    """Whether it is after midnight, in a range that began the day before."""
    return hours[:5] > hours[6:] and f"{moment:%H:%M}" < hours[6:]
