"""What takes two people: a fix by hand of some kinds, and overruling a refusal."""

from __future__ import annotations

import pytest

from commands.progress.step_state import StepState, state_of
from commands.signoff.actions import RunActions
from commands.signoff.waiting import waiting_for
from state.errors import NotAllowed, Refused, TooLate
from state.events import Ask, PeopleAsked
from state.facts import Actor, Agreement, Choice, Door
from state.sqlite.store import Store
from tests.commands.signoff.night import DBA, FOUR_EYES, GUEST, LATER, LEAD, PEOPLE, Night
from tests.commands.signoff.samples import DEPLOY, SIGNED_DEPLOY, WINDOW
from tests.pages import NOON, small

RIGHT_TIME = "the-right-time"
OTHER_LEAD, OTHER_DBA = (Actor(person=name, door=Door.SLACK) for name in ("ULEAD2", "UDBA2"))
TEAM = {"dba": PEOPLE["dba"] | {"UDBA2"}, "lead": PEOPLE["lead"] | {"ULEAD2"}}


def questions(night: Night) -> list[tuple[str, tuple[str, ...]]]:
    """What the run waits for: the question and its choices."""
    return [(str(waiting.ask), waiting.choices) for waiting in waiting_for(night.page, night.record)]


@pytest.fixture
def refused(store: Store) -> Night:
    """A deploy whose signature the DBA refused; two DBAs and two leads may act."""
    night = Night(store, small(**SIGNED_DEPLOY))
    night.actions = RunActions(store, night.page, night.run.id, TEAM)
    night.attempt(DEPLOY)
    night.actions.sign(DEPLOY, 1, DBA, NOON, refused=True, reason="wrong version")
    return night


def test_one_person_alone_calls_no_closed_window_fixed(store: Store) -> None:
    night = Night(store, small(**WINDOW))
    night.attempt(RIGHT_TIME, "failed")
    night.actions.answer(RIGHT_TIME, 1, LEAD, Choice.DONE, "it is open now", NOON)
    assert questions(night) == [(Ask.AGREE, (Choice.DONE,))]
    night.changes_nothing(
        lambda: night.actions.agree(RIGHT_TIME, 1, LEAD, NOON), NotAllowed, "You are the first, so it cannot be you"
    )
    night.actions.agree(RIGHT_TIME, 1, DBA, LATER)
    assert night.record.facts[-1] == Agreement(by=DBA, at=LATER, step=RIGHT_TIME, attempt=1, choice=Choice.DONE)
    assert questions(night) == []
    assert state_of(night.page, night.record, night.page.step(RIGHT_TIME)) is StepState.SETTLED


def test_a_fix_that_two_people_call_done_is_then_signed(store: Store) -> None:
    night = Night(
        store, small(**{**WINDOW, "## Before\n": WINDOW["## Before\n"].replace("days", 'sign = ["dba"]\ndays')})
    )
    night.attempt(RIGHT_TIME, "failed")
    night.actions.answer(RIGHT_TIME, 1, LEAD, Choice.DONE, "it is open now", NOON)
    night.actions.agree(RIGHT_TIME, 1, DBA, LATER)
    (asked,) = [data for data in night.events if isinstance(data, PeopleAsked) and data.ask == Ask.SIGN]
    assert (asked.step, asked.roles) == (RIGHT_TIME, ("dba",))
    assert questions(night) == [(Ask.SIGN, ())]


def test_a_refusal_is_overruled_by_two_people_and_asked_about_in_the_thread(refused: Night) -> None:
    assert questions(refused) == [(Ask.ANSWER, (Choice.RETRY, Choice.OVERRIDE))]
    refused.actions.answer(DEPLOY, 1, LEAD, Choice.OVERRIDE, "it is right", NOON)
    assert questions(refused) == [(Ask.AGREE, (Choice.OVERRIDE,))]
    asked = refused.events[-1]
    assert isinstance(asked, PeopleAsked)
    assert (asked.ask, asked.step, asked.roles) == (Ask.AGREE, DEPLOY, ("dba", "lead"))
    refused.actions.agree(DEPLOY, 1, OTHER_DBA, LATER)
    assert state_of(refused.page, refused.record, refused.page.step(DEPLOY)) is StepState.SETTLED


def test_a_refusal_is_not_skipped_nor_called_fixed(refused: Night) -> None:
    for choice in (Choice.SKIP, Choice.DONE):
        refused.changes_nothing(
            lambda choice=choice: refused.actions.answer(DEPLOY, 1, LEAD, choice, "it is right", NOON),  # type: ignore[misc]
            Refused,
            "The possible answers are again, override",
        )


def test_who_refused_overrules_it_neither_as_the_first_nor_as_the_second(refused: Night) -> None:
    refused.actions.people = {**TEAM, "lead": TEAM["lead"] | {"UDBA"}}
    words = "You refused to sign “Put the code there”, so two other people must overrule that"
    refused.changes_nothing(
        lambda: refused.actions.answer(DEPLOY, 1, DBA, Choice.OVERRIDE, "it is right", NOON), NotAllowed, words
    )
    refused.actions.answer(DEPLOY, 1, LEAD, Choice.OVERRIDE, "it is right", NOON)
    refused.changes_nothing(lambda: refused.actions.agree(DEPLOY, 1, DBA, NOON), NotAllowed, words)
    refused.changes_nothing(lambda: refused.actions.agree(DEPLOY, 1, LEAD, NOON), NotAllowed, "You are the first")
    refused.changes_nothing(lambda: refused.actions.agree(DEPLOY, 1, GUEST, NOON), NotAllowed, "Only the Database")


@pytest.mark.parametrize("page", [{}, FOUR_EYES])
def test_the_starter_never_overrules_a_refusal(store: Store, page: dict[str, str]) -> None:
    night = Night(store, small(**SIGNED_DEPLOY, **page), starter="ULEAD")
    night.actions = RunActions(store, night.page, night.run.id, TEAM)
    night.attempt(DEPLOY)
    night.actions.sign(DEPLOY, 1, DBA, NOON, refused=True, reason="wrong version")
    words = "You started this run; another person must .*overrule the refusal of “Put the code there”"
    night.changes_nothing(
        lambda: night.actions.answer(DEPLOY, 1, LEAD, Choice.OVERRIDE, "it is right", NOON), NotAllowed, words
    )
    night.actions.answer(DEPLOY, 1, OTHER_LEAD, Choice.OVERRIDE, "it is right", NOON)
    night.changes_nothing(lambda: night.actions.agree(DEPLOY, 1, LEAD, NOON), NotAllowed, words)


def test_whose_fix_was_refused_does_not_overrule_that_and_the_step_is_asked_about_again(store: Store) -> None:
    night = Night(store, small(**SIGNED_DEPLOY))
    night.actions = RunActions(store, night.page, night.run.id, TEAM)
    night.attempt(DEPLOY, "failed")
    night.actions.answer(DEPLOY, 1, LEAD, Choice.DONE, "I copied it", NOON)
    night.actions.sign(DEPLOY, 1, DBA, NOON, refused=True, reason="the old one answers")
    asked = night.events[-1]
    assert isinstance(asked, PeopleAsked)
    assert (asked.ask, asked.step) == (Ask.ANSWER, DEPLOY), "the question about the failure was answered before"
    words = "Your fix of “Put the code there” was refused, so two other people must overrule that"
    night.changes_nothing(
        lambda: night.actions.answer(DEPLOY, 1, LEAD, Choice.OVERRIDE, "it is right", NOON), NotAllowed, words
    )
    night.actions.answer(DEPLOY, 1, OTHER_LEAD, Choice.OVERRIDE, "it is right", NOON)
    night.changes_nothing(lambda: night.actions.agree(DEPLOY, 1, LEAD, NOON), NotAllowed, words)
    night.actions.agree(DEPLOY, 1, OTHER_DBA, NOON)
    assert questions(night) == []


def test_whoever_runs_a_refused_step_again_does_not_sign_it_for_the_role_that_refused(refused: Night) -> None:
    refused.actions.answer(DEPLOY, 1, OTHER_DBA, Choice.RETRY, "", NOON)
    refused.attempt(DEPLOY, "failed", 2)
    refused.actions.answer(DEPLOY, 2, LEAD, Choice.RETRY, "", NOON)
    refused.attempt(DEPLOY, number=3)
    words = "Your role refused “Put the code there” and you ran it again, so another person must sign it"
    refused.changes_nothing(lambda: refused.actions.sign(DEPLOY, 3, OTHER_DBA, NOON), NotAllowed, words)
    assert refused.actions.sign(DEPLOY, 3, DBA, NOON) == ("dba",), "who refused may find it good now"


def test_whoever_ran_it_again_may_still_refuse_it_and_signs_it_once_the_role_has_signed_an_attempt(
    refused: Night,
) -> None:
    refused.actions.answer(DEPLOY, 1, OTHER_DBA, Choice.RETRY, "", NOON)
    refused.attempt(DEPLOY, number=2)
    refused.actions.sign(DEPLOY, 2, DBA, NOON)
    refused.attempt(DEPLOY, number=3)
    assert refused.actions.sign(DEPLOY, 3, OTHER_DBA, NOON) == ("dba",)
    refused.actions.people = {"dba": frozenset({"UDBA2"}), "lead": TEAM["lead"]}
    refused.attempt(DEPLOY, number=4)
    assert refused.actions.sign(DEPLOY, 4, OTHER_DBA, NOON, refused=True, reason="no") == ("dba",)


def test_the_refuser_who_runs_it_again_may_sign_it(refused: Night) -> None:
    refused.actions.answer(DEPLOY, 1, DBA, Choice.RETRY, "", NOON)
    refused.attempt(DEPLOY, number=2)
    assert refused.actions.sign(DEPLOY, 2, DBA, NOON) == ("dba",)


def test_an_agreement_counts_only_of_somebody_who_holds_a_role_at_that_moment(refused: Night) -> None:
    refused.actions.answer(DEPLOY, 1, LEAD, Choice.OVERRIDE, "it is right", NOON)
    later = RunActions(refused.store, refused.page, refused.run.id, PEOPLE)  # the second DBA was taken out since
    refused.changes_nothing(lambda: later.agree(DEPLOY, 1, OTHER_DBA, NOON), NotAllowed, "Only the Database Admin or")


def test_two_people_who_agree_at_the_same_moment_are_one_agreement(
    skipped: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    skipped.actions.people = TEAM
    before = skipped.record
    skipped.actions.agree(RIGHT_TIME, 1, DBA, NOON)
    events = skipped.events
    monkeypatch.setattr(skipped.store, "record", lambda _: before)
    with pytest.raises(TooLate, match="Somebody has already agreed about “The right time”"):
        skipped.actions.agree(RIGHT_TIME, 1, OTHER_DBA, NOON)
    assert skipped.events == events
