"""What waits for a second person counts only while the first person may still decide it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from commands.progress.step_state import DECISION, StepState, state_of
from commands.signoff.actions import RunActions
from commands.signoff.waiting import waiting_for
from state.errors import NotAllowed, Refused
from state.events import Ask, PeopleAsked
from state.facts import Agreement, Choice, EarlyKeep, Lapsed
from state.sqlite.store import Store
from tests.commands.signoff.night import DBA, FOUR_EYES, LATER, LEAD, PEOPLE, Night
from tests.commands.signoff.samples import DEPLOY, SIGNED_DEPLOY, WINDOW
from tests.commands.signoff.test_two_people import OTHER_DBA, OTHER_LEAD, TEAM
from tests.pages import NOON, small

RIGHT_TIME = "the-right-time"
OUT = {"dba": TEAM["dba"], "lead": frozenset({"ULEAD2"})}  # the lead has lost the role
NO_LONGER = "no longer counts, because ULEAD may no longer decide it: Only the Tech Lead may"


def with_people(night: Night, people: Mapping[str, frozenset[str]]) -> Night:
    night.actions = RunActions(night.store, night.page, night.run.id, people)
    return night


def asks(night: Night) -> list[tuple[str, str]]:
    return [(data.ask, data.step) for data in night.events if isinstance(data, PeopleAsked)]


@pytest.fixture
def refused(store: Store) -> Night:
    night = with_people(Night(store, small(**SIGNED_DEPLOY)), TEAM)
    night.attempt(DEPLOY)
    night.actions.sign(DEPLOY, 1, DBA, NOON, refused=True, reason="wrong version")
    return night


@pytest.mark.parametrize("choice", [Choice.SKIP, Choice.DONE])
def test_an_answer_lapses_with_its_persons_role_and_is_asked_about_anew(store: Store, choice: Choice) -> None:
    night = with_people(Night(store, small(**WINDOW)), TEAM)
    night.attempt(RIGHT_TIME, "failed")
    night.actions.answer(RIGHT_TIME, 1, LEAD, choice, "it is open", NOON)
    with_people(night, OUT)
    with pytest.raises(NotAllowed, match=NO_LONGER):
        night.actions.agree(RIGHT_TIME, 1, DBA, LATER)
    assert isinstance(night.record.facts[-1], Lapsed)
    assert state_of(night.page, night.record, night.page.step(RIGHT_TIME)) is StepState.NEEDS_PEOPLE
    assert [waiting.ask for waiting in waiting_for(night.page, night.record)] == [Ask.ANSWER]
    assert asks(night)[-2:] == [(Ask.AGREE, RIGHT_TIME), (Ask.ANSWER, RIGHT_TIME)]
    night.actions.answer(RIGHT_TIME, 1, OTHER_LEAD, choice, "it is open", LATER)
    assert asks(night)[-1] == (Ask.AGREE, RIGHT_TIME)
    night.actions.agree(RIGHT_TIME, 1, DBA, LATER)
    assert state_of(night.page, night.record, night.page.step(RIGHT_TIME)) is StepState.SETTLED


def test_an_override_lapses_with_its_persons_role(refused: Night) -> None:
    refused.actions.answer(DEPLOY, 1, LEAD, Choice.OVERRIDE, "it is right", NOON)
    with_people(refused, OUT)
    with pytest.raises(NotAllowed, match=NO_LONGER):
        refused.actions.agree(DEPLOY, 1, OTHER_DBA, LATER)
    assert not any(isinstance(fact, Agreement) for fact in refused.record.facts)
    refused.actions.answer(DEPLOY, 1, OTHER_LEAD, Choice.OVERRIDE, "it is right", LATER)
    refused.actions.agree(DEPLOY, 1, OTHER_DBA, LATER)
    assert state_of(refused.page, refused.record, refused.page.step(DEPLOY)) is StepState.SETTLED


def test_an_early_keep_lapses_with_its_persons_role_and_another_may_decide_it(store: Store) -> None:
    night = with_people(Night(store, small()), TEAM)
    night.watch()
    night.actions.keep(LEAD, "quiet", NOON)
    with_people(night, OUT)
    with pytest.raises(NotAllowed, match=NO_LONGER):
        night.actions.agree(DECISION, 1, DBA, LATER)
    assert (night.record.keep, waiting_for(night.page, night.record)) == (None, ())
    assert "A second person must agree" in night.actions.keep(OTHER_LEAD, "quiet", LATER)
    assert night.record.newest(EarlyKeep) == EarlyKeep(by=OTHER_LEAD, at=LATER, reason="quiet", number=1)
    assert asks(night) == [(Ask.AGREE, DECISION), (Ask.AGREE, DECISION)]
    night.actions.agree(DECISION, 1, DBA, LATER)
    assert night.record.keep
    assert night.record.keep.person == "ULEAD2"


def test_whoever_holds_another_role_now_has_lost_the_one_that_decides(store: Store) -> None:
    night = with_people(Night(store, small()), TEAM)
    night.watch()
    night.actions.keep(LEAD, "quiet", NOON)
    with_people(night, {"dba": TEAM["dba"] | {"ULEAD"}, "lead": frozenset({"ULEAD2"})})
    with pytest.raises(NotAllowed, match=NO_LONGER):
        night.actions.agree(DECISION, 1, DBA, LATER)
    assert night.record.keep is None


def test_where_only_slack_knows_the_group_nothing_lapses_and_nobody_agrees(store: Store) -> None:
    night = with_people(Night(store, small()), TEAM)
    night.watch()
    night.actions.keep(LEAD, "quiet", NOON)
    with_people(night, {"dba": TEAM["dba"], "lead": frozenset({"S01LEADS"})})
    words = "Whether ULEAD still holds the role is known only in Slack, by its user group. Agree there."
    night.changes_nothing(lambda: night.actions.agree(DECISION, 1, DBA, LATER), Refused, words)


def test_the_starter_who_decided_before_four_eyes_was_asked_is_checked_anew(store: Store) -> None:
    night = with_people(Night(store, small(**WINDOW), starter="ULEAD"), PEOPLE)
    night.attempt(RIGHT_TIME, "failed")
    night.actions.answer(RIGHT_TIME, 1, LEAD, Choice.SKIP, "it is open", NOON)
    night.page = small(**WINDOW, **FOUR_EYES)
    with pytest.raises(NotAllowed, match="its runbook page requires another person"):
        with_people(night, PEOPLE).actions.agree(RIGHT_TIME, 1, DBA, LATER)


def test_a_lapsed_decision_of_somebody_who_regains_the_role_does_not_revive(store: Store) -> None:
    night = with_people(Night(store, small()), TEAM)
    night.watch()
    night.actions.keep(LEAD, "quiet", NOON)
    with pytest.raises(NotAllowed):
        with_people(night, OUT).actions.agree(DECISION, 1, DBA, LATER)
    with_people(night, TEAM)
    assert waiting_for(night.page, night.record) == ()
