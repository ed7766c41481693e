"""The office: everything the Slack edge needs from the rest of the bot, in one frozen value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from commands.progress.usual_time import Usual, usual_before
from commands.runbook import Page
from commands.runbook.people import People
from state.records import Run
from state.sqlite.store import Store


@dataclass(frozen=True, kw_only=True)
class Office:
    """What the wiring hands to Slack.

    `people` is who may act, by role, with user groups already expanded; `mentions` is who is called, by role, as the environment
    names them (`U…` people, `S…` groups). `missing` names the environment variables without which a page cannot be started.
    `look` looks at everything before a page is started with a ref: the warnings, or Refused with what fails.
    `speed` divides the waiting times of the watch and is 1 outside rehearsals; `channel` is where a page's runs are told.
    """

    store: Store
    pages: Callable[[], Mapping[str, Page]]
    people: Callable[[Page], People]
    mentions: Callable[[Page], Mapping[str, list[str]]]
    phones: Callable[[Page], Mapping[str, str]]
    missing: Callable[[Page], list[str]]
    channel: Callable[[Page], str]
    now: Callable[[], datetime]
    speed: float = 1.0
    look: Callable[[Page, str], tuple[str, ...]] = lambda *_: ()
    _usual: dict[int, Mapping[str, Usual]] = field(default_factory=dict, init=False, compare=False, repr=False)

    def usual(self, run: Run) -> Mapping[str, Usual]:
        """What a run's steps took in the runs before it; read once for each run, for the card is drawn every few seconds."""
        if run.id not in self._usual:
            self._usual[run.id] = usual_before(self.store, run)
        return self._usual[run.id]
