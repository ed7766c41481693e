"""An action is allowed by the record that it is added to, not by an earlier look at it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from commands.progress.step_state import DECISION
from state.errors import TooLate
from state.facts import Choice
from state.records import RunState
from tests.commands.signoff.night import DBA, GUEST, LEAD, Night
from tests.commands.signoff.samples import DEPLOY
from tests.pages import NOON

Meanwhile = Callable[[Night], object]


def too_late(night: Night, monkeypatch: pytest.MonkeyPatch, act: Meanwhile, meanwhile: Meanwhile, words: str) -> None:
    """An act that read the record before something else was written is refused, and stores nothing."""
    before, read = night.record, night.store.record
    meanwhile(night)
    stored = night.record
    stale = iter([before])
    monkeypatch.setattr(night.store, "record", lambda run: next(stale, None) or read(run))
    with pytest.raises(TooLate, match=words):
        act(night)
    monkeypatch.undo()
    assert night.record == stored


def is_over(night: Night) -> object:
    """The run was aborted."""
    return night.store.move_run(night.run.id, RunState.ABORTED, NOON)


def test_a_signature_that_comes_after_a_refusal_is_not_stored(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    too_late(
        night,
        monkeypatch,
        lambda night: night.actions.sign("ready", 1, DBA, NOON),
        lambda night: night.actions.sign("ready", 1, LEAD, NOON, refused=True, reason="no backup"),
        "is not waiting for this now",
    )


def test_an_answer_that_comes_after_the_end_of_the_run_is_not_stored(
    failed: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer: Meanwhile = lambda night: night.actions.answer(DEPLOY, 1, LEAD, Choice.SKIP, "fine", NOON)  # noqa: E731
    too_late(failed, monkeypatch, answer, is_over, r"Run 1 is over \(aborted\)\.")


def test_an_agreement_that_comes_after_the_end_of_the_run_is_not_stored(
    skipped: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree: Meanwhile = lambda night: night.actions.agree("the-right-time", 1, DBA, NOON)  # noqa: E731
    too_late(skipped, monkeypatch, agree, is_over, r"Run 1 is over \(aborted\)\.")


def test_a_resume_that_comes_after_the_end_of_the_run_is_not_stored(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.actions.hold(GUEST, "", NOON)
    too_late(night, monkeypatch, lambda night: night.actions.resume(LEAD, "", NOON), is_over, r"Run 1 is over")


def test_an_early_keep_that_comes_after_the_watch_is_over_is_not_stored(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.watch()
    before, read = night.record, night.store.record
    night.attempt(DECISION, "running")
    stale = iter([before])
    monkeypatch.setattr(night.store, "record", lambda run: next(stale, None) or read(run))
    assert (
        night.actions.keep(LEAD, "quiet", NOON)
        == "The watch is over now. Decide KEEP again; it needs no second person."
    )
    assert night.record.facts == ()
