"""A run at the moment of each act, and the people who try it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.doors.in_force import to_put_in_force
from bot.doors.served_names import VARIABLE
from bot.doors.system_user import SystemUser
from bot.doors.terminal import Terminal
from bot.settings import Settings
from commands.queue.acts import queue_start
from commands.queue.keeper import QueueKeeper
from commands.start.request import StartRequest
from commands.start.set_freeze import set_freeze
from commands.steps.outcome import failed
from state.events import PeopleAsked, PeopleInvited, PressRefused
from state.facts import Actor, Choice, Door, TakesPart
from state.freezes import FreezeSort
from state.records import Drill, Event, Run
from state.sqlite.store import Store
from tests.bot.slack.run_writer import DEPLOY, FREEZE, READY, RunWriter, deps_of
from tests.commands.signoff.samples import SIGNED_DEPLOY, WINDOW
from tests.pages import NOON, small

RIGHT_TIME = "the-right-time"
HANDED_OVER = {'action = "GO/NO-GO decision"': 'action = "GO/NO-GO decision"\nhandover = true'}
PAGE = small(**WINDOW, **SIGNED_DEPLOY, **{'target = "shop"': 'target = "shop"\nfour_eyes = true'}, **HANDED_OVER)
ALERT = "API response > 5 s"
# who tries each act; the environment also names what is no person
PERSONS = {
    "starter": "USTART",
    "dba": "UDBA",
    "lead": "ULEAD",
    "first": "UFIRST",
    "refuser": "UREFUSER",
    "guest": "UGUEST",
    "former": "UFORMER",
    "group": "S01LEADS",
    "bot": "gonogo",
}
PEOPLE = {
    "dba": frozenset({"USTART", "UDBA", "UREFUSER"}),
    "lead": frozenset({"USTART", "ULEAD", "UFIRST", "UREFUSER", "S01LEADS", "gonogo"}),
}
# the system users of those who are persons, and the roles, as the serving bot has them in its environment
TERMINAL_USERS = [name for name in PERSONS.values() if name.startswith("U")]
ENVIRON = {
    VARIABLE: ",".join(f"{name.lower()}={name}" for name in TERMINAL_USERS),
    "SHOP_DBA": ",".join(PEOPLE["dba"]),
    "SHOP_LEAD": ",".join(PEOPLE["lead"]),
    "GONOGO_CHANNEL": "C0SHOP",
}
BEFORE = {**PEOPLE, "lead": PEOPLE["lead"] | {"UFORMER"}}  # until somebody was taken out of the role


def person(kind: str) -> Actor:
    """Somebody in Slack."""
    return Actor(person=PERSONS[kind], door=Door.SLACK)


class Case:
    """A record at the moment of an act."""

    def __init__(self, file: Path, people: dict[str, frozenset[str]] = PEOPLE) -> None:
        self.file = file
        self.store = Store(file)
        self.deps = deps_of(self.store, PAGE, people=lambda _: people)
        self.writer = RunWriter(self.store, self.deps, PAGE, starter=PERSONS["starter"])

    def terminal(self, kind: str) -> Terminal:
        """The terminal of a person."""
        settings = Settings(runbook=self.file.parent, state=self.file, environ=ENVIRON)
        with closing(Store(self.file, serving=True)) as served:
            served.put_in_force(to_put_in_force(settings, [PAGE]))
        name = PERSONS[kind]
        claim = "" if name in TERMINAL_USERS else name
        user = SystemUser(name=name.lower(), host="web1")
        return Terminal(settings, 0, claim, user, lambda store: deps_of(store, PAGE))

    def left(self) -> tuple[object, ...]:
        """Everything that an act could change."""
        runs = [*self.store.runs(), *self.store.of_queue()]
        kept = [(self.store.record(run.id).facts, self._events(run.id)) for run in runs]
        return runs, kept, self.store.freezes(NOON)

    def _events(self, run: int) -> list[Event]:
        """The events of a run, without the notes of a drill on what was refused."""
        return [event for event in self.store.events(run) if not isinstance(event.data, PressRefused)]

    def question(self) -> str:
        """The value of the buttons of the newest question."""
        asked = [event for event in self.store.events(1) if isinstance(event.data, PeopleAsked | PeopleInvited)]
        return f"1:{asked[-1].id}"


# -- the moments ----------------------------------------------------------------------------------------------------


def waits_for_the_lead(case: Case) -> None:
    """A gate that the DBA has signed."""
    run = case.writer.run_at_gate()
    case.writer.actions(run).sign(READY, 1, person("dba"), case.deps.now())


def failed_deploy(case: Case) -> None:
    """A failed step."""
    case.writer.run_step(case.writer.start_run(), DEPLOY, failed("npm ended with 1."))


def closed_window(case: Case, choice: Choice = Choice.SKIP) -> None:
    """A step that takes two people, answered by the first."""
    run = case.writer.start_run()
    case.writer.run_step(run, RIGHT_TIME, failed("It is Monday."))
    case.writer.actions(run).answer(RIGHT_TIME, 1, person("first"), choice, "the boss is here", case.deps.now())


def refused_deploy(case: Case) -> Run:
    """A change of production whose signature was refused."""
    run = case.writer.start_run()
    case.writer.run_step(run, DEPLOY)
    actions = case.writer.actions(run)
    actions.sign(DEPLOY, 1, person("refuser"), case.deps.now(), refused=True, reason="wrong version")
    return run


def overruled(case: Case) -> None:
    """The same, and somebody wants to overrule the refusal."""
    run = refused_deploy(case)
    case.writer.actions(run).answer(DEPLOY, 1, person("first"), Choice.OVERRIDE, "it is right", case.deps.now())


def at_the_start(case: Case) -> None:
    """A run that was started in a freeze."""
    case.writer.start_run(FREEZE)


def held(case: Case) -> None:
    """A run on hold."""
    case.writer.actions(case.writer.start_run()).hold(person("guest"), "", case.deps.now())


def counting_down(case: Case) -> None:
    """A run with a countdown."""
    case.writer.run_with_countdown()


def watched(case: Case) -> None:
    """A run in its watch."""
    case.writer.begin_watch(case.writer.start_run())


def decision(case: Case) -> None:
    """A run that waits for KEEP or ROLLBACK."""
    run = case.writer.start_run()
    case.writer.begin_watch(run)
    case.writer.ask_decision(run)


def locked(case: Case) -> None:
    """A target that somebody has locked who holds no role that decides."""
    set_freeze(case.store, [(PAGE, PEOPLE)], person("dba"), FreezeSort.LOCK, "I measure")


def nothing_runs(_: Case) -> None:
    """No run yet."""


def a_run(case: Case) -> None:
    """A run that has just begun."""
    case.writer.start_run()


def asks_who_takes_part(case: Case) -> None:
    """A drill that asks who takes part."""
    case.writer.start_run(drill=Drill.PLACES)


def complete_drill(case: Case) -> None:
    """A drill in which every role has somebody who takes part."""
    run = case.writer.start_run(drill=Drill.PLACES)
    for kind in ("dba", "lead", "first"):
        case.store.add_fact(run.id, TakesPart(by=person(kind), at=case.deps.now()))


def lead_offered(case: Case) -> None:
    """A run in which somebody's place as a lead is offered to another person."""
    actions = case.writer.actions(case.writer.start_run())
    actions.offer("lead", PERSONS["guest"], person("first"), "my shift ends", case.deps.now())


def queued(case: Case) -> None:
    """Two starts that are queued."""
    for _ in range(2):
        queue_start(case.deps.starter, StartRequest(), person("starter"))


def asked_to_start(case: Case) -> None:
    """A queued start about which people are asked."""
    queued(case)
    QueueKeeper(case.store, case.deps.starter).turn()


MOMENTS: dict[str, Callable[[Case], Any]] = {
    "start": nothing_runs,
    "sign": waits_for_the_lead,
    "refuse": waits_for_the_lead,
    "again": failed_deploy,
    "done": failed_deploy,
    "skip": failed_deploy,
    "agree": closed_window,
    "override": refused_deploy,
    "agree to override": overruled,
    "agree to start": at_the_start,
    "refuse start": at_the_start,
    "freeze": nothing_runs,
    "lock": nothing_runs,
    "lift": locked,
    "resume": held,
    "false alarm": counting_down,
    "keep": decision,
    "early keep": watched,
    "hold": a_run,
    "rollback": a_run,
    "end": a_run,
    "note": a_run,
    "take part": asks_who_takes_part,
    "begin drill": complete_drill,
    "hand over": a_run,
    "take over": lead_offered,
    "decline": lead_offered,
    "withdraw": lead_offered,
    "start queued": asked_to_start,
    "reorder": queued,
    "drop": queued,
}
