"""A freeze as a page or a file names it: when a start needs a reason and a second person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from commands.steps.base import Strict
from commands.text.moments import read_date_and_time
from state.errors import Refused


class FreezeField(Strict):
    """A time in which nothing should start without need."""

    begins: str = Field(
        alias="from", description="When it begins, in the page's time zone.", examples=["2026-12-20 00:00"]
    )
    to: str = Field(description="When it ends, in the page's time zone.", examples=["2027-01-04 09:00"])
    why: str = Field(min_length=1, description="Why; whoever starts reads it.", examples=["Year-end sale"])
    may_override: list[str] = Field(
        default_factory=list,
        description="The roles of which somebody must agree to a start in it. Without it, any role may.",
        examples=[["lead"]],
    )

    @model_validator(mode="after")
    def _has_a_span(self) -> Self:
        """In any zone; whether an hour is there twice in the page's own is asked once that zone is known."""
        try:
            self.span(ZoneInfo("UTC"))
        except Refused as error:
            raise ValueError(str(error)) from None
        return self

    def span(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """When it begins and ends, in UTC. Raises Refused for what is no time, and for an end before the beginning."""
        begins, ends = read_date_and_time(self.begins, zone), read_date_and_time(self.to, zone)
        if ends <= begins:
            raise Refused(f"it ends ({self.to}) before it begins ({self.begins}); write a later time in `to`")
        return begins, ends


def freeze_errors(freezes: Iterable[FreezeField], zone: str) -> Iterator[str]:
    """One sentence for each freeze of a page that has no time."""
    for number, freeze in enumerate(freezes, start=1):
        try:
            freeze.span(ZoneInfo(zone))
        except Refused as error:
            yield f"freeze {number}: {error}"
