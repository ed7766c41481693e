"""Every run at one moment, read once for all who have their App Home open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime

from bot.doors.acts_of_run import frozen_page
from bot.doors.deps import Deps
from bot.doors.freezes import freeze_lines_of
from bot.slack.asked_events import AskedEvents, Question
from bot.slack.channels import deploy_channels
from bot.slack.views.card import headline
from bot.slack.views.snapshot import Snapshot, snapshot_of
from commands.progress.handovers import holders
from commands.queue.places import QueuePlace, all_places
from commands.report.status import Status
from commands.runbook import Page
from commands.runbook.people import People
from state.errors import BadPage, UnreadableRun
from state.events import EventKind
from state.frozen import dataclass
from state.records import Event, Run

NEWEST = 30  # runs of which those that are over are shown


@dataclass(frozen=True, kw_only=True)
class ActiveRun:
    """An active run with its questions, and who holds the roles of its page."""

    snapshot: Snapshot
    status: Status
    people: People
    asked: Mapping[Question, Event]

    @property
    def run(self) -> Run:
        """The run."""
        return self.snapshot.record.run


@dataclass(frozen=True, kw_only=True)
class EndedRun:
    """A run that is over: how it ended, in one line, and its page's time zone."""

    run: Run
    headline: str
    zone: str


@dataclass(frozen=True, kw_only=True)
class UnreadRun:
    """A run that may be active and cannot be read, and why."""

    run: Run
    why: str


@dataclass(frozen=True, kw_only=True)
class ServedPage:
    """A page that people can start: its channel, who holds its roles, and the freezes and locks that are on for it."""

    page: Page
    channel: str
    people: People
    frozen: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class QueuedRun:
    """A queued start: its place, who holds the roles of its page, and the question about it, if one is open."""

    place: QueuePlace
    snapshot: Snapshot
    people: People
    asked: Event | None

    @property
    def run(self) -> Run:
        """The queued start."""
        return self.place.run

    def waits_for(self, person: str) -> bool:
        """Whether this person is asked whether it begins now."""
        roles = [self.snapshot.page.decision.role]
        return self.asked is not None and (
            person == self.run.starter or any(person in self.people.get(role, ()) for role in roles)
        )


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The runs and pages of all `channels`. Whoever shows it leaves out what its reader may not see."""

    now: datetime
    channels: frozenset[str] = frozenset()
    active: tuple[ActiveRun, ...] = ()
    unread: tuple[UnreadRun, ...] = ()
    ended: tuple[EndedRun, ...] = ()
    pages: tuple[ServedPage, ...] = ()
    queued: tuple[QueuedRun, ...] = ()


class Overviews:
    """Reads overviews, and keeps what does not change any more."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._asked = AskedEvents(deps.store)
        self._ended: dict[int, EndedRun] = {}

    def read(self) -> Overview:
        """Everything as it is now. Raises BadRecord."""
        deps, store = self._deps, self._deps.store
        runs = store.active_runs()
        self._asked.forget_all_but({run.id for run in runs})
        read = [self._active(run) for run in runs]
        pages = [self._served(page) for page in deps.known_pages()]
        return Overview(
            now=deps.now(),
            channels=frozenset(deploy_channels(deps)),
            active=tuple(one for one in read if isinstance(one, ActiveRun)),
            unread=(*(one for one in read if isinstance(one, UnreadRun)), *self._damaged(runs)),
            ended=tuple(self._ended_runs()),
            pages=tuple(pages),
            queued=tuple(self._queued()),
        )

    def _served(self, page: Page) -> ServedPage:
        deps = self._deps
        frozen = tuple(freeze_lines_of(deps, page))
        return ServedPage(page=page, channel=deps.channel(page), people=deps.people(page), frozen=frozen)

    def _queued(self) -> Iterator[QueuedRun]:
        for place in all_places(self._deps.store):
            with suppress(UnreadableRun, BadPage):
                page = frozen_page(place.run)
                snapshot = snapshot_of(self._deps, page, self._deps.store.record(place.run.id))
                asked = self._deps.store.newest_event(place.run.id, EventKind.START_ASKED)
                people = self._deps.people(page)
                yield QueuedRun(
                    place=place, snapshot=snapshot, people=people, asked=asked if place.asked_until else None
                )

    def _active(self, run: Run) -> ActiveRun | UnreadRun:
        try:
            page = frozen_page(run)
            record = self._deps.store.record(run.id)
            snapshot = snapshot_of(self._deps, page, record)
            asked = self._asked.of(run.id)
        except UnreadableRun as error:
            return UnreadRun(run=run, why=str(error))
        except BadPage:
            return UnreadRun(run=run, why=f"Run {run.id}: this version of gonogo cannot read its page.")
        people = holders(self._deps.people(page), record)
        return ActiveRun(snapshot=snapshot, status=snapshot.status, people=people, asked=asked)

    def _damaged(self, read: list[Run]) -> Iterator[UnreadRun]:
        for number in self._deps.store.unreadable_runs(read):
            with suppress(UnreadableRun, KeyError):  # of one that says not even its channel nobody knows who may see it
                yield UnreadRun(run=self._deps.store.run_to_stop(number), why=str(UnreadableRun(number)))

    def _ended_runs(self) -> Iterator[EndedRun]:
        for run in self._deps.store.runs(NEWEST):
            if run.active:
                continue
            with suppress(UnreadableRun, BadPage):
                if run.id not in self._ended:
                    page = frozen_page(run)
                    snapshot = snapshot_of(self._deps, page, self._deps.store.record(run.id))
                    zone = page.runbook.time_zone
                    self._ended[run.id] = EndedRun(run=run, headline=headline(snapshot.status), zone=zone)
                yield self._ended[run.id]
