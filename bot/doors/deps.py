"""What the doors need from the rest of the bot, in one value that `bot.wiring_doors` builds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING

from bot.doors.alike import Alike
from commands.progress.usual_time import UsualTime, usual_times_before
from commands.queue.places import QueuePlace, all_places
from commands.run.engine import page_of
from commands.runbook import Page
from commands.runbook.drill import Drills, on_own_places
from commands.runbook.people import People
from state.errors import GonogoError
from state.events import RunStarted
from state.frozen import dataclass
from state.records import Run
from state.store import RecordStore

if TYPE_CHECKING:
    from commands.start.freezes import FreezeSource
    from commands.start.objections import Objector
    from commands.start.past_runs import PastRuns
    from commands.start.preflight import PreflightReport
    from commands.start.starter import Starter
    from commands.start.watch_speed import WatchSpeed

LOG = logging.getLogger("gonogo")


@dataclass(frozen=True, kw_only=True)
class Deps:
    """What the doors need; every field but `absent` is required.

    `pages` are the runbook pages by file name. `people` are the people who may act, by role, with user groups expanded.
    `mentions` are the Slack ids to mention, by role, as the environment names them (`U…` people, `S…` groups).
    `phones` are the phone numbers by role. `missing` lists the environment variables that a page needs and that are not
    set. `preflight` checks a page and a ref before a run: it raises Refused with the failures.
    `mask` hides the secrets of a page's variables in a text.
    `channel` is the Slack channel of a page's runs, `places` the fingerprints of its places. `speed` divides the
    waiting times of the watch; it is 1 outside rehearsals. `way_back` is how to roll back while the record is away, as
    a sentence; empty where no run has a mirror. `alike` refuses to go on by other people or pages than those
    of the other bots of the record. `freezes` give those that are on, and
    `objectors` look for what else speaks against a start. `drills` gives the page that a drill
    runs (see `Starter`). Who is `absent` holds no role, whatever else says so.
    """

    store: RecordStore
    pages: Callable[[], Mapping[str, Page]]
    people: Callable[[Page], People]
    mentions: Callable[[Page], Mapping[str, list[str]]]
    phones: Callable[[Page], Mapping[str, str]]
    missing: Callable[[Page], list[str]]
    preflight: Callable[[Page, str], PreflightReport]
    mask: Callable[[Page, str], str]
    channel: Callable[[Page], str]
    places: Callable[[Page], Mapping[str, str]]
    now: Callable[[], datetime]
    speed: WatchSpeed
    way_back: str
    alike: Alike
    _queues: dict[tuple[int, int], tuple[QueuePlace, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    objectors: Sequence[Objector] = ()
    drills: Drills = on_own_places
    freezes: Sequence[FreezeSource] = ()
    absent: frozenset[str] = frozenset()
    _commits: dict[int, str] = field(default_factory=dict, init=False, compare=False, repr=False)
    _undrilled: dict[int, tuple[str, ...]] = field(default_factory=dict, init=False, compare=False, repr=False)
    _usual: dict[int, Mapping[str, UsualTime]] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def past(self) -> PastRuns:
        """The runs of the record, as evidence."""
        from commands.start.past_runs import PastRuns

        return PastRuns(store=self.store, commits=self._commits)

    @property
    def starter(self) -> Starter:
        """The starter of runs, with the same parts."""
        from commands.start.freezes import freeze_objector
        from commands.start.starter import Starter

        return Starter(
            store=self.store,
            pages=self.pages,
            people=self.people,
            missing=self.missing,
            preflight=self.preflight,
            channel=self.channel,
            places=self.places,
            now=self.now,
            speed=self.speed,
            require_alike=lambda page: self.alike.require(page, starts=True),
            objectors=(freeze_objector(self.freezes, self.people), *self.objectors),
            drills=self.drills,
            commits=self._commits,
        )

    def known_pages(self) -> list[Page]:
        """The served pages. If they cannot be read, those of the active runs: a bad page keeps nobody from stopping."""
        try:
            return list(self.pages().values())
        except Exception as error:  # whatever it is
            if not isinstance(error, GonogoError):
                LOG.warning("internal error: the pages cannot be read", exc_info=True)
            pages = []
            for run in self.store.active_runs():
                with suppress(Exception):
                    pages.append(page_of(run))
            return pages

    def queue(self, target: str) -> tuple[QueuePlace, ...]:
        """The queue of a target. It is read again once something was written: cards are drawn often."""
        version = self.store.version()
        places = self._queues.get(version)
        if places is None:
            places = all_places(self.store)
            self._queues.clear()
            self._queues[version] = places
        return tuple(place for place in places if place.run.target == target)

    def undrilled(self, run: Run) -> tuple[str, ...]:
        """The roles in which nobody had drilled a run's page when it began. It is read once for each run, too."""
        if run.id not in self._undrilled:
            started = next((event.data for event in self.store.events(run.id, 0, 1)), None)
            self._undrilled[run.id] = started.undrilled if isinstance(started, RunStarted) else ()
        return self._undrilled[run.id]

    def usual(self, run: Run) -> Mapping[str, UsualTime]:
        """How long a run's steps took in earlier runs. It is read once for each run, because cards are drawn often."""
        if run.id not in self._usual:
            self._usual[run.id] = usual_times_before(self.store, run)
        return self._usual[run.id]
