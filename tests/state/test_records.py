"""Records: the legal moves, and the plain questions that a record answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from state.facts import Hold, Keep, Resume, Signature, StepAnswer
from state.records import ACTIVE, ATTEMPT_MOVES, RUN_MOVES, Attempt, AttemptState, RunState
from tests.pages import NOON, record, row, run, said

LATER = NOON + timedelta(minutes=5)


# -- legal moves ----------------------------------------------------------------------------------------------------


def test_a_run_ends_kept_or_aborted_while_going_and_rolled_back_while_rolling_back() -> None:
    moves = {(old.value, new.value) for old, others in RUN_MOVES.items() for new in others}
    assert moves == {
        ("going", "rolling back"),
        ("going", "kept"),
        ("going", "aborted"),
        ("going", "ended by hand"),
        ("rolling back", "rolled back"),
        ("rolling back", "ended by hand"),
        ("queued", "started"),
        ("queued", "dropped"),
    }
    assert set(RUN_MOVES) == set(RunState)


def test_an_attempt_ends_once_and_only_an_unknown_result_can_be_settled_later() -> None:
    moves = {(old.value, new.value) for old, others in ATTEMPT_MOVES.items() for new in others}
    assert moves == {
        ("running", "done"),
        ("running", "failed"),
        ("running", "unknown"),
        ("running", "stopped"),
        ("unknown", "done"),
        ("unknown", "failed"),
    }
    assert set(ATTEMPT_MOVES) == set(AttemptState)


@pytest.mark.parametrize("state", RunState)
def test_a_run_is_active_until_it_is_over(state: RunState) -> None:
    assert run(state=state).active is (state in {RunState.GOING, RunState.ROLLING_BACK})
    waits = state is RunState.QUEUED
    assert (state in ACTIVE or waits) is bool(RUN_MOVES[state]), "what is over cannot move"
    assert run(state=state).of_queue is (state in {RunState.QUEUED, RunState.STARTED, RunState.DROPPED})


# -- attempts -------------------------------------------------------------------------------------------------------


def test_a_release_is_shown_by_its_ref_and_the_first_digits_of_a_commit() -> None:
    assert run(ref="v2").release == "v2"
    assert run(ref="4f" * 20).release == "4f4f4f4f4f"
    assert run(ref="4f" * 20, ref_name="main").release == "main (4f4f4f4f4f)"


def test_an_attempt_counts_from_its_end_or_while_it_runs_from_its_start() -> None:
    running = row("copy", AttemptState.RUNNING)
    assert running.at == NOON
    assert replace(running, ended_at=LATER).at == LATER


def test_the_stamp_is_the_written_start_in_utc_and_does_not_move_with_the_clock() -> None:
    attempt = replace(row("copy", AttemptState.DONE), written_at="2026-11-23T19:00:00+07:00", began_at=LATER)
    assert attempt.stamp == "20261123T120000Z"
    assert row("copy", AttemptState.DONE).stamp == ""


def test_values_and_timestamps_are_both_for_later_steps() -> None:
    outcome = {"values": {"pid": "7", "let_in_at": "old"}, "timestamps": {"let_in_at": "new"}, "measures": {"n": 1.0}}
    attempt = replace(row("copy", AttemptState.DONE), outcome=outcome)
    assert attempt.values == {"pid": "7", "let_in_at": "new"}
    assert attempt.measures == {"n": 1.0}
    empty = replace(attempt, outcome={})
    assert (empty.values, empty.measures) == ({}, {})


@pytest.mark.parametrize(
    ("state", "outcome", "inconclusive"),
    [
        (AttemptState.UNKNOWN, {}, True),
        (AttemptState.FAILED, {"inconclusive": True}, True),
        (AttemptState.FAILED, {"inconclusive": False}, False),
        (AttemptState.FAILED, {}, False),
        (AttemptState.DONE, {}, False),
    ],
)
def test_an_attempt_is_inconclusive_if_it_learned_nothing(
    state: AttemptState, outcome: dict[str, bool], inconclusive: bool
) -> None:
    assert replace(row("copy", state), outcome=outcome).inconclusive is inconclusive


# -- records --------------------------------------------------------------------------------------------------------


def test_the_last_attempt_at_a_step_is_the_one_that_was_written_last() -> None:
    first, second, other = row("copy", "failed", 1, after=9), row("copy", "done", 2), row("check", "done", 3)
    of = record(first, second, other)
    assert of.last("copy") is second
    assert of.last("nothing") is None


def test_the_newest_fact_of_a_kind_has_the_given_fields() -> None:
    old, new = said("answer", "copy", 1, said="again"), said("answer", "copy", 2, said="skip")
    signed = said("sign", "copy", 3, role="dba")
    of = record(facts=(old, new, signed))
    assert of.newest(StepAnswer) is new
    assert of.newest(StepAnswer, attempt=1) is old
    assert of.newest(StepAnswer, step="copy", attempt=3) is None
    assert of.newest(StepAnswer, step="check", attempt=1) is None
    assert of.newest(Signature, attempt=3) is signed
    assert of.newest(Keep) is None


def test_a_resume_is_no_hold_although_both_are_numbered() -> None:
    hold, resume = said("hold", "", 0), said("resume", "", 0)
    assert record(facts=(hold, resume)).newest(Hold) is hold
    assert record(facts=(hold, resume)).newest(Resume) is resume


def test_a_record_knows_its_rollback_request_and_its_keep() -> None:
    rollback, keep = said("rollback"), said("keep")
    of = record(facts=(rollback, keep))
    assert (of.rollback, of.keep) == (rollback, keep)
    early = record(facts=(said("early keep", reason="quiet"),))
    assert (early.rollback, early.keep) == (None, None)


def test_the_values_of_a_record_are_those_of_its_successful_attempts_the_latest_first() -> None:
    def found(state: AttemptState, attempt: int, **values: str) -> Attempt:
        return replace(row("copy", state, attempt), outcome={"values": values})

    attempts = (
        found(AttemptState.DONE, 1, pid="1", port="80"),
        found(AttemptState.DONE, 2, pid="2"),
        found(AttemptState.FAILED, 3, pid="3"),
        found(AttemptState.RUNNING, 4, pid="4"),
    )
    assert record(*attempts).values() == {"pid": "2", "port": "80"}
