"""What each button of a question does, and since when people are asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.slack.views.answer_buttons import agreement_effect, what_follows, words_of_skip
from bot.slack.views.blocks import Block, context
from bot.slack.views.keep import effect
from bot.slack.views.snapshot import Snapshot
from bot.text import line, time_of
from commands.progress.step_state import StepState, needs_two, state_once_refused
from commands.runbook.page import PageStep
from commands.signoff.waiting import Waiting
from state.events import Ask
from state.facts import Choice
from state.records import RunState

_SECOND = " A second person must agree."
_PEOPLE = StepState.NEEDS_PEOPLE
# what follows from a refused sign-off
_REFUSED = {
    StepState.NO_GO: "the run ends before the deploy, and the channel reads why.",
    StepState.ROLL_BACK: "the run rolls back, and the channel reads why.",
    _PEOPLE: "the run stops here, and the channel reads why. Then people decide.",
}


def button_effects(snapshot: Snapshot, waiting: Waiting | None, asked_at: datetime) -> Block | None:
    """The small lines above the buttons of an open question; None once it is settled."""
    if waiting is None:
        return None
    lines = [f"Asked at {time_of(asked_at, snapshot.page.runbook.time_zone)}. What each button does:"]
    return context("\n".join([*lines, *(f"• *{label}*: {text}" for label, text in _effects(snapshot, waiting))]))


def _effects(snapshot: Snapshot, waiting: Waiting) -> Iterator[tuple[str, str]]:
    match waiting.ask:
        case Ask.SIGN:
            yield from _of_sign_off(snapshot, waiting)
            return  # the rollback button stands on the card
        case Ask.START:
            yield "I agree", "the run begins as its page says."
            yield "Refuse…", "the run ends, and the channel reads why. Nothing was changed."
            return  # refusing rolls back before there is anything to roll back
        case Ask.AGREE:
            yield "I agree", line(agreement_effect(snapshot, waiting), 600)
        case Ask.DECIDE:
            yield "KEEP", line(effect(snapshot), 600)
        case _:
            yield from _of_answers(snapshot, waiting)
    if snapshot.can_roll_back:
        yield "Roll back", line(snapshot.rollback_effect, 600)


def _of_sign_off(snapshot: Snapshot, waiting: Waiting) -> Iterator[tuple[str, str]]:
    if not waiting.blocks:
        yield "Sign", "you have checked it. The run goes on meanwhile."
        yield "Refuse…", "you say what is wrong, and the channel reads it. The run goes on meanwhile."
        return
    yield "Sign", "the run continues" + (" when all have signed." if len(waiting.roles) > 1 else ".")
    step = _step_of(snapshot, waiting)
    yield "Refuse…", _REFUSED[state_once_refused(snapshot.page, snapshot.record, step) if step else _PEOPLE]


def _step_of(snapshot: Snapshot, waiting: Waiting) -> PageStep | None:
    return next((step for step in snapshot.page.steps if step.id == waiting.step), None)


def _of_answers(snapshot: Snapshot, waiting: Waiting) -> Iterator[tuple[str, str]]:
    step = _step_of(snapshot, waiting)
    second = _SECOND if step and needs_two(snapshot.page, snapshot.record, step) else ""
    continues = "the rollback continues" if snapshot.record.run.state == RunState.ROLLING_BACK else "the run continues"
    follows = what_follows(snapshot, waiting) or f"{continues} without it."
    follows += "" if follows.endswith(_SECOND) else second
    texts = {
        Choice.RETRY: ("Run again", "it runs again from its start."),
        Choice.DONE: ("I fixed it by hand…", f"it counts as done, and {continues}.{second}"),
        Choice.SKIP: (f"{words_of_skip(waiting.step)}…", line(follows, 600)),
        Choice.OVERRIDE: ("Overrule the refusal…", f"{continues} although it was refused.{_SECOND}"),
    }
    yield from (texts[choice] for choice in waiting.choices)
