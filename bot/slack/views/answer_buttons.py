"""The buttons of a question, and what follows from each answer."""

from __future__ import annotations

from collections.abc import Iterator

from bot.doors.button import button_value
from bot.slack.views.blocks import Block, actions, button, confirm
from bot.slack.views.keep import effect, keep_button, skipped
from bot.slack.views.snapshot import Snapshot
from bot.text import clip
from commands.progress.fit import FIT
from commands.progress.reach import REACH
from commands.progress.rollback_steps import goes_back_without
from commands.progress.step_state import DECISION
from commands.progress.turns import rest_of_turn
from commands.runbook.page import PageStep, Part
from commands.signoff.waiting import Waiting
from state.events import Ask
from state.facts import Choice
from state.records import AttemptState, Event, RunState

_GO_ON = {REACH: "Go on without it", FIT: "Let requests in"}
_FOLLOWS = {
    REACH: "Then the rollback begins without what it cannot reach. What it rolls back may not fit what stays there.",
    FIT: "Then users are served by parts that may not fit together.",
}
# what the first person wants, where a second one must agree: the question's headline, the request, the confirmation
_AGREE = {
    Choice.SKIP: ("skip {}?", "wants to skip it", "Agree to skip it?", "The run continues without “{}”."),
    Choice.DONE: ("is {} fixed?", "says it is fixed by hand", "Agree that it is fixed?", "“{}” counts as done."),
    Choice.OVERRIDE: (
        "overrule the refusal of {}?",
        "wants to continue although it was refused",
        "Agree to overrule it?",
        "The run continues although the sign-off of “{}” was refused.",
    ),
}
# the same where going on is no skip of a step of the page
_AGREE_TO_GO_ON = {
    REACH: ("go on without what cannot be reached?", "wants to go on without it", "Agree to go on without it?", ""),
    FIT: ("let requests in?", "wants to let requests in", "Agree to let requests in?", ""),
}


def words_of_skip(step: str) -> str:
    """What going on without a step is called on its button and afterwards."""
    return _GO_ON.get(step, "Skip")


def agree_texts(step: str, choice: Choice) -> tuple[str, str, str, str]:
    """The texts about a choice to which a second person must agree, as in `_AGREE`."""
    return (_AGREE_TO_GO_ON.get(step) if choice is Choice.SKIP else None) or _AGREE.get(choice, _AGREE[Choice.SKIP])


def answer_buttons(snapshot: Snapshot, event: Event, waiting: Waiting | None) -> Block | None:
    """The buttons that answer a question, with what follows from each; None if it is settled."""
    if waiting is None:
        return None
    value = button_value(snapshot.record.run, event=event.id)
    match waiting.ask:
        case Ask.SIGN:
            # a sign-off can be refused; the rollback button stands on the card
            return actions(
                button("sign", "✍️ Sign", value, style="primary"),
                button("refuse", "Refuse…", value, style="danger"),
            )
        case Ask.START:
            ask = confirm("Agree to this start?", "The run begins as its page says.", "I agree")
            return actions(
                button("agree", "I agree", value, style="primary", confirm=ask),
                button("refuse_start", "Refuse…", value, style="danger"),
            )
        case Ask.AGREE:
            title = "Agree to KEEP now?" if waiting.step == DECISION else _agree_texts_of(waiting)[2]
            ask = confirm(title, agreement_effect(snapshot, waiting), "I agree")
            answers = [button("agree", "I agree", value, style="primary", confirm=ask)]
        case Ask.DECIDE:
            answers = [keep_button(snapshot, value)]
        case _:
            answers = list(_answers(snapshot, waiting, value))
    return actions(*answers, snapshot.rollback_button())


def agreement_effect(snapshot: Snapshot, waiting: Waiting) -> str:
    """What follows if the second person agrees, in plain text."""
    if waiting.step == DECISION:
        return f"{skipped(snapshot)} {effect(snapshot)}"
    return what_follows(snapshot, waiting) or _agree_texts_of(waiting)[3].format(clip(waiting.title, 150))


def _agree_texts_of(waiting: Waiting) -> tuple[str, str, str, str]:
    return agree_texts(waiting.step, waiting.choices[0] if waiting.choices else Choice.SKIP)


def _ends_unknown(snapshot: Snapshot, waiting: Waiting) -> bool:
    last = snapshot.record.last(waiting.step)
    return last is not None and last.state == AttemptState.UNKNOWN


def _answers(snapshot: Snapshot, waiting: Waiting, value: str) -> Iterator[Block]:
    if Choice.RETRY in waiting.choices:
        effect = f"“{clip(waiting.title, 90)}” runs again from its start."
        if _ends_unknown(snapshot, waiting):
            effect += " If a command of it still runs on a host, that one is waited for first."
            effect += " A command that has succeeded is not started again."
        yield button("again", "🔁 Run again", value, confirm=confirm("Run the step again?", effect, "Run again"))
    if Choice.DONE in waiting.choices:
        yield button("done", "I fixed it by hand…", value)
    if Choice.SKIP in waiting.choices:
        follows = what_follows(snapshot, waiting)
        words = words_of_skip(waiting.step)
        ask = confirm(f"{words}?", follows, words) if follows else None
        yield button("skip", f"{words}…", value, confirm=ask)
    if Choice.OVERRIDE in waiting.choices:
        yield button("override", "Overrule the refusal…", value)


def what_follows(snapshot: Snapshot, waiting: Waiting) -> str:
    """What follows from going on without a step; empty where nothing else depends on it."""
    step = next((step for step in snapshot.page.steps if step.id == waiting.step), None)
    if Choice.SKIP not in waiting.choices:
        return ""
    turn = _stays_as_it_is(snapshot, step) if step else ""
    return " ".join(filter(None, (turn, _follows_in_rollback(snapshot, waiting, step))))


def _stays_as_it_is(snapshot: Snapshot, step: PageStep) -> str:
    """What is not done for a host whose turn ends here; empty where the hosts do not come one by one."""
    rest = rest_of_turn(snapshot.page, step)
    if not rest:
        return ""
    titles = ", ".join(f"“{clip(one.written.title if one.written else one.title, 40)}”" for one in rest[:4])
    return f"{step.host} then stays as it is, without {titles}; the run goes on."


def _follows_in_rollback(snapshot: Snapshot, waiting: Waiting, step: PageStep | None) -> str:
    record = snapshot.record
    if record.run.state != RunState.ROLLING_BACK:
        return ""
    two = " A second person must agree." if waiting.ask is Ask.ANSWER else ""
    if follows := _FOLLOWS.get(waiting.step):
        return follows + two
    others = goes_back_without(snapshot.page, record, step) if step else ()
    if not others:
        return ""
    titles = ", ".join(f"“{clip(other.title, 40)}”" for other in others[:2])
    more = f" and {len(others) - 2} more" if len(others) > 2 else ""
    lets_in = any(other.box.lets_requests_in() for other in snapshot.page.part(Part.ROLLBACK))
    stopped = " Requests stay stopped until two people let them in." if lets_in else ""
    runs = "runs" if len(others) == 1 else "run"
    return f"{titles}{more} {runs} without it. What that rolls back may not fit the part that stays.{stopped}{two}"
