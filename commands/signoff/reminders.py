"""Chasing: people who are waited for are asked again, louder each time; their unanswered never decides anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.progress.step_state import DECISION
from commands.runbook.page import Page
from commands.signoff.waiting import Waiting, waiting_for
from commands.text.durations import format_duration
from state.events import Ask, Reminder
from state.facts import EarlyKeep, StepAnswer
from state.records import NewEvent, Record

# how many intervals of the status posts somebody has been silent when they are asked again
ROUNDS = (1, 2, 4, 8, 16, 32, 64)
LOUD = 2  # from this round on the deciding role is called too, with phone numbers


@dataclass(frozen=True, kw_only=True)
class Unanswered:
    """Somebody is waited for since a moment."""

    waiting: Waiting
    since: datetime


def due_reminders(page: Page, record: Record, now: datetime) -> list[NewEvent]:
    """Who must be asked again now, each round once."""
    found = []
    for unanswered in _unanswered(page, record):
        past = [n for n in ROUNDS if unanswered.since + page.runbook.status_every * n <= now]
        if past:
            found.append(_reminder(page, unanswered, past[-1], now))
    return found


def due(page: Page, record: Record, now: datetime) -> datetime | None:
    """When somebody is chased next."""
    every = page.runbook.status_every
    moments = (unanswered.since + every * n for unanswered in _unanswered(page, record) for n in ROUNDS)
    return min((moment for moment in moments if moment > now), default=None)


def _unanswered(page: Page, record: Record) -> Iterator[Unanswered]:
    for waiting in waiting_for(page, record):
        # a countdown is its own chase
        if waiting.ask is not Ask.COUNTDOWN and (since := _since(record, waiting)):
            yield Unanswered(waiting=waiting, since=since)


def _since(record: Record, waiting: Waiting) -> datetime | None:
    """Since when they are waited for."""
    if waiting.ask is Ask.AGREE:
        early = record.newest(EarlyKeep) if waiting.step == DECISION else None
        answered = early or record.newest(StepAnswer, step=waiting.step, attempt=waiting.attempt)
        if answered:
            return answered.at
    row = record.last(waiting.step)
    return row.at if row else None


def _reminder(page: Page, unanswered: Unanswered, round_: int, now: datetime) -> NewEvent:
    waiting = unanswered.waiting
    loud = round_ >= LOUD
    roles = dict.fromkeys([*waiting.roles, *([page.decision.role] if loud else [])])
    silent = timedelta(seconds=round((now - unanswered.since).total_seconds()))
    told = Reminder(title=waiting.title, roles=tuple(roles)[:8], loud=loud, silent=format_duration(silent))
    once = f"chase:{waiting.ask}:{waiting.step}:{waiting.attempt}:{round_}"
    return NewEvent(step=waiting.step, data=told, once=once)
