"""Of two bots on one PostgreSQL one sends a run, and the other goes on where it was."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

from bot.feeds.spans import nanoseconds, trace_id
from state.facts import RollbackRequest
from state.postgres.numbers import LOCKS
from state.records import AttemptState
from state.store import RecordStore
from state.store.database import Duty
from tests.bot.feeds.event_receiver import EventReceiver
from tests.bot.feeds.otlp_receiver import OtlpReceiver
from tests.bot.feeds.test_events_of_a_bot import QUICK
from tests.bot.metrics.watched_bot import watched_bot
from tests.bot.test_serve import DEPLOY
from tests.bot.test_serve_on_postgres import kept, start_run, state_of
from tests.state.kept import KeptInPostgres
from tests.state.sqlite.samples import U1

__all__ = ["kept"]


def sender(record: KeptInPostgres, duty: Duty) -> int:
    """The port at PostgreSQL of the bot that sends run 1; 0 while none does."""
    rows = record.admin(
        "SELECT client_port FROM pg_locks JOIN pg_stat_activity USING (pid) "
        f"WHERE locktype = 'advisory' AND classid = {LOCKS[duty]} AND objid = 1 AND granted"
    )
    return int(rows[0][0]) if rows else 0


def nothing_left(store: RecordStore, duty: Duty) -> bool:
    """Whether all is sent."""
    return not store.untold(duty, store.now() - timedelta(days=1))


def has_port(process: int, port: int) -> bool:
    """Whether a connection from this port is of a process."""
    found = {link.readlink().name for link in Path(f"/proc/{process}/fd").iterdir() if link.is_symlink()}
    lines = Path(f"/proc/{process}/net/tcp").read_text().splitlines()[1:]
    return any(f"socket:[{line.split()[9]}]" in found for line in lines if line.split()[1].endswith(f":{port:04X}"))


def test_a_run_is_sent_by_one_bot_and_by_the_other_once_that_is_killed(
    kept: KeptInPostgres, shop: Path, receiver: EventReceiver, collector: OtlpReceiver
) -> None:
    store = start_run(kept, shop, f"while ! test -e {shop / 'go'}; do sleep 0.1; done")
    env = {**receiver.env, **collector.env}
    with watched_bot(patch=QUICK, env=env) as first, watched_bot(patch=QUICK, env=env) as second:
        first.wait_until(lambda: state_of(store, DEPLOY) == AttemptState.RUNNING, "the step")
        first.wait_until(lambda: sender(kept, Duty.EVENTS) and sender(kept, Duty.TRACES), "who sends")
        first.wait_until(partial(nothing_left, store, Duty.EVENTS), "what is there")
        told = len(receiver.taken)
        assert told == len(receiver.ids()), "one bot sends"
        port = sender(kept, Duty.EVENTS)
        killed, other = (first, second) if has_port(first.process.pid, port) else (second, first)
        assert has_port(killed.process.pid, port)
        killed.end()
        killed_at = store.now()
        (shop / "go").touch()
        other.wait_until(lambda: state_of(store, DEPLOY) == AttemptState.DONE, "the end of the step")
        store.add_fact(1, RollbackRequest(by=U1, at=store.now()))
        other.wait_until(lambda: not store.run(1).active, "the end of the run")
        for duty in (Duty.EVENTS, Duty.TRACES):
            other.wait_until(partial(nothing_left, store, duty), f"all {duty}")
        other.wait_until(lambda: not sender(kept, Duty.EVENTS), "that it lets go of a run that is over")
    run, events = store.run(1), store.events(1)
    assert receiver.ids() == [event.get_id() for event in receiver.taken] == [f"{run.key}.{one.id}" for one in events]
    assert {span.trace for span in collector.spans} == {f"{trace_id(run):032x}"}
    (step,) = collector.named(f"step {DEPLOY}")
    assert step.began < nanoseconds(killed_at) < step.ended
    assert len(collector.named("deploy shop")) == 1


def test_a_bot_that_is_told_to_stop_hands_over_at_once(
    kept: KeptInPostgres, shop: Path, receiver: EventReceiver
) -> None:
    store = start_run(kept, shop, "sleep 60")
    with watched_bot(patch=QUICK, env=receiver.env) as first:
        first.wait_until(lambda: sender(kept, Duty.EVENTS), "who sends")
        first.process.terminate()
        assert first.process.wait(60) == 0
        assert sender(kept, Duty.EVENTS) == 0
        told = store.told(1, Duty.EVENTS)
        assert told
    with watched_bot(patch=QUICK, env=receiver.env) as second:
        second.wait_until(lambda: (store.told(1, Duty.EVENTS) or 0) >= told, "the next bot")
        assert len(receiver.taken) == len(receiver.ids())
