"""What each button of a question does, and since when people are asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.settings import read_pages, shipped_runbooks
from bot.slack.views.blocks import Block
from bot.slack.views.effects import button_effects
from bot.slack.views.messages import draw
from bot.slack.views.snapshot import Snapshot
from commands.signoff.waiting import Waiting
from state.events import Ask, PeopleAsked
from state.facts import Choice
from state.records import RunState
from tests.bot.slack.views.drawn import shown, snapshot_with
from tests.bot.slack.whole_run import TURNS, events, snapshot_at
from tests.pages import NOON, row, said

ASKED = f"Asked at <!date^{int(NOON.timestamp())}^"
SIGN = Waiting(ask=Ask.SIGN, step="ready", attempt=1, title="Ready?", roles=("dba", "lead"))
FAILED = replace(SIGN, ask=Ask.ANSWER, step="health", roles=("lead",), choices=(Choice.RETRY, Choice.DONE, Choice.SKIP))
# the button of each act, as its label begins
LABELS = {
    "sign": "Sign",
    "refuse": "Refuse…",
    "again": "Run again",
    "done": "I fixed it by hand…",
    "skip": "Skip…",
    "agree": "I agree",
    "keep": "KEEP",
    "rollback": "Roll back",
}


def lines_of(waiting: Waiting, snapshot: Snapshot | None = None) -> list[str]:
    """The lines about a question asked at noon."""
    block = button_effects(snapshot or snapshot_with(), waiting, NOON)
    assert block
    return str(block["elements"][0]["text"]).splitlines()


def test_a_sign_off_says_since_when_and_what_follows() -> None:
    head, *rest = lines_of(SIGN)
    assert head.startswith(ASKED)
    assert head.endswith("What each button does:")
    assert rest == [
        "• *Sign*: the run continues when all have signed.",
        "• *Refuse…*: the run ends before the deploy, and the channel reads why.",
    ]
    assert lines_of(replace(SIGN, roles=("dba",)))[1] == "• *Sign*: the run continues."


def test_a_refusal_after_a_change_rolls_back_or_waits_for_people_as_the_step_says() -> None:
    changed = snapshot_with(row("put-the-code-there", "done"))
    assert lines_of(SIGN, changed)[-1] == (
        "• *Refuse…*: the run stops here, and the channel reads why. Then people decide."
    )
    assert lines_of(replace(SIGN, step="health"), changed)[-1] == (
        "• *Refuse…*: the run rolls back, and the channel reads why."
    )


def test_a_question_of_the_watch_stops_nothing() -> None:
    meanwhile = lines_of(replace(SIGN, blocks=False))[1:]
    assert all("The run goes on meanwhile." in line for line in meanwhile)


def test_a_failed_step_says_what_each_answer_and_the_rollback_do() -> None:
    assert lines_of(FAILED)[1:] == [
        "• *Run again*: it runs again from its start.",
        "• *I fixed it by hand…*: it counts as done, and the run continues.",
        "• *Skip…*: the run continues without it.",
        "• *Roll back*: Nothing was changed yet, so a rollback loses nothing. The run just ends.",
    ]


def test_in_a_rollback_it_is_the_rollback_that_continues_and_nobody_can_roll_back_again() -> None:
    lines = lines_of(FAILED, snapshot_with(state=RunState.ROLLING_BACK, facts=(said("rollback"),)))
    assert lines[3:] == ["• *Skip…*: the rollback continues without it."]


def test_where_a_second_person_must_agree_it_is_said_before() -> None:
    page = read_pages(shipped_runbooks())["option-a.md"]
    two = next(step for step in page.forward if step.box.needs_second_person)
    waiting = replace(FAILED, step=two.id)
    lines = lines_of(waiting, replace(snapshot_with(), page=page))
    assert [line.endswith("A second person must agree.") for line in lines[1:4]] == [False, True, True]


def test_a_settled_question_has_no_such_lines() -> None:
    assert button_effects(snapshot_with(), None, NOON) is None


@pytest.mark.parametrize("turn", TURNS)
def test_every_button_of_every_open_question_has_its_line(tmp_path: Path, turn: str) -> None:
    snapshot = snapshot_at(tmp_path, turn)
    for event in events(tmp_path):
        message = draw(snapshot, event) if isinstance(event.data, PeopleAsked) else None
        for action in acts_of(message.blocks if message else []):
            assert message
            assert f"• *{LABELS[action]}*: " in shown(message), f"{turn}: {action}"


def acts_of(blocks: list[Block]) -> list[str]:
    """The action ids of a message's buttons."""
    return [element["action_id"] for block in blocks for element in block.get("elements", []) if "action_id" in element]
