"""How the watch after a rollback is judged: by its own samples only."""

from __future__ import annotations

from bot.settings import read_pages, shipped_runbooks
from commands.progress.after_rollback import page_after_rollback, record_after_rollback
from commands.progress.step_state import AFTER_ROLLBACK
from commands.watch.after_rollback import verdicts_after_rollback
from commands.watch.alerts import alerts_raised_by
from commands.watch.verdicts import Verdict
from state.records import Attempt, Record
from tests.pages import attempt_at, fact, record

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
