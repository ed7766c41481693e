"""An event of a calendar: from when to when, and its title."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

WINDOW = timedelta(days=14)  # from the moment of reading: how long the events of a copy are known


class UnreadableCalendarError(Exception):
    """A calendar cannot be read; the message says why, as the end of a sentence, without its address."""


class Span(BaseModel):
    """One event. A time without a zone is in that of the page; so are the midnights of an all-day event.

    `cut` means that the title says more: it is longer, or a part of it is hidden as a secret. `garbled` means that
    some of its letters are not known, because it is no UTF-8. `free` means that it is shown as free, and no freeze.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    begins: datetime
    ends: datetime
    title: str
    cut: bool = False
    garbled: bool = False
    free: bool = False

    def is_on(self, now: datetime, zone: ZoneInfo) -> bool:
        """Whether it is on as a freeze. Of an hour that comes twice it has both."""
        return not self.free and in_zone(self.begins, zone, fold=0) <= now < in_zone(self.ends, zone, fold=1)


def in_zone(moment: datetime, zone: ZoneInfo, fold: int) -> datetime:
    """A moment with a zone. `fold` says which of two equal hours is meant."""
    return moment if moment.tzinfo else moment.replace(tzinfo=zone, fold=fold)
