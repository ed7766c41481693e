"""Starts a run, the same from every door: page, request, preflight, and the new run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from datetime import datetime
from typing import Any

from commands.progress.step_state import AFTER_ROLLBACK
from commands.progress.surprises import Story
from commands.runbook import read_stored_page
from commands.runbook.drill import Drills, on_own_places
from commands.runbook.page import Page
from commands.runbook.people import People
from commands.signoff.events import start_asked
from commands.start.drill_places import require_hosts_free, set_drills_aside
from commands.start.drill_start import of_drill, require_may_drill
from commands.start.drilled import drill_warnings, undrilled_roles
from commands.start.objections import (
    FOLLOWS_KEEP,
    Considered,
    Intent,
    Objector,
    consider,
    facts_of,
    require_reason,
    require_second_person,
)
from commands.start.option_objection import option_objections
from commands.start.page_warnings import page_warnings
from commands.start.past_runs import PastRuns, commit_of
from commands.start.people_warnings import people_warnings
from commands.start.preflight import PreflightReport
from commands.start.recommendation import Advice, advice
from commands.start.request import (
    StartRequest,
    find_page,
    notice_of,
    require_may_start,
    require_valid_request,
    require_variables,
)
from commands.start.surprise import surprise_facts, surprise_for
from commands.start.watch_speed import WatchSpeed
from commands.text.actors import door_in_words
from commands.text.typed import typed
from commands.watch.after_rollback import end_watch_after_rollback
from state.errors import AlreadyRunning, Refused, TooLate, UnreadableRun
from state.events import PeopleInvited, RunStarted, found_pair
from state.facts import Actor, Door
from state.frozen import dataclass
from state.records import NewEvent, Run
from state.store import RecordStore

MAX_NOTE = 500  # characters


@dataclass(frozen=True, kw_only=True)
class Started:
    """A run that was started, with the preflight's warnings, and what the evidence said about its option.

    `surprise` is that of a drill: only its starter is told. `gated` says whether a second person must agree first.
    """

    run: Run
    warnings: tuple[str, ...]
    advice: Advice = field(default_factory=Advice)
    surprise: Story | None = None
    gated: bool = False


@dataclass(frozen=True, kw_only=True)
class Starter:
    """Starts runs with what the edge hands in. Every field is required.

    `people` gives the people of each role. `missing` gives the environment variables that a page needs and that are
    not set. `preflight` checks a page and a ref, and raises Refused on failures. `channel` gives the channel for a
    page's messages, `places` the fingerprints of its places (see `Run.places`), `speed` how fast its watch goes.
    `require_alike` raises Refused where other bots of the record have another text of the page, or other people.
    `objectors` look for what speaks against a start. `drills` gives the page that a drill of a page runs; its
    places are there inside the block, and after it those of a run that was started. `commits` are those of earlier
    runs, which are read once (see `PastRuns`).
    """

    store: RecordStore
    pages: Callable[[], Mapping[str, Page]]
    people: Callable[[Page], People]
    missing: Callable[[Page], Sequence[str]]
    preflight: Callable[[Page, str], PreflightReport]
    channel: Callable[[Page], str]
    places: Callable[[Page], Mapping[str, str]]
    now: Callable[[], datetime]
    speed: WatchSpeed
    require_alike: Callable[[Page], None]
    objectors: Sequence[Objector] = ()
    drills: Drills = on_own_places
    commits: dict[int, str] = field(default_factory=dict)

    def start(self, request: StartRequest, actor: Actor, *, by_keep: bool = False) -> Started:
        """Start a run. Raises Refused (no page, bad request, preflight), BadSettings, NotAllowed, AlreadyRunning.

        Raises NeedsReason where something speaks against the start and the request has no reason.

        The preflight takes seconds, so everything that refuses the request at once is checked before it. Whether the
        person may start a run is checked again after it. A run that KEEP starts (`by_keep`) begins by that decision;
        `actor` must be one of the page's starters, if it names any.
        """
        page = self._page(request)
        if not request.drill:
            return self._start(page, request, actor, by_keep=by_keep)
        require_may_drill(self.store, page, request, actor, self.people(page))
        with self.drills(page) as drill:
            return self._start(drill, of_drill(request, drill), actor)

    def _start(self, page: Page, request: StartRequest, actor: Actor, *, by_keep: bool = False) -> Started:
        ref = self._ref(page, request, actor, by_keep=by_keep)
        surprise = surprise_for(page, request)
        _require_new(self.store, page, request)
        # when the target has an active run, `start` below refuses; no preflight is needed for that
        active = self.store.active_run(page.runbook.target)
        busy = active is not None and not self.store.record(active.id).last(AFTER_ROLLBACK)
        report = PreflightReport() if busy else self.preflight(page, ref)
        speed = self.speed.of(page.name, by_keep=by_keep)
        channel = request.channel or self.channel(page)
        named = surprise.name if surprise else ""
        request = replace(request, channel=channel, places=self.places(page), speed=speed, surprise=named)
        if request.drill:
            require_hosts_free(self.store, request.places)
        people = self.people(page)
        if page.runbook.starters or not by_keep:
            require_may_start(page, actor, people)
        intent = Intent(page=page, ref=ref, actor=actor, at=self.now(), request=request, found=report.kept)
        # a drill has places of its own, so what speaks against a change of production says nothing of it
        considered = Considered() if busy or request.drill else consider(self.objectors, intent)
        known = page_warnings(page) + people_warnings(page, people, starter=actor.person)
        undrilled = () if request.drill else undrilled_roles(self.store, page, people, self.now())
        known += drill_warnings(undrilled)
        found = Advice() if busy or request.drill else self._advice(page, commit_of(page, report, ref))
        considered = considered.beside(option_objections(found, page))
        because = request.because or (FOLLOWS_KEEP.format(request.follows) if by_keep else "")
        reason = require_reason(page, considered.objections, because)
        by = request.because_by or actor
        by = replace(by, door=Door.BOT) if by_keep else by
        against = facts_of(considered.objections, by, self.now(), reason)
        require_second_person(page, people, against, actor)
        warnings = report.warnings + considered.notes + known
        report = replace(report, warnings=warnings, against=against, undrilled=undrilled)
        run = start(self.store, page, request, actor, people, self.now(), report)
        if not run.drill:
            set_drills_aside(self.store, run, self.now())
        return Started(run=run, warnings=report.warnings, advice=found, surprise=surprise, gated=bool(against))

    def _advice(self, page: Page, commit: str) -> Advice:
        return advice(self.pages(), PastRuns(store=self.store, commits=self.commits), self.now(), page, commit)

    def checked(self, request: StartRequest, actor: Actor) -> tuple[Page, dict[str, Any]]:
        """The page of a start that is to wait, and its row, after all checks that need no host. Raises as `start`."""
        if request.drill:
            raise Refused("A drill is not queued: what is queued is a real start.")
        page = self._page(request)
        ref = self._ref(page, request, actor)
        channel = request.channel or self.channel(page)
        request = replace(request, channel=channel, places=self.places(page), speed=self.speed.of(page.name))
        return page, _row(page, request, actor, ref)

    def _page(self, request: StartRequest) -> Page:
        page = find_page(self.pages(), request.page)
        self.require_alike(page)
        return page

    def _ref(self, page: Page, request: StartRequest, actor: Actor, *, by_keep: bool = False) -> str:
        require_variables(page, self.missing(page))
        ref = require_valid_request(page, request, self.people(page))
        if page.runbook.starters or not by_keep:
            require_may_start(page, actor, self.people(page))
        return ref


def start(
    store: RecordStore,
    page: Page,
    request: StartRequest,
    actor: Actor,
    people: People,
    at: datetime,
    report: PreflightReport | None = None,
) -> Run:
    """Write a new run, with the report of its preflight, if it had one.

    Whether `actor` may start it is for the caller to check. Raises BadSettings, Refused (bad request), TooLate (this
    press has started a run), AlreadyRunning.
    """
    _require_new(store, page, request)
    report = report or PreflightReport()
    against = report.against
    note = request.note or ("" if against else request.because)
    row = _row(page, replace(request, note=note), actor, require_valid_request(page, request, people))
    _end_watch_of_target(store, page.runbook.target, at, actor)
    started = RunStarted(
        title=page.title,
        ref=row["ref"],
        note=row["note"],
        target=page.runbook.target,
        person=actor.person,
        door=door_in_words(actor),
        warnings=report.warnings,
        press=request.press,
        found=tuple(found_pair(name, text) for name, text in report.kept),
        follows=request.follows,
        objections=tuple(one.summary for one in against),
        reason=against[0].reason if against else "",
        queued=request.queued,
        confirmed_by=request.confirmed_by.person if request.confirmed_by else "",
        confirmed_door=door_in_words(request.confirmed_by) if request.confirmed_by else "",
        undrilled=report.undrilled,
    )
    asked = [start_asked(page, against)] if against else []
    asked += [NewEvent(data=PeopleInvited())] if request.drill else []
    facts = (*against, *surprise_facts(store, request, actor, at))
    return store.start_run(row, at, NewEvent(data=started), *asked, facts=facts, queued=request.queued)


def _row(page: Page, request: StartRequest, actor: Actor, ref: str) -> dict[str, Any]:
    """A new run as columns, without its state and times."""
    return {
        "target": page.runbook.target,
        "page": page.name,
        "text": page.text,
        "ref": ref,
        "note": typed(request.note, MAX_NOTE),
        "starter": actor.person,
        "starter_account": actor.account,
        "channel": request.channel,
        "speed": request.speed,
        "notice_minutes": notice_of(page, request),
        "ref_name": request.ref_name,
        "drill": request.drill,
        "places": dict(request.places),
    }


def _end_watch_of_target(store: RecordStore, target: str, at: datetime, actor: Actor) -> None:
    """End the watch after a rollback of this target, if there is one: it keeps nobody from the next deploy."""
    active = store.active_run(target)
    record = store.record(active.id) if active else None
    if record and record.last(AFTER_ROLLBACK):
        page = read_stored_page(record.run.text, record.run.page)
        end_watch_after_rollback(store, page, record, at, actor)


def _require_new(store: RecordStore, page: Page, request: StartRequest) -> None:
    """Raise TooLate if this press has started one of the newest runs: Slack may deliver it again after that run.

    While a run is active, its target takes no other run anyway. Raises AlreadyRunning for a run that cannot be read,
    unless it is known to be another target's.
    """
    for number, target in store.unreadable_runs().items():
        if target in {"", page.runbook.target}:
            raise AlreadyRunning(f"{UnreadableRun(number)} Until then no run of {page.runbook.target} can start.")
    if not request.press or store.active_run(page.runbook.target):
        return
    for run in store.runs():
        if _press_of(store, run) == request.press:
            raise TooLate(f"This has started run {run.id} before. To start another run, type /deploy start anew.")


def _press_of(store: RecordStore, run: Run) -> str:
    """The press that started a run; "" for none, and where that cannot be read."""
    with suppress(UnreadableRun):
        for event in store.events(run.id, limit=1):
            if isinstance(event.data, RunStarted):
                return event.data.press
    return ""
