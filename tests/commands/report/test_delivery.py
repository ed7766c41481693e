"""The four figures of delivery."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from commands.report.delivery import COMMITTED, Deploy, deploy_of, figures
from state.records import AttemptState, RunState
from tests.pages import NOON, record, row, said


def ended(state: str, day: int, *, back: int = 0, committed: int = 0) -> Deploy:
    """A run that began so many days after noon and took an hour; `back` minutes of it were its rollback."""
    began = NOON + timedelta(days=day)
    end = began + timedelta(hours=1)
    facts = (replace(said("rollback"), at=end - timedelta(minutes=back)),) if back else ()
    commit = row("release", AttemptState.DONE)
    values = {COMMITTED: (end - timedelta(hours=committed)).isoformat()} if committed else {}
    rows = (replace(commit, outcome={"values": values}),)
    return deploy_of(record(*rows, facts=facts, state=state, began_at=began, ended_at=end))


def test_nothing_is_known_of_no_runs() -> None:
    found = figures([])
    assert (found.deploys, found.a_week, found.failure_share, found.lead_time, found.restore) == (
        0,
        None,
        None,
        None,
        None,
    )


def test_runs_that_did_not_reach_production_or_go_on_count_for_nothing() -> None:
    assert figures([ended(RunState.ABORTED, 0), ended(RunState.GOING, 1)]).deploys == 0


def test_the_share_of_failures_is_of_all_that_reached_production() -> None:
    found = figures(
        [
            ended(RunState.KEPT, 0),
            ended(RunState.KEPT, 1),
            ended(RunState.KEPT, 2),
            ended(RunState.ROLLED_BACK, 3, back=8),
        ]
    )
    assert (found.failed, found.failure_share) == (1, 0.25)


def test_time_to_restore_is_the_median_from_the_asking_to_the_end() -> None:
    found = figures([ended(RunState.ROLLED_BACK, n, back=minutes) for n, minutes in enumerate((4, 6, 30))])
    assert found.restore == timedelta(minutes=6)


def test_lead_time_counts_only_the_runs_whose_commit_is_known() -> None:
    found = figures(
        [ended(RunState.KEPT, 0, committed=10), ended(RunState.KEPT, 1), ended(RunState.KEPT, 2, committed=20)]
    )
    assert found.lead_time == timedelta(hours=15)


def test_three_deploys_on_one_day_are_three_a_week() -> None:
    assert figures([ended(RunState.KEPT, 0)] * 3).a_week == 3
    assert round(figures([ended(RunState.KEPT, 0), ended(RunState.KEPT, 28)]).a_week or 0, 1) == 0.5
