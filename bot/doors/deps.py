"""What the doors need from the rest of the bot, in one frozen value that the wiring makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from commands.progress.usual_time import UsualTime, usual_times_before
from commands.runbook import Page
from commands.runbook.people import People
from commands.start.starter import Starter
from state.records import Run
from state.sqlite.store import Store


@dataclass(frozen=True, kw_only=True)
class Deps:
    """What the wiring hands to the doors; nothing may be left out.

    `people` is who may act, by role, with user groups already expanded; `mentions` is who is called, by role, as the environment
    names them (`U…` people, `S…` groups). `missing` names the environment variables without which a page cannot be started.
    `preflight` looks at everything before a page is started with a ref: the warnings, or Refused with what fails.
    `speed` divides the waiting times of the watch and is 1 outside rehearsals; `channel` is where a page's runs are told.
    """

    store: Store
    pages: Callable[[], Mapping[str, Page]]
    people: Callable[[Page], People]
    mentions: Callable[[Page], Mapping[str, list[str]]]
    phones: Callable[[Page], Mapping[str, str]]
    missing: Callable[[Page], list[str]]
    preflight: Callable[[Page, str], tuple[str, ...]]
    channel: Callable[[Page], str]
    now: Callable[[], datetime]
    speed: float
    _usual: dict[int, Mapping[str, UsualTime]] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def starter(self) -> Starter:
        """What starts runs."""
        return Starter(
            store=self.store,
            pages=self.pages,
            people=self.people,
            missing=self.missing,
            preflight=self.preflight,
            channel=self.channel,
            now=self.now,
        )

    def usual(self, run: Run) -> Mapping[str, UsualTime]:
        """What a run's steps took in the runs before it; read once for each run, for the card is drawn every few seconds."""
        if run.id not in self._usual:
            self._usual[run.id] = usual_times_before(self.store, run)
        return self._usual[run.id]
