"""Reports built from a state file: of one run, of all runs, and the chart of a run."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.report.build import chart_of, history_of, left_out, panels_of, report_of
from state.errors import Refused
from state.records import Run, RunState
from state.sqlite.store import Store
from tests.pages import NOON, SMALL, event, record, row, small
from tests.state.sqlite.forger import by_hand


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A state file without runs."""
    return Store(tmp_path / "gonogo.db")


def start(store: Store, target: str = "shop", text: str = SMALL) -> Run:
    """A run of the small page."""
    texts = dict.fromkeys(("ref", "note", "starter", "channel"), "")
    fields = {**texts, "page": "small.md", "text": text, "target": target, "speed": 1.0, "notice_minutes": 0}
    return store.start_run(fields, NOON, event("started"))


def keep(store: Store, run: Run) -> None:
    """The run ends, and is kept."""
    store.move_run(run.id, RunState.KEPT, NOON + timedelta(hours=1))


def test_the_history_holds_all_runs_newest_first(store: Store) -> None:
    assert history_of(store) == []
    keep(store, start(store))
    start(store)
    assert [deploy.run.id for deploy in history_of(store)] == [2, 1]


def test_a_report_counts_the_runs_of_its_own_target(store: Store) -> None:
    for target in ("shop", "api", "shop"):
        run = start(store, target)
        keep(store, run)
    report = report_of(store, store.run(1), {}, NOON, {"U1": "Ada"})
    assert (report.run.id, report.metrics.deploys, report.names) == (1, 2, {"U1": "Ada"})
    assert report.clock == timedelta(hours=1)


def test_a_report_holds_the_alerts_of_its_run(store: Store) -> None:
    run = start(store)
    store.add_events(run.id, NOON, event("warning", {"name": "API response > 5 s", "value": 2.0}))
    assert [alert.value for alert in report_of(store, run, {}, NOON).alerts] == ["2 s"]


def test_a_run_of_a_page_that_cannot_be_read_has_no_report(store: Store) -> None:
    run = start(store, text="# Not a runbook")
    with pytest.raises(Refused):
        report_of(store, run, {}, NOON)


def test_a_run_without_measurements_has_no_chart(store: Store) -> None:
    assert chart_of(report_of(store, start(store), {}, NOON)) is None


def test_the_chart_of_a_run_shows_what_was_measured_so_far() -> None:
    of = record(row("put-the-code-there", "done", after=2), row("response-time", "done", after=15, seconds=0.1))
    assert [panel.title for panel in panels_of(small(), of)] == ["Response time"]


DAMAGES = [
    "INSERT INTO facts (run, kind, key, person, door, at, data) VALUES (1, 'old', 'o', 'U', 'slack', 'noon', '{}')",
    "UPDATE runs SET note = CAST(x'ff' AS TEXT) WHERE id = 1",
    "UPDATE runs SET state = 'gone' WHERE id = 1",
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_run_that_cannot_be_read_is_named_and_left_out_of_history_and_reports(store: Store, damage: str) -> None:
    for _ in range(2):
        keep(store, start(store))
    assert left_out(store, history_of(store)) == []
    by_hand(store.path, damage)
    assert [deploy.run.id for deploy in history_of(store)] == [2]
    assert report_of(store, store.run(2), {}, NOON).metrics.deploys == 1
    (sentence,) = left_out(store, history_of(store))
    assert sentence.startswith("Run 1 cannot be read and is left out here.")
