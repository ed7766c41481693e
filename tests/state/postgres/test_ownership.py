"""A run belongs to the session that holds its lock, and a dead owner writes nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from state.errors import BadRecord, NotOwner
from state.facts import RollbackRequest
from state.records import Run
from state.store import RecordStore
from state.store.database import Duty
from tests.bot.tools.helpers import eventually
from tests.pages import NOON, event
from tests.state.kept import KeptInPostgres
from tests.state.sqlite.samples import STARTED, U1, new_run

# owns run 1, says so, and then writes to it at each line of its input
OWN = """
import pathlib, sys
from datetime import datetime, UTC
from state.errors import BadRecord
from state.postgres.address import PostgresAddress
from state.postgres.store import PostgresStore
store = PostgresStore(PostgresAddress(sys.argv[1]), serving=True, key=pathlib.Path(sys.argv[2]))
owned = store.owned(1)
print("owned" if owned else "not owned", flush=True)
for line in sys.stdin:
    try:
        owned.begin_attempt(1, line.strip(), 1, datetime.now(UTC))
        print("written", flush=True)
    except BadRecord as error:
        print(type(error).__name__, flush=True)
"""


def owner(kept: KeptInPostgres) -> subprocess.Popen[str]:
    """Another bot, which owns run 1."""
    command = [sys.executable, "-c", OWN, kept.address.url, str(kept.key_file)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert answer(process) == "owned"
    return process


def answer(process: subprocess.Popen[str], line: str = "") -> str:
    assert process.stdin
    assert process.stdout
    if line:
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
    return process.stdout.readline().strip()


def end_sessions(kept: KeptInPostgres) -> None:
    """What a restart of PostgreSQL, or a network that is cut for long, does to every session."""
    kept.admin(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid()"
    )


def owned_by(store: RecordStore, run: Run) -> RecordStore:
    owned = store.owned(run.id)
    assert owned is not None
    return owned


def test_one_bot_owns_a_run_and_the_other_bot_may_still_write_facts(
    kept: KeptInPostgres, store: RecordStore, run: Run
) -> None:
    other = kept.open(serving=True)
    assert store.owned(run.id)
    assert other.owned(run.id) is None
    assert other.add_fact(run.id, RollbackRequest(by=U1, at=NOON))
    assert owned_by(store, run).record(run.id).rollback
    store.release(run.id)
    assert other.owned(run.id)
    assert store.owned(run.id) is None


def test_which_runs_another_bot_carries_out_or_posts_is_known_without_trying_each(
    kept: KeptInPostgres, store: RecordStore, run: Run
) -> None:
    other, second = kept.open(serving=True), store.start_run(new_run("other"), NOON, STARTED)
    assert store.owned(run.id)
    assert store.owned(second.id, Duty.POSTS)
    assert (other.owned_elsewhere(), other.owned_elsewhere(Duty.POSTS)) == (frozenset({run.id}), frozenset({second.id}))
    assert (store.owned_elsewhere(), store.owned_elsewhere(Duty.POSTS)) == (frozenset(), frozenset())


def test_how_many_bots_post_is_known_in_all_and_by_channel(kept: KeptInPostgres, store: RecordStore) -> None:
    other = kept.open(serving=True)
    assert store.posting_bots() == (0, {})
    for bot, channel in ((store, "C1"), (store, "C1"), (other, "C1"), (other, "C2")):
        run = store.start_run(new_run(f"{channel}-{len(store.runs())}") | {"channel": channel}, NOON, STARTED)
        assert bot.owned(run.id, Duty.POSTS)
    assert store.posting_bots() == other.posting_bots() == (2, {"C1": 2, "C2": 1})
    other.close()
    assert eventually(lambda: store.posting_bots() == (1, {"C1": 1}), 5)


def test_a_killed_owners_run_is_free_at_once(kept: KeptInPostgres, store: RecordStore, run: Run) -> None:
    with owner(kept) as process:
        assert store.owned(run.id) is None
        process.kill()
        assert eventually(lambda: store.owned(run.id) is not None, 5)


@pytest.mark.timeout(120)
def test_a_frozen_owner_loses_its_run_and_writes_nothing_when_it_wakes(
    kept: KeptInPostgres, store: RecordStore, run: Run
) -> None:
    with owner(kept) as process:
        assert answer(process, "backup") == "written"
        os.kill(process.pid, signal.SIGSTOP)
        assert store.owned(run.id) is None
        assert eventually(lambda: store.owned(run.id) is not None, 40), "PostgreSQL ends a session that says nothing"
        os.kill(process.pid, signal.SIGCONT)
        assert answer(process, "migrate") in {"NotOwner", "BadRecord"}
        assert answer(process, "migrate") == "NotOwner"
        process.kill()
    assert [attempt.step for attempt in store.record(run.id).attempts] == ["backup"]
    assert store.changes(run.id) == []


def test_after_a_restart_of_postgresql_the_owner_goes_on_if_nobody_took_its_run(
    kept: KeptInPostgres, store: RecordStore, run: Run
) -> None:
    owned = owned_by(store, run)
    end_sessions(kept)
    owned.begin_attempt(run.id, "backup", 1, NOON)
    assert len(owned.record(run.id).attempts) == 1
    assert kept.open().owned(run.id) is None, "it holds the lock again"


def test_an_owner_whose_run_was_taken_meanwhile_reads_and_writes_nothing_of_it(
    kept: KeptInPostgres, store: RecordStore, run: Run
) -> None:
    owned = owned_by(store, run)
    other = kept.open()
    end_sessions(kept)
    assert other.runs()
    assert other.owned(run.id)
    other.release(run.id)  # whatever it did there, the first owner does not know of it
    uses: list[Callable[[], object]] = [
        lambda: owned.record(run.id),
        lambda: owned.add_events(run.id, NOON, event("status")),
        owned.version,
    ]
    for use in uses:
        with suppress(BadRecord):
            use()  # it learns that its session is gone
        with pytest.raises(NotOwner, match=f"run {run.id} is not its own any more"):
            use()


def test_nobody_closes_a_run_by_hand_that_a_bot_carries_out(kept: KeptInPostgres, store: RecordStore, run: Run) -> None:
    terminal = kept.open()
    assert store.owned(run.id)
    with pytest.raises(BadRecord, match=r"Run 1 .* is carried out by a bot\. Stop every bot"), terminal.alone(run.id):
        pytest.fail("two at once")
    store.release(run.id)
    with terminal.alone(run.id):
        assert store.owned(run.id) is None
    assert store.owned(run.id)


def test_word_of_what_another_bot_writes_comes_by_itself_and_only_for_its_run(
    kept: KeptInPostgres, store: RecordStore, run: Run
) -> None:
    second = store.start_run(new_run("other"), NOON, STARTED)
    waiting = kept.open()  # it does not serve, so it never looks by itself whether something was missed
    first, other = owned_by(waiting, run), owned_by(waiting, second)
    before = first.version(run.id), other.version(second.id)
    with first.changed:
        assert store.add_fact(run.id, RollbackRequest(by=U1, at=NOON))
        assert first.changed.wait(60), "nobody was woken"
    assert eventually(lambda: first.version(run.id) != before[0], 5)
    assert other.version(second.id) == before[1]


def test_what_was_written_while_no_word_could_come_is_found(kept: KeptInPostgres, store: RecordStore, run: Run) -> None:
    owned = owned_by(store, run)
    before = owned.version()
    kept.admin(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gonogo listens' "
        "AND datname = current_database()"
    )
    kept.open().add_fact(run.id, RollbackRequest(by=U1, at=NOON))
    assert eventually(lambda: owned.version() != before, 20)


def test_a_bot_that_has_nothing_to_do_keeps_its_session(store: RecordStore, run: Run) -> None:
    owned = owned_by(store, run)
    time.sleep(12)
    assert owned.record(run.id).run == run


def test_bots_that_write_to_one_run_at_once_leave_one_whole_journal(kept: KeptInPostgres, run: Run) -> None:
    stores = [kept.open() for _ in range(4)]

    def write(store: RecordStore) -> None:
        for _ in range(10):
            store.add_events(run.id, NOON, event("status"))

    threads = [threading.Thread(target=write, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores[0].chain(run.id).entries) == 42
    assert stores[0].changes(run.id) == []


def test_after_a_long_time_away_a_bot_takes_no_run_of_another_before_word_of_a_rollback_could_come(
    kept: KeptInPostgres, store: RecordStore, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    owned = owned_by(store, run)
    other = kept.open(serving=True)
    monkeypatch.setattr("state.postgres.session.LONG_AWAY", 0.0)
    monkeypatch.setattr("state.postgres.session.WORD_OF_IT", 1000.0)
    end_sessions(kept)
    assert other.runs()  # in a new session
    assert other.owned(run.id) is None, "nobody has it, but its owner goes first"
    assert store.runs()
    assert owned.record(run.id).run == run, "which takes it again at once"
    teller = kept.open()
    store.close()
    assert eventually(lambda: teller.owned(run.id) is not None), (
        "who rolled back from the mirror owns the run without waiting"
    )


@pytest.mark.parametrize("duty", Duty)
def test_what_a_bot_hands_over_is_free_and_the_others_are_woken(
    kept: KeptInPostgres, store: RecordStore, run: Run, duty: Duty
) -> None:
    other = kept.open(serving=True)
    assert store.owned(run.id, duty)
    assert other.owned(run.id, duty) is None
    before = other.version(0)
    store.hand_over([run.id], duty)
    eventually(lambda: other.version(0) != before)
    assert other.owned(run.id, duty)


def test_a_bot_hands_over_only_what_it_has_and_wakes_nobody_else(
    kept: KeptInPostgres, store: RecordStore, run: Run
) -> None:
    other, third = kept.open(serving=True), kept.open(serving=True)
    assert store.owned(run.id)
    before = third.version()
    other.hand_over([run.id])
    assert third.owned(run.id) is None
    store.hand_over([run.id])
    eventually(lambda: third.version() != before)
    assert third.version()[0] == before[0] + 1
