"""The DORA metrics."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from commands.progress.step_state import WATCH
from commands.report.dora import COMMITTED, Deploy, deploy_of, dora_metrics
from state.records import AttemptState, RunState
from tests.pages import NOON, record, row, said


def run(state: str, day: int, *, back: int = 0, committed: int = 0) -> Deploy:
    """A run that started so many days after noon and took an hour; `back` minutes of it were its rollback."""
    began = NOON + timedelta(days=day)
    end = began + timedelta(hours=1)
    facts = (replace(said("rollback"), at=end - timedelta(minutes=back)),) if back else ()
    commit = row("release", AttemptState.DONE)
    values = {COMMITTED: (end - timedelta(hours=committed)).isoformat()} if committed else {}
    release = replace(commit, outcome={"values": values})
    return deploy_of(record(release, facts=facts, state=state, began_at=began, ended_at=end))


def test_without_runs_every_metric_is_unknown() -> None:
    metrics = dora_metrics([])
    assert (metrics.deploys, metrics.rolled_back) == (0, 0)
    assert (metrics.per_week, metrics.change_failure_rate, metrics.lead_time) == (None, None, None)
    assert (metrics.time_to_restore, metrics.since) == (None, None)


def test_runs_that_were_not_kept_or_rolled_back_do_not_count() -> None:
    others = (RunState.ABORTED, RunState.GOING, RunState.ENDED, RunState.ROLLING_BACK)
    assert dora_metrics([run(state, 0) for state in others]).deploys == 0


def test_a_run_without_an_end_does_not_count() -> None:
    assert dora_metrics([deploy_of(record(state=RunState.KEPT))]).deploys == 0


def test_the_change_failure_rate_is_the_share_that_was_rolled_back() -> None:
    kept = [run(RunState.KEPT, day) for day in range(3)]
    metrics = dora_metrics([*kept, run(RunState.ROLLED_BACK, 3, back=8)])
    assert (metrics.deploys, metrics.rolled_back, metrics.change_failure_rate) == (4, 1, 0.25)


def test_the_time_to_restore_is_the_median_from_the_request_to_the_end() -> None:
    metrics = dora_metrics([run(RunState.ROLLED_BACK, n, back=minutes) for n, minutes in enumerate((4, 6, 30))])
    assert metrics.time_to_restore == timedelta(minutes=6)


def test_the_lead_time_is_the_median_over_kept_runs_with_a_known_commit() -> None:
    kept = [run(RunState.KEPT, 0, committed=10), run(RunState.KEPT, 1), run(RunState.KEPT, 2, committed=20)]
    metrics = dora_metrics([*kept, run(RunState.ROLLED_BACK, 3, back=1, committed=99)])
    assert metrics.lead_time == timedelta(hours=15)


def test_the_lead_time_ends_when_the_watch_starts() -> None:
    release = replace(row("release", AttemptState.DONE), outcome={"values": {COMMITTED: NOON.isoformat()}})
    watched = deploy_of(record(release, row(WATCH, AttemptState.DONE, after=20), ended_at=NOON + timedelta(hours=5)))
    assert watched.lead_time == timedelta(minutes=20)
    early = deploy_of(record(release, row(WATCH, AttemptState.DONE, after=-20)))
    assert early.lead_time == timedelta(0), "a commit from the future has no negative lead time"
    assert deploy_of(record(release)).lead_time is None, "it is not deployed yet"


@pytest.mark.parametrize("committed", ["yesterday", "2026-11-23T12:00:00"])
def test_a_commit_time_that_cannot_be_read_is_unknown(committed: str) -> None:
    release = replace(row("release", AttemptState.DONE), outcome={"values": {COMMITTED: committed}})
    assert deploy_of(record(release, ended_at=NOON)).lead_time is None


def test_a_deploy_holds_no_page_text() -> None:
    assert run(RunState.KEPT, 0).run.text == ""


def test_a_run_that_was_aborted_had_nothing_to_restore() -> None:
    ended = NOON + timedelta(minutes=5)
    aborted = record(facts=(said("rollback"),), state=RunState.ABORTED, ended_at=ended)
    assert deploy_of(aborted).restored is None
    assert deploy_of(replace(aborted, run=replace(aborted.run, state=RunState.ROLLED_BACK))).restored is not None


def test_a_rollback_in_progress_has_restored_nothing_yet() -> None:
    assert deploy_of(record(facts=(said("rollback"),))).restored is None
    assert run(RunState.KEPT, 0).restored is None


def test_deploys_are_counted_over_at_least_a_week() -> None:
    assert dora_metrics([run(RunState.KEPT, 0)] * 3).per_week == 3
    assert round(dora_metrics([run(RunState.KEPT, 28), run(RunState.KEPT, 0)]).per_week or 0, 1) == 0.5
    with_rollback = [run(RunState.KEPT, 0), run(RunState.ROLLED_BACK, 1, back=1)]
    assert dora_metrics(with_rollback).per_week == 1, "only kept deploys count"


def test_the_metrics_say_since_when_they_count() -> None:
    assert dora_metrics([run(RunState.KEPT, 2), run(RunState.KEPT, 1)]).since == NOON + timedelta(days=1)
