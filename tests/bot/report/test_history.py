"""The history of runs and the DORA metrics in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.report.history import history_lines, metric_rows
from commands.report.dora import Deploy, DoraMetrics
from state.records import RunState
from tests.pages import NOON, run

UNKNOWN = DoraMetrics(deploys=0, rolled_back=0, per_week=None, lead_time=None, time_to_restore=None, since=None)


def deploy(number: int, state: RunState, *, target: str = "shop", restored: int = 0, minutes: int = 65) -> Deploy:
    """A run that started at noon."""
    ended_at = NOON + timedelta(minutes=minutes) if minutes else None
    return Deploy(
        run=run(id=number, state=state, target=target, ended_at=ended_at),
        lead_time=None,
        restored=timedelta(minutes=restored) if restored else None,
    )


def test_without_runs_the_metrics_are_not_known_yet() -> None:
    assert list(metric_rows(UNKNOWN)) == [
        ("Deployment frequency", "not known yet"),
        ("Lead time, commit to production", "not known yet"),
        ("Change failure rate", "not known yet"),
        ("Time to restore", "no rollback yet"),
    ]


def test_the_metrics_are_shown_in_words() -> None:
    metrics = DoraMetrics(
        deploys=4,
        rolled_back=1,
        per_week=1.54,
        lead_time=timedelta(hours=5),
        time_to_restore=timedelta(minutes=8),
        since=NOON,
    )
    assert list(metric_rows(metrics)) == [
        ("Deployment frequency", "1.5 a week (3 kept)"),
        ("Lead time, commit to production", "5 h"),
        ("Change failure rate", "25 % (1 of 4 rolled back)"),
        ("Time to restore", "8 min"),
    ]


@pytest.mark.parametrize(
    ("per_week", "words"),
    [(0.5, "0.5"), (3, "3"), (9.96, "10"), (10.4, "10"), (99.7, "100"), (140.0, "140"), (0.0, "0")],
)
def test_a_frequency_is_a_plain_number(per_week: float, words: str) -> None:
    frequency = next(metric_rows(replace(UNKNOWN, per_week=per_week)))
    assert frequency == ("Deployment frequency", f"{words} a week (0 kept)")


def test_a_rate_of_all_is_100_percent() -> None:
    all_rolled_back = replace(UNKNOWN, deploys=3, rolled_back=3)
    assert list(metric_rows(all_rolled_back))[2] == ("Change failure rate", "100 % (3 of 3 rolled back)")


def test_each_run_is_one_line_and_the_metrics_follow() -> None:
    rolled_back = deploy(2, RunState.ROLLED_BACK, restored=7)
    going = deploy(12, RunState.GOING, minutes=0)
    lines = list(history_lines([going, rolled_back], [going, rolled_back, deploy(1, RunState.KEPT)], "Asia/Bangkok"))
    assert lines[:5] == [
        "⏳ run 12   2026-11-23 19:00  shop  main: going (in progress)",
        "↩️ run 2    2026-11-23 19:00  shop  main: rolled back (1 h 5 min, rollback took 7 min)",
        "",
        "shop, DORA metrics over all its runs:",
        "  Deployment frequency: 1 a week (1 kept)",
    ]
    assert lines[-1] == "  Time to restore: 7 min"


def test_each_target_has_its_own_metrics() -> None:
    history = [deploy(3, RunState.KEPT, target="shop"), deploy(2, RunState.KEPT, target="api")]
    lines = list(history_lines(history, [*history, deploy(1, RunState.KEPT, target="api")]))
    assert [line for line in lines if "DORA" in line] == [
        "shop, DORA metrics over all its runs:",
        "api, DORA metrics over all its runs:",
    ]
    assert [line for line in lines if "frequency" in line] == [
        "  Deployment frequency: 1 a week (1 kept)",
        "  Deployment frequency: 2 a week (2 kept)",
    ]
    assert list(history_lines(history[:1], history))[2:3] == ["shop, DORA metrics over all its runs:"]
