"""Deciding KEEP: at the end of the watch, before it, and against an alert or a rollback."""

from __future__ import annotations

import pytest

from commands.progress.step_state import DECISION
from state.errors import NotAllowed, Refused, TooLate
from state.events import KeepDecided, StepAgreed, StepAnswered
from state.facts import EarlyKeep, EarlyKeepAgreement, Keep
from state.sqlite.store import Store
from tests.commands.signoff.night import AT_TERMINAL, DBA, FOUR_EYES, GUEST, LATER, LEAD, Night
from tests.commands.signoff.samples import ALERT
from tests.pages import NOON, payload, small


def test_at_the_decision_the_deciding_role_keeps(night: Night) -> None:
    night.decide()
    night.changes_nothing(
        lambda: night.actions.keep(DBA, "", NOON), NotAllowed, r"Only the Tech Lead may decide KEEP\."
    )
    assert night.actions.keep(LEAD, " quiet ", LATER) == "You decided KEEP."
    assert night.record.keep == Keep(by=LEAD, at=LATER, reason="quiet")
    assert night.events == [KeepDecided(person="ULEAD", door=AT_TERMINAL, reason="quiet")]
    assert night.actions.keep(LEAD, "", NOON) == "KEEP has already been decided."
    assert len(night.events) == 1


@pytest.mark.parametrize("early", [True, False])
def test_the_starter_may_not_keep_if_the_page_wants_four_eyes(store: Store, early: bool) -> None:
    night = Night(store, small(**FOUR_EYES), starter="ULEAD")
    night.watch() if early else night.decide()
    night.changes_nothing(lambda: night.actions.keep(LEAD, "quiet", NOON), NotAllowed, "You started this run")


@pytest.mark.parametrize("early", [True, False])
def test_once_a_rollback_is_requested_it_is_too_late_for_keep(night: Night, early: bool) -> None:
    night.watch() if early else night.decide()
    night.roll_back()
    night.changes_nothing(
        lambda: night.actions.keep(LEAD, "quiet", NOON), TooLate, r"Too late for KEEP: a rollback has been requested\."
    )


@pytest.mark.parametrize("early", [True, False])
def test_keep_is_refused_while_an_alert_counts_down(night: Night, early: bool) -> None:
    night.watch() if early else night.decide()
    night.count_down()
    words = f"“{ALERT}” is counting down to a rollback. Hold it as a false alarm first, .* This KEEP was not recorded"
    night.changes_nothing(lambda: night.actions.keep(LEAD, "quiet", NOON), Refused, words)
    night.actions.false_alarm(ALERT, 1, LEAD, "a load test", "", NOON)
    night.actions.keep(LEAD, "quiet", NOON)


def test_keep_is_too_early_before_the_watch_has_begun(night: Night) -> None:
    words = r"It is too early for KEEP: the watch has not begun\. You can roll back or hold at any time\."
    night.changes_nothing(lambda: night.actions.keep(LEAD, "quiet", NOON), TooLate, words)


def test_keep_before_the_end_of_the_watch_needs_a_reason_and_a_second_person(night: Night) -> None:
    night.watch()
    words = r"The watch is not over\. KEEP now needs a reason, and a second person must agree\."
    night.changes_nothing(lambda: night.actions.keep(LEAD, " ", NOON), Refused, words)
    said = night.actions.keep(LEAD, " quiet night ", NOON)
    skips = "KEEP now skips the rest of the watch (1 h)."
    assert said == f"{skips} A second person must agree. The status shows the request."
    assert night.record.facts == (EarlyKeep(by=LEAD, at=NOON, reason="quiet night"),)
    answered, asked = night.store.events(1)[1:]
    assert (answered.data, answered.step) == (
        StepAnswered(title="KEEP before the watch is over", person="ULEAD", door=AT_TERMINAL, reason="quiet night"),
        DECISION,
    )
    assert (payload(asked).ask, payload(asked).step, asked.at) == ("second", DECISION, NOON)
    assert night.actions.keep(LEAD, "again", NOON) == "KEEP is already waiting for a second person to agree."
    assert len(night.events) == 2


def test_a_second_person_agrees_to_an_early_keep_which_is_then_the_first_persons_decision(night: Night) -> None:
    night.watch()
    night.actions.keep(LEAD, "quiet night", NOON)
    agree = night.actions.agree
    night.changes_nothing(lambda: agree(DECISION, 1, LEAD, NOON), NotAllowed, "You are the first")
    night.changes_nothing(lambda: agree(DECISION, 1, GUEST, NOON), NotAllowed, "may agree to this")
    agree(DECISION, 1, DBA, LATER)
    assert night.record.facts[-2:] == (
        EarlyKeepAgreement(by=DBA, at=LATER),
        Keep(by=LEAD, at=LATER, reason="quiet night"),
    )
    assert night.events[-2:] == [
        StepAgreed(title="KEEP before the watch is over", person="UDBA"),
        KeepDecided(person="ULEAD", door=AT_TERMINAL, reason="quiet night"),
    ]
    assert [event.step for event in night.store.events(1)[-2:]] == [DECISION, ""]
    assert night.actions.keep(LEAD, "again", NOON) == "KEEP has already been decided."


def test_an_early_keep_counts_as_the_first_decision_only_at_the_decision(skipped: Night) -> None:
    skipped.watch()
    skipped.actions.keep(LEAD, "quiet", NOON)
    skipped.actions.agree("the-right-time", 1, DBA, NOON)
    assert skipped.record.keep is None
    assert skipped.record.facts[-1].key == "second:the-right-time:1"


@pytest.mark.parametrize("what", ["rollback", "countdown"])
def test_an_agreement_to_keep_that_comes_after_an_alert_or_rollback_is_not_stored(
    night: Night, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.watch()
    night.actions.keep(LEAD, "quiet night", NOON)
    before, read = night.record, night.store.record
    night.roll_back() if what == "rollback" else night.count_down()
    stored = night.record
    answers = iter([before])
    monkeypatch.setattr(night.store, "record", lambda run: next(answers, None) or read(run))
    with pytest.raises(TooLate if what == "rollback" else Refused, match=r"Too late for KEEP|is counting down"):
        night.actions.agree(DECISION, 1, DBA, NOON)
    assert night.record == stored


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("what", ["rollback", "countdown"])
def test_a_keep_that_comes_after_an_alert_or_rollback_is_not_stored(
    night: Night, what: str, early: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    night.watch() if early else night.decide()
    before, read = night.record, night.store.record
    night.roll_back() if what == "rollback" else night.count_down()
    stored = night.record
    answers = iter([before])  # as it was when the person pressed the button
    monkeypatch.setattr(night.store, "record", lambda run: next(answers, None) or read(run))
    with pytest.raises(TooLate if what == "rollback" else Refused, match=r"Too late for KEEP|is counting down"):
        night.actions.keep(LEAD, "quiet", NOON)
    assert night.record == stored


def test_keep_says_what_begins_because_of_it(store: Store) -> None:
    page = small(**{'role = "lead"\n```\n': 'role = "lead"\nstarts = "option-a.md"\n```\n'})
    night = Night(store, page)
    night.watch()
    skips = "KEEP now skips the rest of the watch (1 h), and starts option-a.md."
    assert night.actions.keep(LEAD, "quiet", NOON).startswith(skips)
    night.attempt(DECISION, "running")
    begins = "option-a.md is checked and started now. The result is posted in the thread."
    assert night.actions.keep(LEAD, "", LATER) == f"You decided KEEP. {begins}"
