"""The start of a run, the same from every door: the page, what forbids it, the preflight, and the run in the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from commands.runbook.page import Page
from commands.runbook.people import People
from commands.start.request import StartRequest, checked_ref, find_page, refuse_missing
from state.events import RunStarted
from state.facts import Actor
from state.records import NewEvent, Run
from state.sqlite.store import Store


@dataclass(frozen=True, kw_only=True)
class Started:
    """A run that was started, with the warnings of the preflight."""

    run: Run
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Starter:
    """Starts runs; all that it needs is handed in, and nothing of it may be left out.

    `people` are who may act, by role; `missing` are the environment variables that a page needs and that are not set;
    `preflight` looks at everything before a page is started with a ref: the warnings, or Refused with what fails; `channel` is
    where a page's runs are told.
    """

    store: Store
    pages: Callable[[], Mapping[str, Page]]
    people: Callable[[Page], People]
    missing: Callable[[Page], Sequence[str]]
    preflight: Callable[[Page, str], tuple[str, ...]]
    channel: Callable[[Page], str]
    now: Callable[[], datetime]

    def start(self, request: StartRequest, actor: Actor) -> Started:
        """Start a run. Raises Refused (no such page, bad request, what the preflight found), BadSettings, NotAllowed, AlreadyRunning.

        The preflight takes seconds, so what would be refused anyway is refused first.
        """
        page = find_page(self.pages(), request.page)
        refuse_missing(page, self.missing(page))
        ref = checked_ref(page, request, actor, self.people(page))
        # what holds the target is told by the start itself, without the preflight's seconds
        warnings = () if self.store.active_run(page.runbook.target) else self.preflight(page, ref)
        request = replace(request, channel=request.channel or self.channel(page))
        run = start(self.store, page, request, actor, self.people(page), self.now(), warnings)
        return Started(run=run, warnings=warnings)


def start(
    store: Store,
    page: Page,
    request: StartRequest,
    actor: Actor,
    people: People,
    at: datetime,
    warnings: tuple[str, ...] = (),
) -> Run:
    """Write a new run. Raises as `Starter.start` does, but for the preflight, which is not made here."""
    ref, note = checked_ref(page, request, actor, people), request.note[:500]
    row = {
        "target": page.runbook.target,
        "page": page.name,
        "text": page.text,
        "ref": ref,
        "note": note,
        "starter": actor.person,
        "channel": request.channel,
        "speed": request.speed,
        "notice_minutes": request.notice_minutes,
    }
    started = RunStarted(
        title=page.title, ref=ref, note=note, target=page.runbook.target, person=actor.person, warnings=warnings
    )
    return store.start_run(row, at, NewEvent(data=started))
