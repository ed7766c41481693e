"""In a drill, somebody who holds a role and does not take part is told so, and what to press."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from commands.runbook import Page
from commands.runbook.drill import drill_page
from commands.signoff.actions import RunActions
from commands.start.drill_actions import begin_drill, take_part
from commands.start.request import StartRequest
from commands.start.starter import start
from state.errors import NotAllowed
from state.facts import Actor, Choice, Door
from state.records import AttemptState, Drill, Run
from state.sqlite.store import Store
from tests.commands.signoff.night import DBA, GUEST
from tests.commands.signoff.samples import DEPLOY
from tests.pages import NOON, small
from tests.stored import stored_attempt

ZONE = 'time_zone = "Asia/Bangkok"'
PAGE = drill_page(
    small(
        **{
            ZONE: f'{ZONE}\n\n[drill]\n"SHOP_*" = "$DRILL_*"',
            'title = "Tech Lead"': 'title = "Tech Lead"\nhandover = true',
        }
    )
)
PLAYS, WATCHES = (Actor(person=name, door=Door.SLACK) for name in ("ULEAD", "UOTHER"))
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD", "UOTHER"})}
BEGUN = (
    r"^You do not take part in this drill, so you do not act as Tech Lead in it\. It has begun: press “I take part” "
    r"when the next one starts\. You can still hold this one or roll it back\.$"
)


def drill(store: Store, *, begun: bool = True) -> tuple[Run, RunActions]:
    """A drill in which DBA and PLAYS take part."""
    run = start(store, PAGE, StartRequest(drill=Drill.PLACES), DBA, PEOPLE, NOON)
    for person in (DBA, PLAYS):
        take_part(store, PAGE, run.id, PEOPLE, person, NOON)
    if begun:
        begin_drill(store, PAGE, run.id, PEOPLE, DBA, NOON)
    return run, RunActions(store, PAGE, run.id, PEOPLE)


Act = Callable[[RunActions, Actor], object]
SIGN: Act = lambda actions, actor: actions.sign("ready", 1, actor, NOON)  # noqa: E731
ANSWER: Act = lambda actions, actor: actions.answer(DEPLOY, 1, actor, Choice.SKIP, "why", NOON)  # noqa: E731
RESUME: Act = lambda actions, actor: actions.resume(actor, "", NOON)  # noqa: E731
OFFER: Act = lambda actions, actor: actions.offer("", "UNEW", actor, "", NOON)  # noqa: E731


@pytest.mark.parametrize("act", [SIGN, ANSWER, RESUME, OFFER])
def test_who_holds_a_role_and_takes_no_part_is_told_so_by_every_act(store: Store, act: Act) -> None:
    run, actions = drill(store)
    if act is SIGN:
        stored_attempt(store, run, "ready", "done")
    if act is ANSWER:
        stored_attempt(store, run, DEPLOY, AttemptState.FAILED)
    if act is RESUME:
        actions.hold(WATCHES, "", NOON)
    before = store.record(run.id).facts
    with pytest.raises(NotAllowed, match=BEGUN):
        act(actions, WATCHES)
    assert store.record(run.id).facts == before


def test_before_the_drill_begins_they_are_told_what_to_press_now(store: Store) -> None:
    _, actions = drill(store, begun=False)
    actions.hold(WATCHES, "lunch", NOON)
    with pytest.raises(NotAllowed, match=r"yet, .* Press “I take part” in its thread first\.$"):
        actions.resume(WATCHES, "", NOON)


def test_who_holds_no_such_role_is_refused_as_everywhere_and_who_takes_part_may(store: Store) -> None:
    run, actions = drill(store)
    stored_attempt(store, run, "ready", "done")
    with pytest.raises(NotAllowed, match=r"^Only the Database Admin or Tech Lead may sign"):
        SIGN(actions, GUEST)
    assert SIGN(actions, PLAYS) == ("lead",)


def test_who_took_the_role_over_in_the_drill_may_act_in_it(store: Store) -> None:
    run, actions = drill(store)
    stored_attempt(store, run, "ready", "done")
    actions.offer("lead", "UNEW", PLAYS, "", NOON)
    actions.take_over(1, Actor(person="UNEW", door=Door.SLACK), NOON)
    assert SIGN(actions, Actor(person="UNEW", door=Door.SLACK)) == ("lead",)


def test_outside_drills_nobody_is_told_of_them(store: Store) -> None:
    page: Page = small()
    run = start(store, page, StartRequest(), DBA, PEOPLE, NOON)
    stored_attempt(store, run, "ready", "done")
    assert SIGN(RunActions(store, page, run.id, PEOPLE), WATCHES) == ("lead",)
