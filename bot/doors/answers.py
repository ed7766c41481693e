"""Answers a question of a run: a signature, an agreement, a choice, or that an alert is false."""

from __future__ import annotations

from datetime import datetime

from bot.doors.acts_of_run import actions_of, frozen_page
from bot.doors.deps import Deps
from bot.doors.press import Press
from bot.doors.replies import REFUSED_START, signed_text
from bot.doors.start_gate import agree_at_gate
from commands.progress.start_gate import GATE
from commands.progress.step_state import DECISION
from commands.rollback.refused_start import refuse_start
from commands.signoff.actions import RunActions
from commands.signoff.waiting import Waiting, waiting_for
from state.errors import Refused
from state.events import Ask
from state.facts import Agreement, AlertHold, Choice, EarlyKeepAgreement, Fact, Signature, StartAgreement, StepAnswer
from state.records import Run

CHOICES = {"again": Choice.RETRY, "done": Choice.DONE, "skip": Choice.SKIP, "override": Choice.OVERRIDE}
# the buttons and commands that answer each question
_ANSWERED_BY: dict[Ask, tuple[str, ...]] = {
    Ask.SIGN: ("sign", "refuse"),
    Ask.AGREE: ("agree",),
    Ask.START: ("agree", "refuse", "refuse_start"),
    Ask.ANSWER: tuple(CHOICES),
    Ask.COUNTDOWN: ("false_alarm",),
    Ask.DECIDE: (),
}


def open_questions(deps: Deps, run: Run, action: str) -> list[Waiting]:
    """The open questions that a button or command answers."""
    waiting = waiting_for(frozen_page(run), deps.store.record(run.id))
    return [question for question in waiting if action in _ANSWERED_BY[question.ask]]


def answer(deps: Deps, run: Run, pressed: Press, step: str, attempt: int) -> str:
    """Answer a question about a step, or hold an alert; `step` and `attempt` are then its name and countdown number."""
    if _has_answered(deps, run, pressed, step, attempt):
        return "You have already answered this. Your answer stands."
    actions, actor, now = actions_of(deps, run), pressed.actor, deps.now()
    if step == GATE:
        return _at_the_gate(deps, actions, pressed, now)
    match pressed.action:
        case "sign" | "refuse":
            refused = pressed.action == "refuse"
            roles = actions.sign(step, attempt, actor, now, refused=refused, reason=pressed.reason)
            return signed_text(actions, step, roles, refused=refused)
        case "agree":
            actions.agree(step, attempt, actor, now)
            return f"You agreed to KEEP.{actions.what_begins}" if step == DECISION else "You agreed. The run continues."
        case "false_alarm":
            first = actions.false_alarm(step, attempt, actor, pressed.reason, pressed.lasts, now)
            return (
                "Held. The bot does not roll back for this alert in the meantime." if first else "It is already held."
            )
    if pressed.action not in CHOICES:
        raise Refused("This version of the bot does not know this button. Use /deploy status instead.")
    actions.answer(step, attempt, actor, CHOICES[pressed.action], pressed.reason, now)
    return "Your answer is saved."


def _at_the_gate(deps: Deps, actions: RunActions, pressed: Press, now: datetime) -> str:
    """Agree to a start against which something speaks, or refuse it."""
    if pressed.action != "agree":
        refuse_start(actions.store, actions.run, pressed.actor, pressed.reason, now)
        return REFUSED_START
    return agree_at_gate(deps, actions, pressed.actor, now)


def _has_answered(deps: Deps, run: Run, pressed: Press, step: str, attempt: int) -> bool:
    """Whether the person has answered already: they pressed twice, or Slack delivered one press twice.

    Somebody who has signed in one role may still hold another one, and a refused fix is asked about once more.
    """
    if not _own_answer(deps, run, pressed, step, attempt):
        return False
    questions = [
        question
        for question in open_questions(deps, run, pressed.action)
        if (question.step, question.attempt) == (step, attempt)
    ]
    if pressed.action not in {"sign", "refuse"}:
        return not questions
    people = actions_of(deps, run).holders(deps.store.record(run.id))
    return not any(pressed.person in people[role] for question in questions for role in question.roles)


def _own_answer(deps: Deps, run: Run, pressed: Press, step: str, attempt: int) -> Fact | None:
    """The person's own earlier answer to this question."""
    record, person = deps.store.record(run.id), pressed.person
    about: dict[str, object] = {"step": step, "attempt": attempt, "person": person}
    match pressed.action:
        case "sign" | "refuse":
            return record.newest(Signature, **about)
        case "agree" if step == GATE:
            return record.newest(StartAgreement, person=person)
        case "agree" if step == DECISION:
            return record.newest(EarlyKeepAgreement, person=person)
        case "agree":
            return record.newest(Agreement, **about)
        case "false_alarm":
            return record.newest(AlertHold, alert=step, number=attempt, person=person)
        case _:
            return record.newest(StepAnswer, **about)
