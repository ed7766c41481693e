"""Starts a run, the same from every door: page, request, preflight, and the new run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from commands.runbook.page import Page
from commands.runbook.people import People
from commands.start.request import StartRequest, find_page, require_valid_request, require_variables
from state.events import RunStarted
from state.facts import Actor
from state.records import NewEvent, Run
from state.shortening import shortened
from state.sqlite.store import Store

MAX_NOTE = 500  # characters


@dataclass(frozen=True, kw_only=True)
class Started:
    """A run that was started, with the preflight's warnings."""

    run: Run
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Starter:
    """Starts runs with what the edge hands in. Every field is required.

    `people` gives the people of each role. `missing` gives the environment variables that a page needs and that are
    not set. `preflight` checks a page and a ref; it returns the warnings and raises Refused on failures. `channel`
    gives the channel for a page's messages.
    """

    store: Store
    pages: Callable[[], Mapping[str, Page]]
    people: Callable[[Page], People]
    missing: Callable[[Page], Sequence[str]]
    preflight: Callable[[Page, str], tuple[str, ...]]
    channel: Callable[[Page], str]
    now: Callable[[], datetime]

    def start(self, request: StartRequest, actor: Actor) -> Started:
        """Start a run. Raises Refused (no page, bad request, preflight), BadSettings, NotAllowed, AlreadyRunning.

        The preflight takes seconds, so everything that refuses the request at once is checked before it.
        """
        page = find_page(self.pages(), request.page)
        require_variables(page, self.missing(page))
        ref = require_valid_request(page, request, actor, self.people(page))
        # when the target has an active run, `start` below refuses; no preflight is needed for that
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
    """Write a new run, without a preflight. Raises NotAllowed, BadSettings, Refused (bad request), AlreadyRunning."""
    ref, note = require_valid_request(page, request, actor, people), shortened(request.note, MAX_NOTE)
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
