"""The scene: one moment of one run with the people it names, the value that every view is drawn from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.doors.deps import Deps
from bot.slack.views.blocks import Block, button, confirm
from bot.text import bold, line, mention
from commands.progress.step_state import production_changed
from commands.progress.usual_time import UsualTime
from commands.report.status import Status, can_roll_back, status_of
from commands.runbook import Page
from commands.text.durations import format_duration
from state.records import Record, RunState


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """`mentions` are the Slack ids called for each role, `phones` their numbers, `usual` what the steps took before."""

    page: Page
    record: Record
    now: datetime
    mentions: Mapping[str, list[str]] = field(default_factory=dict)
    phones: Mapping[str, str] = field(default_factory=dict)
    usual: Mapping[str, UsualTime] = field(default_factory=dict)

    @property
    def status(self) -> Status:
        """The run summed up at this moment."""
        return status_of(self.page, self.record, self.now, self.usual)

    @property
    def can_roll_back(self) -> bool:
        """Whether a rollback may still be asked for."""
        return can_roll_back(self.record)

    def title_of(self, role: str) -> str:
        """A role's title in bold."""
        return bold(self.page.roles[role].title if role in self.page.roles else role, 80)

    def called(self, role: str) -> str:
        """The mentions of the people of a role."""
        return " ".join(mention(name) for name in self.mentions.get(role, [])[:10])

    def contacts(self, roles: Iterable[str]) -> str:
        """The roles with their people and phone numbers, one a line."""
        lines = []
        for role in dict.fromkeys(roles):
            phone = self.phones.get(role, "")
            lines.append(f"{self.title_of(role)} {self.called(role)}" + (f"  ☎️ {line(phone, 40)}" if phone else ""))
        return "\n".join(lines[:12])

    def rollback_button(self, label: str = "⏪ Roll back") -> Block | None:
        """The button that takes everything back, with the consequence in its question; None when it would come too late."""
        if not self.can_roll_back:
            return None
        run = self.record.run
        if production_changed(self.page, self.record):
            loses = f"It loses {run.rollback_loss}. " if run.rollback_loss else ""
            what = (
                f"{loses}{self.page.rollback.warning} It is back within {format_duration(self.page.rollback.within)}."
            )
        else:
            what = "Nothing was changed in production yet: the run simply ends."
        question = confirm(f"Roll back {run.target}?", what, "Roll back", "No, go on", style="danger")
        return button("rollback", label, f"{run.id}:0", style="danger", confirm=question)


def snapshot_of(deps: Deps, page: Page, record: Record) -> Snapshot:
    """A run as it is now, with the people the environment names."""
    return Snapshot(
        page=page,
        record=record,
        now=deps.now(),
        mentions=deps.mentions(page),
        phones=deps.phones(page),
        usual=deps.usual(record.run) if record.run.state == RunState.ROLLING_BACK else {},
    )
