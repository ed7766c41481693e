"""Who is the second person of a queued start, and of one by KEEP: nobody decides it alone."""

from __future__ import annotations

import pytest

from commands.progress.start_gate import waits_at_gate
from commands.queue.acts import start_now
from commands.signoff.actions import RunActions
from commands.start.objections import Considered
from commands.start.request import StartRequest
from state.errors import NotAllowed
from state.facts import Actor, Door, StartObjection
from state.records import Run
from tests.bot.slack.run_writer import FREEZE
from tests.commands.queue.queue_case import MALEE, NOK, SOMCHAI, QueueCase

FIRST = "You are the first, so it cannot be you"


def frozen(case: QueueCase) -> None:
    """From now on something speaks against each start."""
    case.objectors = (lambda _: Considered(objections=(FREEZE,)),)


def reason_of(case: QueueCase, run: Run) -> tuple[str, str]:
    """Who said why the run starts all the same, and what."""
    (one,) = [fact for fact in case.store.record(run.id).facts if isinstance(fact, StartObjection)]
    return one.person, one.reason


def agree(case: QueueCase, run: Run, actor: Actor) -> None:
    RunActions(case.store, case.page, run.id, case.people).agree_to_start(actor, case.now)


def test_who_lets_a_queued_start_begin_with_a_reason_of_their_own_is_its_first_person(case: QueueCase) -> None:
    queued = case.queue(NOK)
    case.turn()
    frozen(case)
    run = start_now(case.starter, queued, SOMCHAI, "the customer waits").run
    assert reason_of(case, run) == (SOMCHAI.person, "the customer waits")
    with pytest.raises(NotAllowed, match=FIRST):
        agree(case, run, SOMCHAI)
    with pytest.raises(NotAllowed, match="You started this run"):
        agree(case, run, NOK)
    agree(case, run, MALEE)
    assert not waits_at_gate(case.store.record(run.id))


def test_who_lets_it_begin_for_the_reason_of_whoever_queued_it_may_agree_as_the_second(case: QueueCase) -> None:
    queued = case.queue(NOK, because="the fix cannot wait")
    case.turn()
    frozen(case)
    run = start_now(case.starter, queued, SOMCHAI).run
    assert reason_of(case, run) == (NOK.person, "the fix cannot wait")
    agree(case, run, SOMCHAI)


def test_a_decider_who_gave_the_reason_and_has_lost_the_role_since_finds_no_second_person(case: QueueCase) -> None:
    queued = case.queue(NOK)
    case.turn()
    frozen(case)
    run = start_now(case.starter, queued, MALEE, "the customer waits").run
    case.people["lead"] = frozenset({"UNEW"})
    with pytest.raises(NotAllowed, match="UMAL started this and may no longer do so"):
        agree(case, run, SOMCHAI)


@pytest.mark.parametrize("account", ["", "malee@box"])
def test_whoever_decided_keep_does_not_agree_to_what_keep_starts(case: QueueCase, account: str) -> None:
    before = case.start()
    keeper = Actor(person=MALEE.person, door=Door.TERMINAL, account=account) if account else MALEE
    case.end(before)
    frozen(case)
    run = case.starter.start(StartRequest(follows=before.id, because_by=keeper), NOK, by_keep=True).run
    assert reason_of(case, run) == (MALEE.person, f"run {before.id} was kept, and its page starts this one")
    with pytest.raises(NotAllowed, match=FIRST):
        agree(case, run, MALEE)
    if account:
        with pytest.raises(NotAllowed, match=FIRST):
            agree(case, run, Actor(person=SOMCHAI.person, door=Door.TERMINAL, account="malee@box"))
    agree(case, run, SOMCHAI)
