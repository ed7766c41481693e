"""The snapshot: a run at one moment with the people of its roles; views are drawn from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from datetime import datetime

from bot.doors.button import button_value
from bot.doors.deps import Deps
from bot.slack.views.blocks import Block, button, confirm
from bot.slack.views.following import Following, following_of
from bot.text import bold, line, mention
from commands.progress.handovers import given_away, mentions_in_run
from commands.progress.hold import environment_change
from commands.progress.step_state import production_changed
from commands.progress.usual_time import UsualTime
from commands.queue.acts import what_became, window_closed
from commands.queue.entry import planned_for
from commands.queue.places import QueuePlace
from commands.report.status import Status, status_of
from commands.rollback.loss import without_why
from commands.runbook import Page
from commands.text.durations import format_duration
from commands.text.phrases import capitalized
from state.events import QueueLeft
from state.frozen import dataclass
from state.records import Record, RunState

OLD_NUMBER = "before the handover"  # whoever took a role over has a phone that no variable names
Question = tuple[str, str, int]
"""What is asked about which attempt of which step."""
INVITED: Question = ("take part", "", 0)  # the question who takes part in a drill


@dataclass(frozen=True, kw_only=True)
class Asked:
    """When people were asked a question, and the address of its message ("" while that is not known)."""

    at: datetime
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A run at the moment `now`.

    `mentions` holds the Slack ids of each role, `phones` the roles' phone numbers, `usual` how long the steps took
    in earlier runs, `following` the page that KEEP starts, `questions` where the questions are that are posted.
    `queue` are the starts that wait for the run's target, and `left` says what has become of a queued start.
    `undrilled` are the titles of the roles in which nobody had drilled the page when the run began.
    """

    page: Page
    record: Record
    now: datetime
    mentions: Mapping[str, list[str]] = field(default_factory=dict)
    phones: Mapping[str, str] = field(default_factory=dict)
    usual: Mapping[str, UsualTime] = field(default_factory=dict)
    following: Following | None = None
    questions: Mapping[Question, Asked] = field(default_factory=dict)
    queue: tuple[QueuePlace, ...] = ()
    left: QueueLeft | None = None
    undrilled: tuple[str, ...] = ()

    @property
    def closed_window(self) -> str:
        """That the page's window is closed at the time of a planned start, in a sentence; else empty."""
        return window_closed(self.page, planned_for(self.record))

    @property
    def status(self) -> Status:
        """The summary of the run at this moment."""
        return status_of(self.page, self.record, self.now, self.usual)

    @property
    def can_roll_back(self) -> bool:
        """Whether somebody can still request a rollback."""
        return self.record.run.state == RunState.GOING and not self.record.rollback and not self.record.keep

    def titles(self, roles: Iterable[str]) -> list[str]:
        """The titles of roles, as the page writes them."""
        return [self.page.roles[role].title if role in self.page.roles else role for role in dict.fromkeys(roles)]

    @property
    def rollback_effect(self) -> str:
        """What a rollback would do now, and what it loses, in plain text."""
        loss = self.record.run.rollback_loss
        effect = "Nothing was changed yet, so a rollback loses nothing. The run just ends."
        if production_changed(self.page, self.record):
            loses = f"It loses {without_why(loss)}. " if loss else ""
            budget = f"Time budget: {format_duration(self.page.rollback.within)}."
            effect = f"{loses}{self.page.rollback.warning} {budget}"
        change = environment_change(self.record)
        return f"{capitalized(change)}. {effect}" if change else effect

    def title_of(self, role: str) -> str:
        """A role's title, in bold."""
        return bold(self.titles([role])[0], 80)

    def mentions_of(self, role: str) -> str:
        """Mentions of the people of a role, at most ten."""
        return " ".join(mention(name) for name in self.mentions.get(role, [])[:10])

    def roles_with_people(self, roles: Iterable[str], *, without: Collection[str] = ()) -> str:
        """The titles of the roles with mentions of their people, separated by commas.

        `without` these people; a role that they alone hold is left out, as it has nobody to ask.
        """
        shown = []
        for role in roles:
            people = self.mentions_of(role)
            for person in without:
                people = people.replace(f"<@{person}>", "").replace("  ", " ").strip()
            if people or not self.mentions_of(role):
                shown.append(f"{self.title_of(role)} {people}".rstrip())
        return ", ".join(shown)

    def contacts(self, roles: Iterable[str]) -> str:
        """The roles with their people and phone numbers, one role a line, at most twelve lines."""
        lines = []
        for role in dict.fromkeys(roles):
            phone = self.phones.get(role, "")
            lines.append(
                f"{self.title_of(role)} {self.mentions_of(role)}" + (f"  ☎️ {line(phone, 40)}" if phone else "")
            )
        return "\n".join(lines[:12])

    def rollback_button(self, label: str = "⏪ Roll back") -> Block | None:
        """The button that rolls back, with a question that names the consequence; None when it is too late."""
        if not self.can_roll_back:
            return None
        run, effect = self.record.run, self.rollback_effect
        question = confirm(f"Roll back {run.target}?", effect, "Roll back", "No, continue", style="danger")
        return button("rollback", label, button_value(run), style="danger", confirm=question)


def snapshot_of(deps: Deps, page: Page, record: Record, questions: Mapping[Question, Asked] | None = None) -> Snapshot:
    """A run as it is now, with the people that the environment names, and those who took a role over since."""
    people = deps.people(page)
    changed = given_away(people, record)
    phones = {
        role: f"{phone} ({OLD_NUMBER})" if role in changed else phone for role, phone in deps.phones(page).items()
    }
    return Snapshot(
        page=page,
        record=record,
        now=deps.now(),
        mentions=mentions_in_run(deps.mentions(page), people, record),
        phones=phones,
        usual=deps.usual(record.run) if record.run.state == RunState.ROLLING_BACK else {},
        following=following_of(deps, page),
        queue=deps.queue(record.run.target),
        left=what_became(deps.store, record.run) if record.run.of_queue else None,
        questions=questions or {},
        undrilled=deps.undrilled(record.run) if page.runbook.drill and record.run.active else (),
    )
