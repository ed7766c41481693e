"""What a button or a typed command does to the record, and the reply to its person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime

from bot.doors.acts_of_run import actions_of, frozen_page
from bot.doors.answers import answer, open_questions
from bot.doors.button import OTHER_RECORD, ButtonValue, read_button
from bot.doors.deps import Deps
from bot.doors.drill import refusals_noted
from bot.doors.press import Press
from bot.doors.queue_actions import QUEUE_ACTIONS, queue
from bot.doors.replies import held_text
from bot.text import with_mentions
from commands.progress.drill import has_begun
from commands.progress.handovers import handovers
from commands.progress.step_state import production_changed
from commands.rollback.request import rollback, second_request
from commands.signoff.actions import RunActions
from commands.signoff.first_person import first_people as people_who_wait
from commands.signoff.notes import NoteText, add_note
from commands.start.drill_actions import begin_drill, take_part
from commands.start.request import StartRequest
from commands.start.starter import Started
from state.errors import BadRecord, GonogoError, NothingRuns, NotText, OtherRecord, Refused, UnreadableRun
from state.events import AlertRaised, PeopleAsked
from state.facts import Actor, Door
from state.records import Run

STOPS = frozenset({"rollback", "hold"})  # what stops a run, whatever state its rows are in


def press(deps: Deps, pressed: Press) -> str:
    """Do what a button says; returns the reply for its person. Raises Refused, whose message is the reply."""
    about = read_button(pressed.value)
    with _way_back_named(deps, pressed.action):
        run = pressed_run(deps, about, stops=pressed.action in STOPS)
    with refusals_noted(deps, run, pressed.action, pressed.actor), _way_back_named(deps, pressed.action):
        if pressed.action in _RUN_ACTIONS:
            return _RUN_ACTIONS[pressed.action](deps, run, pressed)
        return _pressed_answer(deps, run, pressed, about)


def _pressed_answer(deps: Deps, run: Run, pressed: Press, about: ButtonValue) -> str:
    """Answer the question to which a button belongs."""
    if about.alert:
        return answer(deps, run, pressed, _alert_name(run, about), about.number)
    asked = next((event.data for event in deps.store.events(run.id, about.event - 1, 1)), None)
    if isinstance(asked, PeopleAsked):
        return answer(deps, run, pressed, asked.step, asked.attempt)
    if isinstance(asked, AlertRaised) and asked.number:
        return answer(deps, run, pressed, asked.name, asked.number)
    raise Refused("This button belongs to nothing in the bot's record. Use /deploy status instead.")


def typed(deps: Deps, action: str, person: str, reason: str, press_id: str = "") -> str:
    """Do the same for a typed command, on the one open question that it can mean. Raises Refused if that is not one.

    `press_id` is the command's own id.
    """
    with _way_back_named(deps, action):
        run = the_run(deps, stops=action in STOPS)
    pressed = Press(action=action, value="", person=person, reason=reason, id=press_id)
    with refusals_noted(deps, run, action, pressed.actor), _way_back_named(deps, action):
        return _typed(deps, run, pressed, action)


def _typed(deps: Deps, run: Run, pressed: Press, action: str) -> str:
    if action in _RUN_ACTIONS:
        return _RUN_ACTIONS[action](deps, run, pressed)
    questions = open_questions(deps, run, action)
    if not questions:
        raise Refused(f"Nothing is waiting for “{_command(action)}” now. Use /deploy status to see what is.")
    if len(questions) > 1:
        titles = ", ".join(f"“{question.title}”" for question in questions)
        raise Refused(f"“{_command(action)}” could mean {titles}. Use the buttons in the thread.")
    return answer(deps, run, pressed, questions[0].step, questions[0].attempt)


def start(deps: Deps, person: str, request: StartRequest) -> Started:
    """Start a run, or queue one that is for a later time. Raises Refused."""
    actor = Actor(person=person, door=Door.SLACK)
    if request.at:
        return Started(run=queue(deps, request, actor), warnings=())
    return deps.starter.start(request, actor)


def hand_over(deps: Deps, run: Run, person: str, to: str, role: str, reason: str, press: str) -> str:
    """Offer a person's place in a role to another one; returns the reply. Raises Refused."""
    actor = Actor(person=person, door=Door.SLACK)
    return with_mentions(actions_of(deps, run).offer(role, to, actor, reason, deps.now(), press))


def note(deps: Deps, run: Run, person: str, text: NoteText) -> str:
    """Add a note to a run's report; returns the reply for its person. Raises Refused."""
    masked = replace(text, text=deps.mask(frozen_page(run), text.text))
    first = add_note(deps.store, run, Actor(person=person, door=Door.SLACK), masked, deps.now())
    return "Noted." if first else "It is noted already."


def first_people(deps: Deps, run: Run) -> frozenset[str]:
    """Whoever made a decision in a run that waits for a second person now."""
    return people_who_wait(frozen_page(run), deps.store.record(run.id))


def the_run(deps: Deps, *, stops: bool = False) -> Run:
    """The only active run. Raises NothingRuns if there is none, Refused if there are several.

    Whoever `stops` it gets it also if its row cannot be read in full.
    """
    active = deps.store.active_runs()
    if not active:
        unreadable = deps.store.unreadable_runs()
        if stops and len(unreadable) == 1:
            return deps.store.run_to_stop(*unreadable)
        if unreadable:
            raise Refused(" ".join(str(UnreadableRun(number)) for number in unreadable))
        raise NothingRuns("No run is active. Start one with `/deploy start`.")
    # a drill must not be stopped in place of the real run beside it that cannot be read
    also = deps.store.unreadable_runs(active) if stops and active[0].drill else {}
    several = {**{run.id: run.target for run in active}, **also}
    if len(several) > 1:
        which = ", ".join(f"{target} (run {number})" for number, target in several.items())
        raise Refused(f"Several runs are active: {which}. Use the buttons on the card of the run you mean.")
    return active[0]


@contextmanager
def _way_back_named(deps: Deps, action: str) -> Iterator[None]:
    """Inside the block the record is used. Where it cannot be, whoever rolls back is told how to do it all the same."""
    try:
        yield
    except BadRecord as error:
        if action != "rollback" or not deps.way_back or isinstance(error, UnreadableRun | NotText):
            raise
        raise BadRecord(f"{error} {deps.way_back}") from None


def pressed_run(deps: Deps, about: ButtonValue, *, stops: bool) -> Run:
    """The run of a button. Raises OtherRecord for another record's run, NothingRuns if there is none."""
    try:
        run = deps.store.run_to_stop(about.run) if stops else deps.store.run(about.run)
    except KeyError:
        if about.key:
            raise OtherRecord(OTHER_RECORD) from None
        raise NothingRuns(f"Run {about.run} is not in this bot's record.") from None
    about.require_of(run)
    return run


def _command(action: str) -> str:
    """The word that is typed for an action."""
    return action.replace("_", "-")


def _alert_name(run: Run, about: ButtonValue) -> str:
    alerts = frozen_page(run).alerts
    if about.alert > len(alerts):
        raise Refused(f"The page of run {run.id} has no alert {about.alert}. Use /deploy status instead.")
    return alerts[about.alert - 1].name


def unread(deps: Deps, run: Run, written: str) -> str:
    """What to say if somebody has stopped a run of which the bot cannot read a row; "" if it can read all."""
    try:
        deps.store.record(run.id)
    except UnreadableRun as error:
        return f"{written}, but it waits. {error}"
    return ""


def _roll_back(deps: Deps, run: Run, pressed: Press) -> str:
    try:
        first = rollback(deps.store, run, pressed.actor, pressed.reason, deps.now())
    except NothingRuns as error:
        raise NothingRuns(f"{error} Start a new run with `/deploy start`.") from None
    if first:
        return unread(deps, run, "The rollback is written") or _rolled_back(deps, run)
    return f"{run.target} {second_request(deps.store, run)}"


def _rolled_back(deps: Deps, run: Run) -> str:
    if run.drill and not has_begun(deps.store.record(run.id)):
        return "You ended this drill before it began."
    with suppress(GonogoError):  # the request is written, whatever else cannot be read
        if not production_changed(frozen_page(run), deps.store.record(run.id)):
            return f"Nothing was changed on {run.target} yet, so nothing is rolled back. The run ends."
    return f"Rolling back {run.target}."


def _hold(deps: Deps, run: Run, pressed: Press) -> str:
    # nobody is asked who holds which role: whoever stops waits for nothing
    page = frozen_page(run)
    actions = RunActions(deps.store, page, run.id, {})
    first = actions.hold(pressed.actor, pressed.reason, deps.now(), pressed.press_id)
    return (unread(deps, run, "The hold is written") if first else "") or held_text(actions, first=first)


def _resume(deps: Deps, run: Run, pressed: Press) -> str:
    first = actions_of(deps, run).resume(pressed.actor, pressed.reason, deps.now(), pressed.press_id)
    return "Resumed." if first else "The run is not on hold."


def _keep(deps: Deps, run: Run, pressed: Press) -> str:
    return actions_of(deps, run).keep(pressed.actor, pressed.reason, deps.now())


def _take_part(deps: Deps, run: Run, pressed: Press) -> str:
    page = frozen_page(run)
    first = take_part(deps.store, page, run.id, deps.people(page), pressed.actor, deps.now())
    return "You take part. You are called when the drill needs you." if first else "You take part already."


def _begin_drill(deps: Deps, run: Run, pressed: Press) -> str:
    page = frozen_page(run)
    first = begin_drill(deps.store, page, run.id, deps.people(page), pressed.actor, deps.now())
    return "The drill begins." if first else "The drill has begun already."


def _offer(deps: Deps, run: Run, pressed: Press) -> tuple[int, Actor, datetime]:
    """Which offer of a role is answered, by whom, and when. A typed command means the person's newest open one."""
    now = deps.now()
    if pressed.value:
        return read_button(pressed.value).number, pressed.actor, now
    mine = "person" if pressed.action == "withdraw" else "to"
    offers = [one.offer for one in handovers(deps.store.record(run.id)) if one.is_open(now)]
    numbers = [offer.number for offer in offers if getattr(offer, mine) == pressed.person]
    if not numbers:
        raise Refused("No role is offered to you in this run now." if mine == "to" else "You offer no role now.")
    return numbers[-1], pressed.actor, now


_RUN_ACTIONS: dict[str, Callable[[Deps, Run, Press], str]] = {
    "take_part": _take_part,
    "begin_drill": _begin_drill,
    "rollback": _roll_back,
    "hold": _hold,
    "resume": _resume,
    "keep": _keep,
    "keep_early": _keep,
    **QUEUE_ACTIONS,
    "take_over": lambda deps, run, pressed: with_mentions(actions_of(deps, run).take_over(*_offer(deps, run, pressed))),
    "decline": lambda deps, run, pressed: with_mentions(actions_of(deps, run).decline(*_offer(deps, run, pressed))),
    "withdraw": lambda deps, run, pressed: with_mentions(actions_of(deps, run).withdraw(*_offer(deps, run, pressed))),
}
