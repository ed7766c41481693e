"""A run's record prepared for the report: T+, and what the checks measured."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from commands.progress.step_state import WATCH
from commands.report.run_data import RunData, measures_of
from state.records import AttemptState, Record
from tests.commands.report.deployed import CHECK, DEPLOYED, PAGE, ended, sample
from tests.pages import NOON, record, row, said, small, stored


def minutes(count: float) -> datetime:
    """So many minutes past noon."""
    return NOON + timedelta(minutes=count)


def t_plus(of: Record, at: float) -> float:
    """T+ so many minutes past noon, in minutes."""
    return RunData(PAGE, of).t_plus(minutes(at)) / timedelta(minutes=1)


@pytest.mark.parametrize(
    ("state", "counts"),
    [("done", True), ("failed", True), ("unknown", False), ("stopped", False), ("running", False)],
)
def test_an_attempt_measures_only_with_a_known_result(state: str, counts: bool) -> None:
    assert measures_of(row(CHECK, state, seconds=1.0)) == ({"seconds": 1.0} if counts else {})


def test_attempts_are_found_by_their_step_oldest_first() -> None:
    first, second = sample(15, 0.1), sample(30, 0.2, 2)
    data = RunData(PAGE, record(first, *DEPLOYED, second))
    assert data.attempts(CHECK) == [first, second]
    assert data.attempts("nothing") == []


def test_t_plus_counts_the_watch_at_its_planned_speed() -> None:
    watching = record(row(WATCH, AttemptState.RUNNING, after=10), speed=13.0)
    assert t_plus(watching, 5) == 5
    assert t_plus(watching, 10) == 10
    assert t_plus(watching, 15) == 10 + 5 * 13
    over = record(ended(row(WATCH, AttemptState.DONE, after=10), 20), speed=13.0)
    assert t_plus(over, 30) == 10 + 10 * 13 + 10


def test_a_rollback_ends_the_watch() -> None:
    back = record(row(WATCH, AttemptState.RUNNING, after=10), facts=(said("rollback", after=20),), speed=13.0)
    assert t_plus(back, 15) == 10 + 5 * 13
    assert t_plus(back, 30) == 10 + 10 * 13 + 10
    before = record(row(WATCH, AttemptState.RUNNING, after=10), facts=(said("rollback", after=5),), speed=13.0)
    assert t_plus(before, 30) == 30, "the rollback was requested before the watch started"


def test_the_end_of_the_run_ends_the_watch() -> None:
    closed = record(row(WATCH, AttemptState.RUNNING, after=10), speed=13.0, ended_at=minutes(20))
    assert t_plus(closed, 30) == 10 + 10 * 13 + 10


def test_a_measurement_knows_whether_production_had_been_changed() -> None:
    samples = (sample(1, 0.1), sample(2, 0.2, 2), sample(15, 0.3, 3))
    data = RunData(PAGE, record(*DEPLOYED, *samples))
    assert data.changed_at == minutes(2)
    assert list(data.measurements(CHECK, "seconds")) == [
        (minutes(1), 0.1, False),
        (minutes(2), 0.2, True),
        (minutes(15), 0.3, True),
    ]
    unchanged = RunData(PAGE, record(DEPLOYED[0], sample(15, 0.1)))
    assert unchanged.changed_at is None
    assert [after for _, _, after in unchanged.measurements(CHECK, "seconds")] == [False]


def test_a_smoke_test_counts_as_a_change_of_production() -> None:
    assert RunData(PAGE, record(DEPLOYED[2])).changed_at == minutes(9)


BASELINE = '## Before\n\n### Baseline\n\n```toml baseline\nid = "baseline"\nof = ["response-time"]\n```\n'


def test_the_baseline_is_the_first_measurement() -> None:
    page = small(**{"## Before\n": BASELINE})
    before = row("baseline", AttemptState.DONE)
    before.outcome["measures"] = {f"{CHECK}/seconds": 0.4, f"{CHECK}/failed": 0.0}
    data = RunData(page, record(before, *DEPLOYED, sample(15, 0.6)))
    assert list(data.measurements(CHECK, "seconds")) == [(NOON, 0.4, False), (minutes(15), 0.6, True)]
    assert list(data.measurements(CHECK, "failed")) == [(NOON, 0.0, False), (minutes(15), 0.0, True)]


def test_a_value_with_too_little_data_is_left_out() -> None:
    page = stored(**{"in_a_row = 2": "enough = { requests = 20 }", "## Before\n": BASELINE})
    before = row("baseline", AttemptState.DONE)
    before.outcome["measures"] = {f"{CHECK}/seconds": 0.4, f"{CHECK}/requests": 3.0}
    few = row(CHECK, AttemptState.DONE, 1, after=15, seconds=0.5, requests=3)
    many = row(CHECK, AttemptState.DONE, 2, after=30, seconds=0.6, requests=30)
    data = RunData(page, record(before, *DEPLOYED, few, many))
    assert [value for _, value, _ in data.measurements(CHECK, "seconds")] == [0.6]
    assert [value for _, value, _ in data.measurements(CHECK, "requests")] == [3.0, 3, 30]


def test_a_value_is_judged_beside_the_baseline() -> None:
    page = small(**{"warn_above = 1.0\nin_a_row = 2": "times_baseline = 3.0", "## Before\n": BASELINE})
    before = row("baseline", AttemptState.DONE)
    before.outcome["measures"] = {f"{CHECK}/seconds": 4.0}
    assert RunData(page, record(before)).level(page.alerts[0], 9.0) == "ok"
    assert RunData(page, record()).level(page.alerts[0], 9.0) == "alert"
