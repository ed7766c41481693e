"""What a phone's notification says: what happened, who must act, in 80 characters."""

from __future__ import annotations

from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from bot.slack.views.messages import SILENT, draw
from bot.slack.views.push import LENGTH, push_text
from bot.text import utf16_length
from state.events import (
    EVENTS,
    AlertRaised,
    Ask,
    CheckBlind,
    CheckFailed,
    EventData,
    NextRunReported,
    PeopleAsked,
    RecordChanged,
    Reminder,
    RollbackBudget,
    StepInterrupted,
    StepSigned,
    StepSlow,
    WarningRaised,
)
from state.records import AttemptState
from tests.bot.slack.hostile import TEXTS
from tests.bot.slack.run_writer import DEPLOY
from tests.bot.slack.views.drawn import event_with, snapshot_with
from tests.bot.slack.whole_run import events as events_of
from tests.bot.slack.whole_run import snapshot_at, views
from tests.pages import attempt_at

BOTH = ("dba", "lead")
TITLES = "Database Admin, Tech Lead: "
# each kind of event that asks people by its roles, and what its notification says
ASKING = [
    (CheckBlind(title="Errors", times=2, roles=BOTH), "please check: Errors gave no data"),
    (CheckFailed(title="Errors", summary="3 of 9", roles=BOTH), "please check: Errors failed: 3 of 9"),
    (WarningRaised(name="Slow", seen="6 s", roles=BOTH), "please check: Slow: 6 s"),
    (AlertRaised(name="Slow", seen="6 s", roles=BOTH), "please check: Slow: 6 s"),
    (Reminder(title="Ready?", silent="30 min", roles=BOTH), "no answer for 30 min: Ready?"),
    (RollbackBudget(mark=80, within="15 min", roles=BOTH), "80 % of the rollback's 15 min is used"),
    (StepSlow(title="Deploy", summary="x", roles=BOTH), "🐢 Deploy is slower than usual"),
    (StepInterrupted(title="Deploy", times=3, roles=BOTH), "🔁 Deploy does not finish"),
    (RecordChanged(roles=BOTH), "🚨 the record of run 1 was changed from outside"),
    (NextRunReported(page="b.md", why="no backup", roles=BOTH), "⚠️ KEEP did NOT start b.md: no backup"),
]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_notification_of_every_message_fits_a_locked_phone(tmp_path: Path, text: str) -> None:
    for name, message in views(tmp_path, text).items():
        if message.blocks:  # a message without blocks is what Slack shows when it refuses them
            assert 0 < utf16_length(unescape(message.text)) <= LENGTH, f"{name}: {message.text}"
            assert "\n" not in message.text, name


@pytest.mark.parametrize("kind", [kind for kind in EVENTS.values() if kind not in SILENT])
def test_the_notification_of_every_kind_of_event_fits_a_locked_phone(kind: type[EventData]) -> None:
    data = kind(refused=True) if kind is StepSigned else kind()
    drawn = draw(snapshot_with(), event_with(data, step=DEPLOY))
    assert drawn is None or 0 < utf16_length(unescape(drawn.text)) <= LENGTH


@pytest.mark.parametrize(("data", "says"), ASKING, ids=[type(data).__name__ for data, _ in ASKING])
def test_whoever_must_act_stands_first(data: EventData, says: str) -> None:
    drawn = draw(snapshot_with(), event_with(data, step=DEPLOY))
    assert drawn
    assert drawn.text.startswith(TITLES + says), drawn.text


def test_no_other_kind_of_event_calls_roles() -> None:
    asking = {type(data) for data, _ in ASKING}
    # a question is asked below, and a queued start calls only while its question is open; what a step announces and
    # a changed environment only inform, a passed check is silent
    with_roles = (kind for kind in EVENTS.values() if "roles" in kind.__dataclass_fields__)
    others = {kind.__name__ for kind in with_roles if kind not in asking}
    assert others == {"PeopleAsked", "StepEnded", "EnvironmentChanged", "CheckPassed", "StartAsked"}


@pytest.mark.parametrize(
    ("turn", "ask", "says"),
    [
        ("waiting for two signatures", Ask.SIGN, "DBA, Tech Lead: please sign “x” · shop"),
        ("waiting for one signature", Ask.SIGN, "Tech Lead: please sign “x” · shop"),
        ("unknown result", Ask.ANSWER, "Tech Lead: “x” has an unknown result, what now? · shop"),
        ("failed", Ask.ANSWER, "Tech Lead: “x” failed, what now? · shop"),
        ("early keep", Ask.AGREE, "DBA, Tech Lead: second person needed: KEEP now? · shop"),
        ("decision", Ask.DECIDE, "Tech Lead: KEEP or ROLLBACK? · shop"),
        ("failed in the rollback", Ask.ANSWER, "Tech Lead: the rollback waits: “x” failed, what now? · shop"),
    ],
)
def test_a_question_names_the_roles_and_what_they_are_asked(tmp_path: Path, turn: str, ask: Ask, says: str) -> None:
    snapshot = snapshot_at(tmp_path, turn)
    titles = {"dba": "DBA", "lead": "Tech Lead"}
    roles = {name: role.model_copy(update={"title": titles[name]}) for name, role in snapshot.page.roles.items()}
    snapshot = replace(snapshot, page=replace(snapshot.page, roles=roles))
    asked = [one for one in events_of(tmp_path) if isinstance(one.data, PeopleAsked) and one.data.ask == ask]
    drawn = [message.text for one in asked if (message := draw(snapshot, one))]
    assert says in drawn


def test_a_countdown_says_when_it_rolls_back_before_anything_that_may_be_cut(tmp_path: Path) -> None:
    snapshot = snapshot_at(tmp_path, "countdown", "word " * 30)
    (alert,) = (one for one in events_of(tmp_path) if isinstance(one.data, AlertRaised))
    drawn = draw(snapshot, alert)
    assert drawn
    assert "ALERT, rolls back at " in drawn.text


def test_a_settled_question_calls_nobody() -> None:
    done = attempt_at("ready", "done")
    data = PeopleAsked(ask=Ask.ANSWER, step="ready", title="Ready?", roles=("dba",), state=AttemptState.FAILED)
    drawn = draw(snapshot_with(done), event_with(data))
    assert drawn
    assert drawn.text == "❌ Failed: Ready?"


def test_the_target_stands_where_there_is_room_for_it_and_many_roles_are_counted() -> None:
    assert push_text("on hold", target="shop") == "on hold · shop"
    assert push_text("x" * 79, target="shop") == "x" * 79
    assert (
        push_text("sign", roles=["DBA", "Tech Lead", "On-Call", "Reviewer", "DevOps"])
        == "DBA, Tech Lead, On-Call +2: sign"
    )
    assert push_text("sign", roles=["A very long title of a role indeed", "DBA"]).startswith(
        "A very long title of a rol… +1: "
    )


def test_the_notification_holds_no_markup_that_a_phone_would_show(tmp_path: Path) -> None:
    assert not [one.text for one in views(tmp_path, "plain").values() if one.blocks and set("*`<") & set(one.text)]
