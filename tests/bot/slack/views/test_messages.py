"""Every view keeps Slack's limits, and no text in it can ping or format."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.rehearsal.workspace.blockkit.validation import block_errors
from bot.slack.views.blocks import Block
from bot.slack.views.messages import LIVE, SILENT, draw, plain_message
from state.events import EVENTS, StepBegan, StepEnded, StepSigned, UnknownEvent
from state.records import AttemptState
from tests.bot.slack.hostile import HOSTILE, TEXTS, wrong_for_the_sdk
from tests.bot.slack.run_writer import DBA, DEPLOY, LEAD, STARTER
from tests.bot.slack.views.drawn import event_with, shown, snapshot_with, texts
from tests.bot.slack.whole_run import views

# what is no text: code blocks, and times whose tokens have underscores
_OURS = re.compile(r"```.*?```|<!date\^\d+\^{time(?:_secs)?}[^>]*>", re.DOTALL)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_message_is_accepted_by_the_sdk_and_by_slacks_rules(tmp_path: Path, text: str) -> None:
    for name, message in views(tmp_path, text).items():
        assert wrong_for_the_sdk(message.blocks) == [], name
        assert block_errors(message.blocks) == [], name
        assert all(text.strip() for text in texts(message.blocks)), f"{name} holds an empty text"
        assert message.text.strip(), name
        assert len(message.text.encode("utf-8", "replace")) < 4000, name
        assert len(json.dumps(message.blocks, ensure_ascii=False).encode("utf-16-le", "replace")) // 2 < 13_000, name
        assert sum(len(text) for text in texts(message.blocks)) < 10_000, name
        assert len(message.blocks) <= 50, name


def parsed(blocks: list[Block]) -> list[Block]:
    """The blocks in whose texts Slack looks for mentions and marks: rich text has elements for these instead."""
    return [block for block in blocks if block["type"] != "rich_text"]


def test_no_text_pings_anyone(tmp_path: Path) -> None:
    ours = re.compile(rf"<@(?:{STARTER}|{DBA}|{LEAD})>|<!date\^\d+\^{{time(?:_secs)?}}\|\d\d:\d\d(?::\d\d)?>")
    for name, message in views(tmp_path, HOSTILE).items():
        content = json.dumps(parsed(message.blocks), ensure_ascii=False) + message.text
        assert "<" not in ours.sub("", content), f"{name}: {ours.sub('', content)}"


def test_no_text_leaves_its_code_block(tmp_path: Path) -> None:
    for name, message in views(tmp_path, HOSTILE).items():
        for text in texts(parsed(message.blocks)):
            assert text.count("```") in {0, 2} or "‹" in text, f"{name}: {text}"


@pytest.mark.parametrize("kind", EVENTS.values(), ids=EVENTS)
def test_every_kind_of_event_has_a_message_with_blocks_or_is_silent(kind: type) -> None:
    if kind in SILENT:
        assert draw(snapshot_with(), event_with(kind())) is None
        return
    data = StepSigned(refused=True) if kind is StepSigned else kind()
    if kind.__name__ == "RunMoved":
        data = kind(state="kept")
    drawn = draw(snapshot_with(), event_with(data, step=DEPLOY))
    assert drawn is not None
    assert drawn.blocks, f"{kind.__name__} has no view of its own"


def test_a_signature_is_shown_by_its_question_and_a_refusal_by_a_message() -> None:
    signed, refused = StepSigned(title="Ready?", person=DBA), StepSigned(person=DBA, refused=True, reason="old")
    assert draw(snapshot_with(), event_with(signed)) is None
    drawn = draw(snapshot_with(), event_with(refused))
    assert drawn is not None
    assert drawn.broadcast, "the whole channel must see that somebody refused"
    assert shown(drawn).splitlines()[-1] == "> old"


def test_a_step_that_ended_already_is_drawn_as_ended() -> None:
    began = event_with(StepBegan(title="Deploy"), step=DEPLOY)
    ended = event_with(StepEnded(title="Deploy", state=AttemptState.DONE, summary="It is there."), step=DEPLOY)
    assert draw(snapshot_with(), began, ended) == draw(snapshot_with(), ended)


def test_an_event_of_a_later_version_is_a_plain_line() -> None:
    event = event_with(UnknownEvent(name="new kind", stored={"title": "x"}))
    drawn = draw(snapshot_with(), event)
    assert drawn == plain_message(event)
    assert drawn.text == "new kind: new kind"


def test_only_messages_that_can_change_are_redrawn() -> None:
    names = {kind.__name__ for kind in LIVE}
    assert {"StepBegan", "PeopleAsked"} <= names, "the output so far and the answers change"
    assert not names & {"StepEnded", "CheckPassed", "RunMoved"}


def test_no_name_with_underscores_stands_between_marks_that_underscores_end(tmp_path: Path) -> None:
    name = "flows_with_job_type"
    for what, message in views(tmp_path, name).items():
        for text in texts(message.blocks):
            assert "_" not in _OURS.sub("", text).replace(name, ""), f"{what}: {text}"


@pytest.mark.parametrize("text", ["flows_with_job_type", "_a_ ~c~", "\u200b", " x "])
def test_every_bold_text_begins_and_ends_where_slack_looks_for_it(tmp_path: Path, text: str) -> None:
    for what, message in views(tmp_path, text).items():
        for line in "\n".join(_OURS.sub("12:00", text) for text in texts(message.blocks)).splitlines():
            assert line.count("*") % 2 == 0, f"{what}: {line}"
            for inside in line.split("*")[1::2]:
                assert inside == inside.strip() != "", f"{what}: {line}"
            assert not re.search(r"\w\*\w", line), f"{what}: {line}"
