"""How many times faster than on the page the watch of a run goes, which rehearsals use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from state.errors import BadSettings
from state.frozen import dataclass

VARIABLE = "GONOGO_WATCH_SPEED"
SLOWEST, FASTEST = 1, 100_000


@dataclass(frozen=True, kw_only=True)
class WatchSpeed:
    """The speeds of single `pages`, by file name, and of every other page that people start.

    A page that KEEP starts has its own speed or none: a soak on staging that is cut short cuts no watch of production.
    """

    by_people: float = 1.0
    pages: Mapping[str, float] = field(default_factory=dict)

    def of(self, page: str, *, by_keep: bool = False) -> float:
        """The speed of a run of this page."""
        return self.pages.get(page, 1.0 if by_keep else self.by_people)

    def __str__(self) -> str:
        return ",".join([f"{self.by_people:g}", *(f"{page}={speed:g}" for page, speed in self.pages.items())])


def read_watch_speed(value: str) -> WatchSpeed:
    """Parse `240`, or `option-a.md=240,option-b.md=480`. Raises BadSettings."""
    by_people, pages = 1.0, {}
    for entry in value.split(","):
        page, _, number = entry.rpartition("=")
        if page.strip():
            pages[page.strip()] = _speed(number)
        else:
            by_people = _speed(number)
    return WatchSpeed(by_people=by_people, pages=pages)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        raise BadSettings(f"{VARIABLE} is {text!r}; it must be a number, or a number for each page.") from None
    if not SLOWEST <= speed <= FASTEST:
        raise BadSettings(f"{VARIABLE} is {speed:g}; it must be 1 (production) to 100000 (rehearsals).")
    return speed
