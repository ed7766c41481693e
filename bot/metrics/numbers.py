"""The numbers that are read from the record when somebody asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from commands.report.status_posts import lateness
from commands.run.engine import Engine
from commands.run.runner import Runner
from commands.watch.countdown import running_countdowns
from state.errors import NotOwner, UnreadableRun
from state.events import EventKind, StatusDue
from state.frozen import dataclass
from state.records import Record, RunState
from state.store import RecordStore


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """`late` (seconds) and `countdowns` are of the runs that this bot carries out, the others of the whole record.

    `writes` are this bot's own since its start. `unposted` is None for a bot without Slack.
    """

    active: Mapping[RunState, int]
    late: float
    countdowns: int
    unposted: int | None
    writes: int


def read_numbers(engine: Engine, store: RecordStore, posted_for: timedelta | None) -> Numbers:
    """Read them; `posted_for` is None without Slack. Raises BadRecord."""
    slack = posted_for is not None
    records = []
    for runner in engine.runners:
        # one that has just lost its run, or whose record is damaged, is not this bot's to speak of
        with suppress(NotOwner, UnreadableRun):
            records.append((runner, runner.store.record(runner.number)))
    active = [(runner, record) for runner, record in records if record.run.active]
    return Numbers(
        active=store.active_by_state(),
        late=max((_late(runner, record, slack=slack) for runner, record in active), default=0.0),
        countdowns=sum(len(running_countdowns(runner.page, record)) for runner, record in active),
        unposted=None if posted_for is None else store.unposted(store.now() - posted_for),
        writes=store.version()[1],
    )


def _late(runner: Runner, record: Record, *, slack: bool) -> float:
    store, run = runner.store, record.run.id
    event = store.newest_event(run, EventKind.STATUS_DUE)
    number = event.data.slot if event and isinstance(event.data, StatusDue) else 0
    read_at = event.at if event else None
    if event and slack:
        ts = store.post(run, event.id)
        # one that a newer message has replaced has the card's ts, which is older than itself
        read_at = max(event.at, datetime.fromtimestamp(float(ts), UTC)) if ts else None
    return lateness(runner.page, record, number, read_at, store.now()).total_seconds()
