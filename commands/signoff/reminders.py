"""Chasing: people who are waited for are asked again, louder each time; their silence never decides anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.progress.clock import end, moment
from commands.runbook.page import Page
from commands.signoff.waiting import Waiting, waiting_for
from commands.text.durations import say
from state.records import News, Record

# how many intervals of the status posts somebody has been silent when they are asked again
ROUNDS = (1, 2, 4, 8, 16, 32, 64)
LOUD = 2  # from this round on the deciding role is called too, with phone numbers


@dataclass(frozen=True, kw_only=True)
class Silence:
    """Somebody is waited for since a moment."""

    waiting: Waiting
    since: datetime


def chases(page: Page, record: Record, now: datetime) -> list[News]:
    """Who must be asked again now, each round once."""
    found = []
    for silence in _silences(page, record):
        past = [n for n in ROUNDS if silence.since + page.runbook.status_every * n <= now]
        if past:
            found.append(_news(page, silence, past[-1], now))
    return found


def due(page: Page, record: Record, now: datetime) -> datetime | None:
    """When somebody is chased next."""
    every = page.runbook.status_every
    moments = (silence.since + every * n for silence in _silences(page, record) for n in ROUNDS)
    return min((moment for moment in moments if moment > now), default=None)


def _silences(page: Page, record: Record) -> Iterator[Silence]:
    for waiting in waiting_for(page, record):
        # a countdown is its own chase
        if waiting.kind != "countdown" and (since := _since(record, waiting)):
            yield Silence(waiting=waiting, since=since)


def _since(record: Record, waiting: Waiting) -> datetime | None:
    """Since when they are waited for."""
    answered = record.fact("answer", waiting.step, waiting.attempt)
    if waiting.kind == "second" and answered:
        return moment(record, answered)
    row = record.last(waiting.step)
    return end(record, row) if row else None


def _news(page: Page, silence: Silence, round_: int, now: datetime) -> News:
    waiting = silence.waiting
    loud = round_ >= LOUD
    roles = dict.fromkeys([*waiting.roles, *([page.decision.role] if loud else [])])
    length = now - silence.since
    data = {
        "kind": waiting.kind,
        "title": waiting.title,
        "roles": list(roles)[:8],
        "loud": loud,
        "silent": say(timedelta(seconds=round(length.total_seconds()))),
    }
    once = f"chase:{waiting.kind}:{waiting.step}:{waiting.attempt}:{round_}"
    return News(kind="chase", step=waiting.step, data=data, once=once)
