"""How the watch after a rollback is judged: by its own samples only."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.settings import read_pages, shipped_runbooks
from commands.progress.after_rollback import page_after_rollback, record_after_rollback
from commands.progress.step_state import AFTER_ROLLBACK
from commands.watch.after_rollback import _over, verdicts_after_rollback
from commands.watch.alerts import alerts_raised_by
from commands.watch.verdicts import Verdict
from state.events import RunMoved
from state.facts import BOT
from state.records import Attempt, Record
from tests.pages import NOON, attempt_at, fact, record

PAGE = read_pages(shipped_runbooks())["option-a.md"]
CHECK = "api-response-time"


def slow(attempt: int, after: float) -> Attempt:
    return attempt_at(CHECK, "done", attempt, after=after, seconds=9.0)


def watched(*attempts: Attempt) -> Record:
    """A rollback that was requested after 20 minutes, and over after 30."""
    began = attempt_at(AFTER_ROLLBACK, "running", after=30)
    return record(*attempts, began, facts=(fact("rollback", after=20),), state="rolling back")


def test_a_sample_of_the_version_that_is_gone_is_no_verdict_on_the_one_that_is_back() -> None:
    assert verdicts_after_rollback(PAGE, watched(slow(1, 1))) == ()
    (verdict,) = verdicts_after_rollback(PAGE, watched(slow(1, 1), slow(2, 31)))
    assert (verdict.step, verdict.verdict) == (CHECK, Verdict.WARNING), "one sample in a row, not two"


def test_two_bad_samples_after_it_raise_the_alert_which_only_calls_people() -> None:
    record = watched(slow(1, 31), slow(2, 36))
    page = page_after_rollback(PAGE, record)
    (raised,) = alerts_raised_by(page, record_after_rollback(PAGE, record), CHECK)
    assert (raised.level, raised.alert.action) == ("alert", "tell")


def test_too_little_traffic_whose_stand_in_is_not_watched_is_no_data_and_calls_nobody() -> None:
    quiet = attempt_at("job-creation-by-users", "done", 1, after=31, requests=3, failed_share=0.0)
    (verdict,) = verdicts_after_rollback(PAGE, watched(quiet))
    assert (verdict.verdict, verdict.blind) == (Verdict.NO_DATA, 0)


@pytest.mark.fault("not looked at, and said to be fine")
def test_the_end_tells_what_was_not_judged_from_what_was_not_well() -> None:
    quiet = attempt_at("job-creation-by-users", "done", 1, after=31, requests=3, failed_share=0.0)
    unreachable = replace(attempt_at("database-size", "failed", 1, after=31), outcome={"inconclusive": True})
    data = _over(PAGE, watched(slow(1, 31), quiet, unreachable), NOON + timedelta(minutes=45), BOT).data
    assert isinstance(data, RunMoved)
    assert [one.rpartition("” ")[2].split(":")[0] for one in data.not_well] == ["warning", "unreachable"]
    (thin, *unchecked) = data.not_judged
    assert "too little data to judge by" in thin
    assert all(one.endswith("was not checked") for one in unchecked)
    assert data.checks == len(data.not_well) + len(data.not_judged), "none was ok"
