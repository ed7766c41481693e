"""Reminders for people who have not acted. Silence never decides anything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from commands.progress.step_state import DECISION
from commands.runbook.page import Page
from commands.signoff.waiting import Waiting, waiting_for
from commands.text.durations import format_duration
from state.events import Ask, Reminder
from state.facts import EarlyKeep, StepAnswer
from state.frozen import dataclass
from state.records import NewEvent, Record

# a reminder is due after this many intervals of the status posts
ROUNDS = (1, 2, 4, 8, 16, 32, 64)
LOUD = 2  # from this round on the deciding role is called too, with phone numbers
MOST_ROLES = 8  # named in one reminder


@dataclass(frozen=True, kw_only=True)
class Unanswered:
    """Something people have been asked for and have not done since a moment."""

    waiting: Waiting
    since: datetime


def due_reminders(page: Page, record: Record, now: datetime) -> list[NewEvent]:
    """The reminders that are due now. Each round is sent once; a missed round is not sent later."""
    reminders = []
    for unanswered in _unanswered(page, record):
        past = [n for n in ROUNDS if unanswered.since + page.runbook.status_every * n <= now]
        if past:
            reminders.append(_reminder(page, unanswered, past[-1], now))
    return reminders


def due(page: Page, record: Record, now: datetime) -> datetime | None:
    """When the next reminder is due."""
    every = page.runbook.status_every
    times = (unanswered.since + every * n for unanswered in _unanswered(page, record) for n in ROUNDS)
    return min((time for time in times if time > now), default=None)


def _unanswered(page: Page, record: Record) -> Iterator[Unanswered]:
    for waiting in waiting_for(page, record):
        # a countdown is a reminder in itself
        if waiting.ask is not Ask.COUNTDOWN and (since := _since(record, waiting)):
            yield Unanswered(waiting=waiting, since=since)


def _since(record: Record, waiting: Waiting) -> datetime | None:
    """When people were asked."""
    if waiting.ask is Ask.START:
        return record.run.began_at
    if waiting.ask is Ask.AGREE:
        early = record.newest(EarlyKeep) if waiting.step == DECISION else None
        first = early or record.newest(StepAnswer, step=waiting.step, attempt=waiting.attempt)
        if first:
            return first.at
    attempt = record.last(waiting.step)
    return attempt.at if attempt else None


def _reminder(page: Page, unanswered: Unanswered, round_: int, now: datetime) -> NewEvent:
    waiting = unanswered.waiting
    loud = round_ >= LOUD
    roles = dict.fromkeys([*waiting.roles, *([page.decision.role] if loud else [])])
    silent = timedelta(seconds=round((now - unanswered.since).total_seconds()))
    reminder = Reminder(title=waiting.title, roles=tuple(roles)[:MOST_ROLES], loud=loud, silent=format_duration(silent))
    once = f"chase:{waiting.ask}:{waiting.step}:{waiting.attempt}:{round_}"
    return NewEvent(step=waiting.step, data=reminder, once=once)
