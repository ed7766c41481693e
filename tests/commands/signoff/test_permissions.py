"""The table of permissions: what it denies, when it takes two people, and how it is printed."""

from __future__ import annotations

import pytest

from commands.progress.step_state import has_agreement
from commands.runbook.page import PageStep
from commands.signoff.permission_check import Matter, require_door, require_permission
from commands.signoff.permission_text import REFUSED, permission_lines
from commands.signoff.permissions import PERMISSIONS, Act, Permission, Second, Starter, Who, roles_for
from state.errors import NotAllowed
from state.facts import Actor, Choice, Door, StepAnswer
from tests.commands.signoff.night import FOUR_EYES
from tests.commands.signoff.samples import WINDOW
from tests.pages import NOON, record, small

FREE = {Act.HOLD, Act.ROLLBACK, Act.END, Act.REFUSE_START, Act.DROP}
QUEUEING = {Act.START_QUEUED, Act.REORDER}  # the run that begins is its starter's all the same
OBJECTED = f"a second person must agree {Second.BY_OBJECTION}"
HANDING_OVER = {Act.HAND_OVER, Act.DECLINE, Act.WITHDRAW}  # under four eyes the starter takes no role over
PEOPLE = {"dba": frozenset({"UDBA", "S01DBAS", "gonogo"}), "lead": frozenset({"ULEAD"})}


def at(door: Door, person: str) -> Actor:
    """Somebody at a door."""
    return Actor(person=person, door=door)


def test_a_row_that_says_nothing_more_denies_what_it_can() -> None:
    row = Permission(act=Act.SKIP, does="skip it", who=Who.DECIDER)
    assert (row.stops, row.starter, row.member, row.real_person) == (False, Starter.NOT_UNDER_FOUR_EYES, True, True)
    assert Door.BOT not in row.doors


def test_only_stopping_is_free_and_whoever_lets_a_run_continue_is_not_its_starter() -> None:
    assert {act for act, row in PERMISSIONS.items() if row.stops} == {*FREE, Act.REFUSE}
    assert {act for act, row in PERMISSIONS.items() if not row.real_person} == FREE
    may = {act for act, row in PERMISSIONS.items() if row.starter is Starter.MAY}
    own = {Act.REFUSE, Act.START, Act.AGAIN, Act.NOTE, Act.TAKE_PART, Act.BEGIN_DRILL, Act.FREEZE, Act.LOCK, Act.LIFT}
    assert may == {*FREE, *HANDING_OVER, *QUEUEING, *own}
    assert [act for act, row in PERMISSIONS.items() if not row.member] == [Act.END]


@pytest.mark.parametrize("act", Act)
def test_each_act_has_its_doors(act: Act) -> None:
    own = {Act.END: {Door.TERMINAL}, Act.ROLLBACK: set(Door), Act.NOTE: {Door.SLACK}}
    own |= {Act.TAKE_PART: {Door.SLACK}, Act.BEGIN_DRILL: {Door.SLACK}}
    doors = own.get(act, {Door.SLACK, Door.TERMINAL})
    for door in Door:
        if door in doors:
            require_door(act, at(door, "UDBA" if door is not Door.BOT else "gonogo"))
        else:
            with pytest.raises(NotAllowed, match=r"^Nobody may .* from here\.$"):
                require_door(act, at(door, "UDBA"))


@pytest.mark.parametrize("name", ["", " ", "gonogo", "S01DBAS"])
def test_a_name_that_is_no_persons_lets_nothing_continue_and_may_still_stop(name: str) -> None:
    matter = Matter(roles=("dba",))
    for act, row in PERMISSIONS.items():
        actor = at(Door.TERMINAL if Door.TERMINAL in row.doors else Door.SLACK, name)
        if act in FREE:
            require_permission(act, actor, small(), PEOPLE, matter)
        else:
            words = rf"^{name.strip() or 'Nobody'} is no person; only a person may {row.does.split()[0]}"
            with pytest.raises(NotAllowed, match=words):
                require_permission(act, actor, small(), PEOPLE, matter)


@pytest.mark.parametrize("choice", Choice)
def test_the_state_of_a_step_asks_for_a_second_person_where_the_table_does(choice: Choice) -> None:
    page = small(**WINDOW)
    acts = {Choice.RETRY: Act.AGAIN, Choice.DONE: Act.DONE, Choice.SKIP: Act.SKIP, Choice.OVERRIDE: Act.OVERRIDE}
    second = PERMISSIONS[acts[choice]].second
    window, other = page.step("the-right-time"), page.step("health")

    def alone(step: PageStep) -> bool:
        answer = StepAnswer(by=at(Door.SLACK, "ULEAD"), at=NOON, step=step.id, attempt=1, choice=choice)
        return has_agreement(page, record(), step, answer)

    expected = {Second.NO: (True, True), Second.BY_KIND: (False, True), Second.YES: (False, False)}
    assert (alone(window), alone(other)) == expected[second]


def test_the_roles_of_an_act_are_those_of_its_step_or_alert_or_of_the_page() -> None:
    page = small(**{'target = "shop"': 'target = "shop"\nstarters = ["lead"]', 'takes = "10 min"': 'asks = "dba"'})
    deploy, gate = page.step("put-the-code-there").box, page.step("ready").box
    (alert,) = page.alerts
    assert roles_for(Act.START, page) == ("lead",)
    assert roles_for(Act.START, small()) == ("dba", "lead")
    assert roles_for(Act.SIGN, page, box=gate) == ("dba", "lead")
    assert roles_for(Act.SKIP, page, box=deploy) == ("dba",)
    assert roles_for(Act.SKIP, page, box=gate) == ("lead",)
    called = alert.model_copy(update={"pings": ["dba", "lead"]})
    assert roles_for(Act.FALSE_ALARM, page, alert=called) == ("dba", "lead")
    assert roles_for(Act.FALSE_ALARM, page, alert=alert) == ("lead",)
    assert roles_for(Act.AGREE, page) == ("dba", "lead")
    assert roles_for(Act.HOLD, page) == ()


def test_the_plan_prints_the_table_with_the_pages_own_roles() -> None:
    lines = list(permission_lines(small(**WINDOW, **FOUR_EYES)))
    assert lines[0] == "PERMISSIONS"
    assert len(lines) == 1 + len(PERMISSIONS) + 1
    assert lines[-1] == f"  {REFUSED}"
    for line in (
        f"  start:              every role; {OBJECTED}",
        "  refuse:             the roles that sign the step",
        (
            "  done:               the role that the step asks, or else Tech Lead; not the starter; "
            "for a step of kind window a second person must agree"
        ),
        "  agree:              every role; not the starter; not whoever asked for it",
        (
            "  override:           the role that the step asks, or else Tech Lead; not the starter; "
            "not whoever refused; not whoever made the refused fix; a second person must agree"
        ),
        "  lift:               its owner, or Tech Lead",
        "  resume:             Tech Lead; not the starter",
        "  false alarm:        the roles that the alert calls, or Tech Lead; not the starter",
        "  rollback:           every member of the channel",
        "  end:                everybody at the bot's own terminal whom it knows",
    ):
        assert line in lines


def test_the_plan_of_another_page_prints_another_table() -> None:
    box = 'target = "shop"\nstarters = ["lead"]\none_person_per_role = true'
    lines = list(permission_lines(small(**{'target = "shop"': box})))
    assert f"  start:              Tech Lead; {OBJECTED}" in lines
    assert lines[2].endswith("; not whoever ran it again after that role had refused; each person in one role")
    assert "  resume:             Tech Lead" in lines, "the starter may, because the page has no four_eyes"
    assert "  skip:               the role that the step asks, or else Tech Lead" in lines
    assert [line.partition(":")[0].strip() for line in lines if "not the starter" in line] == [
        "override",
        "agree to override",
        "agree to start",
    ]
