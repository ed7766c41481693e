"""The run that somebody acts on, and what every action asks of it first."""

from __future__ import annotations

from collections.abc import Collection

from commands.progress.handovers import holders
from commands.progress.own_steps import OWN, step_of_run
from commands.runbook.page import Page, PageStep
from commands.runbook.people import People
from commands.signoff.drill_part import require_part
from commands.signoff.permission_check import Matter, parties_of, require_permission
from commands.signoff.permissions import Act
from commands.signoff.waiting import Waiting, waiting_for
from state.errors import Refused, TooLate
from state.events import Ask
from state.facts import Actor
from state.records import Record
from state.store import RecordStore


class RunAccess:
    """One run, its own page, and the people of each role at this moment: whoever has lost a role is not among them.

    `people` are those of the page; what was handed over in the run is in its record. Who is `absent` holds no role.
    """

    def __init__(self, store: RecordStore, page: Page, run: int, people: People, absent: Collection[str] = ()) -> None:
        self.store = store
        self.page = page
        self.run = run
        self.people = people
        self._absent = absent

    def holders(self, record: Record) -> People:
        """Who holds each role in the run now."""
        return holders(self.people, record, self._absent)

    def _require(
        self,
        act: Act,
        actor: Actor,
        record: Record,
        roles: tuple[str, ...] = (),
        about: Waiting | None = None,
        title: str = "",
    ) -> None:
        """Raise NotAllowed unless the table of permissions lets this person do it."""
        matter = Matter(
            roles=roles,
            starter=record.run.started_by,
            title=about.title if about else title,
            parties=parties_of(record, about.step, about.attempt) if about else {},
        )
        self._require_part(actor, record, roles)
        require_permission(act, actor, self.page, self.holders(record), matter)

    def _require_part(self, actor: Actor, record: Record, roles: Collection[str]) -> None:
        """Raise NotAllowed for somebody who holds one of these roles, and takes no part in this drill."""
        require_part(self.page, self.people, self.holders(record), record, actor, roles)

    def _active_record(self) -> Record:
        record = self.store.record(self.run)
        self._require_active(record)
        return record

    def _require_active(self, record: Record) -> None:
        if not record.run.active:
            raise TooLate(f"Run {self.run} is over ({record.run.how_over}).")

    def _step(self, step_id: str) -> PageStep:
        try:
            if step_id in OWN:
                return step_of_run(self.page, self.store.record(self.run), step_id)
            return self.page.step(step_id)
        except KeyError:
            self._active_record()
            raise Refused(f"There is no step “{step_id}” in run {self.run}.") from None

    def _require_waiting(self, record: Record, ask: Ask, step_id: str, attempt: int) -> Waiting:
        self._require_active(record)
        for waiting in waiting_for(self.page, record):
            if (waiting.ask, waiting.step, waiting.attempt) == (ask, step_id, attempt):
                return waiting
        title = next((step.title for step in self.page.steps if step.id == step_id), step_id)
        raise TooLate(f"“{title}” is not waiting for this now; the status shows what is.")
