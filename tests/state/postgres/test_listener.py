"""A bot looks for what it may have missed while its connection was lost."""

from __future__ import annotations

from state.errors import BadRecord
from state.records import Run
from state.store import RecordStore
from tests.bot.tools.helpers import eventually
from tests.state.kept import KeptInPostgres

LOSE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gonogo serve'"


def test_a_lost_connection_wakes_every_run_whoever_makes_it_anew(
    store: RecordStore, run: Run, kept: KeptInPostgres
) -> None:
    before = store.version(run.id)
    kept.admin(LOSE)
    assert eventually(lambda: _reads(store, run), 5), "whoever reads next makes it anew, before the next sign of life"
    assert eventually(lambda: store.version(run.id) != before, 10)


def _reads(store: RecordStore, run: Run) -> bool:
    try:
        return store.run(run.id) == run
    except BadRecord:
        return False
