"""What a click or a typed word does: one act on the record, and the sentence its person sees. Knows nothing of any chat's wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.doors.deps import Deps
from commands.progress.step_state import DECISION
from commands.rollback.request import rollback
from commands.run.engine import page_of
from commands.runbook import Page
from commands.signoff.actions import RunActions
from commands.signoff.waiting import waiting_for
from commands.start.request import StartRequest
from state.errors import NothingRuns, Refused
from state.events import AlertRaised, Ask, PeopleAsked
from state.facts import Actor, Agreement, AlertHold, Choice, Door, EarlyKeepAgreement, Fact, Signature, StepAnswer
from state.records import Run

frozen_page: Callable[[Run], Page] = lru_cache(maxsize=16)(page_of)
CHOICES = {"again": Choice.RETRY, "done": Choice.DONE, "skip": Choice.SKIP}


@dataclass(frozen=True, kw_only=True)
class Press:
    """One press of a button: `action` is the button's name, `value` its own ("RUN:EVENT", event 0 on the card).

    `reason` and `lasts` ("30 min") are what its form asked for.
    """

    action: str
    value: str
    person: str
    reason: str = ""
    lasts: str = ""

    @property
    def actor(self) -> Actor:
        """Who pressed, and where."""
        return Actor(person=self.person, door=Door.SLACK)


def press(deps: Deps, pressed: Press) -> str:
    """Carry a press out; returns the sentence for its person. Raises Refused, whose message is that sentence."""
    number, _, event = pressed.value.partition(":")
    if not (number.isdecimal() and event.isdecimal()):
        raise Refused("This button belongs to another version of the bot; use /deploy status.")
    run = _run(deps, int(number))
    if pressed.action in _ON_THE_RUN:
        return _ON_THE_RUN[pressed.action](deps, run, pressed)
    asked = next((one.data for one in deps.store.events(run.id, int(event) - 1, 1)), None)
    if isinstance(asked, PeopleAsked):
        return _answer(deps, run, pressed, asked.step, asked.attempt)
    if isinstance(asked, AlertRaised) and asked.number:
        return _answer(deps, run, pressed, asked.name, asked.number)
    raise Refused("This button asks about nothing in the record; use /deploy status.")


def typed(deps: Deps, action: str, person: str, reason: str) -> str:
    """The same act without its button, on the one thing that is asked now. Raises Refused where that is not one thing."""
    run = the_run(deps)
    pressed = Press(action=action, value="", person=person, reason=reason)
    if action in _ON_THE_RUN:
        return _ON_THE_RUN[action](deps, run, pressed)
    record = deps.store.record(run.id)
    asked = [one for one in waiting_for(frozen_page(run), record) if action in _BUTTONS.get(one.ask, ())]
    if len(asked) != 1:
        what = ", ".join(f"“{one.title}”" for one in asked) or "nothing"
        raise Refused(f"“{action}” could mean {what} now; use the buttons in the thread.")
    return _answer(deps, run, pressed, asked[0].step, asked[0].attempt)


def start(deps: Deps, person: str, request: StartRequest) -> Run:
    """Start a run. Raises Refused."""
    return deps.starter.start(replace(request, speed=deps.speed), Actor(person=person, door=Door.SLACK)).run


def the_run(deps: Deps) -> Run:
    """The one active run. Raises NothingRuns, and Refused where there are several."""
    active = deps.store.active_runs()
    if not active:
        raise NothingRuns("Nothing runs now. A deployment starts with /deploy start.")
    if len(active) > 1:
        which = ", ".join(f"{run.target} (run {run.id})" for run in active)
        raise Refused(f"Several runs are active: {which}. Use the buttons on the card of the one you mean.")
    return active[0]


def _run(deps: Deps, number: int) -> Run:
    try:
        return deps.store.run(number)
    except KeyError:
        raise NothingRuns(f"Run {number} is not in this bot's record.") from None


def _actions(deps: Deps, run: Run) -> RunActions:
    page = frozen_page(run)
    return RunActions(deps.store, page, run.id, deps.people(page))


def _roll_back(deps: Deps, run: Run, pressed: Press) -> str:
    try:
        first = rollback(deps.store, run, pressed.actor, pressed.reason, deps.now())
    except NothingRuns as error:
        raise NothingRuns(f"{error} A new run starts with /deploy start.") from None
    return f"Rolling back {run.target}." if first else f"{run.target} is being rolled back already; it happens once."


def _hold(deps: Deps, run: Run, pressed: Press) -> str:
    first = _actions(deps, run).hold(pressed.actor, pressed.reason, deps.now())
    return "On hold: no new step begins." if first else "It is on hold already."


def _resume(deps: Deps, run: Run, pressed: Press) -> str:
    first = _actions(deps, run).resume(pressed.actor, pressed.reason, deps.now())
    return "It goes on." if first else "It is not on hold."


def _keep(deps: Deps, run: Run, pressed: Press) -> str:
    return _actions(deps, run).keep(pressed.actor, pressed.reason, deps.now())


def _answer(deps: Deps, run: Run, pressed: Press, step: str, attempt: int) -> str:
    actions, actor, now = _actions(deps, run), pressed.actor, deps.now()
    if said := _said_already(deps, run, pressed, step, attempt):
        return said
    match pressed.action:
        case "sign" | "refuse":
            refused = pressed.action == "refuse"
            roles = actions.sign(step, attempt, actor, now, refused=refused, reason=pressed.reason)
            titles = ", ".join(actions.page.roles[role].title for role in roles)
            return f"{'Refused' if refused else 'Signed'} as {titles}."
        case "agree":
            actions.agree(step, attempt, actor, now)
            return "You agreed; the run goes on."
        case "false_alarm":
            first = actions.false_alarm(step, attempt, actor, pressed.reason, pressed.lasts, now)
            return "Held; nothing is rolled back for it meanwhile." if first else "It is held already."
    if pressed.action not in CHOICES:
        raise Refused("The bot does not know this button; use /deploy status.")
    actions.answer(step, attempt, actor, CHOICES[pressed.action], pressed.reason, now)
    return "Noted."


def _said_already(deps: Deps, run: Run, pressed: Press, step: str, attempt: int) -> str:
    """The friendly word for somebody who presses a second time, or whose press Slack delivered twice."""
    record, person = deps.store.record(run.id), pressed.person
    about: dict[str, object] = {"step": step, "attempt": attempt, "person": person}
    mine: Fact | None
    match pressed.action:
        case "sign" | "refuse":
            mine = record.newest(Signature, **about)
        case "agree" if step == DECISION:
            mine = record.newest(EarlyKeepAgreement, person=person)
        case "agree":
            mine = record.newest(Agreement, **about)
        case "false_alarm":
            mine = record.newest(AlertHold, alert=step, number=attempt, person=person)
        case _:
            mine = record.newest(StepAnswer, **about)
    if not mine:
        return ""
    open_ = [
        one for one in waiting_for(frozen_page(run), record) if one.step == step and pressed.action in _BUTTONS[one.ask]
    ]
    roles = {role for one in open_ for role in one.roles if person in deps.people(frozen_page(run))[role]}
    signs = pressed.action in {"sign", "refuse"}
    return "" if roles and signs else "You have answered this already; your word stands."


# the buttons of each question, which can be typed as well
_BUTTONS: dict[Ask, tuple[str, ...]] = {
    Ask.SIGN: ("sign", "refuse"),
    Ask.AGREE: ("agree",),
    Ask.ANSWER: tuple(CHOICES),
    Ask.COUNTDOWN: ("false_alarm",),
    Ask.DECIDE: (),
}
_ON_THE_RUN: dict[str, Callable[[Deps, Run, Press], str]] = {
    "rollback": _roll_back,
    "hold": _hold,
    "resume": _resume,
    "keep": _keep,
    "keep_early": _keep,
}
