"""The messages of a step: its plan, its result, its output as a file, an announcement."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.slack.views.steps import announces, step_began, step_ended
from commands.runbook.page import Part
from state.events import StepBegan, StepEnded
from state.records import AttemptState
from tests.bot.slack.run_writer import DBA, DEPLOY
from tests.bot.slack.views.drawn import event_with, shown, snapshot_with
from tests.pages import row, small

NOTICE = 'toml notify\ntext = "Deploying main now."\nroles_to_tell = ["dba"]\n'
RUN = 'toml run\nhost = "backend"\ncommands = ["deploy"]\ntakes = "10 min"\n'


def test_a_running_step_shows_its_plan_and_its_output_so_far() -> None:
    data = StepBegan(title="Deploy", part=Part.DEPLOY, plan=("on backend: deploy",))
    running = replace(row(DEPLOY, "running"), progress="added 180 packages")
    lines = shown(step_began(snapshot_with(running), event_with(data, step=DEPLOY), data)).splitlines()
    assert lines[0] == "⏳ *Deploy*"
    assert "on backend: deploy" in lines
    assert lines[lines.index("Output so far:") + 2] == "added 180 packages"
    assert lines[-1].startswith("Deploy · started at ")


def test_the_output_of_another_attempt_is_not_shown() -> None:
    data = StepBegan(title="Deploy", part=Part.DEPLOY, attempt=2)
    first = replace(row(DEPLOY, "running"), progress="added 180 packages")
    text = shown(step_began(snapshot_with(first), event_with(data, step=DEPLOY), data))
    assert "Output so far" not in text
    assert "*Deploy* (attempt 2)" in text


@pytest.mark.parametrize(
    ("state", "mark"),
    [
        (AttemptState.DONE, "✅"),
        (AttemptState.FAILED, "❌"),
        (AttemptState.UNKNOWN, "❓"),
        (AttemptState.STOPPED, "⏹️"),
        ("a later version's state", "•"),
    ],
)
def test_the_mark_says_how_a_step_ended(state: str, mark: str) -> None:
    data = StepEnded(title="Deploy", part=Part.DEPLOY, state=state, summary="3 commands succeeded", seconds=1.5)
    text = shown(step_ended(snapshot_with(), event_with(data, step=DEPLOY), data))
    assert text.splitlines() == [f"{mark} *Deploy*", "3 commands succeeded", "Deploy · took 1.5 s"]


def test_an_output_longer_than_the_message_becomes_a_file() -> None:
    output = "\n".join(f"line {n}" for n in range(60))
    data = StepEnded(title="Deploy", part=Part.DEPLOY, state=AttemptState.DONE, lines=("line 59",), output=output)
    upload = step_ended(snapshot_with(), event_with(data, step=DEPLOY), data).upload
    assert upload is not None
    assert (upload.name, upload.title) == ("run-1-7-attempt-1.txt", "Output of Deploy")
    assert upload.content == output


def test_an_output_that_the_message_shows_is_no_file() -> None:
    data = StepEnded(title="Deploy", part=Part.DEPLOY, lines=("a", "b", "c"), output="a\nb\nc")
    assert step_ended(snapshot_with(), event_with(data, step=DEPLOY), data).upload is None


def test_an_announcement_is_the_text_itself_in_the_channel_with_its_roles() -> None:
    snapshot = replace(snapshot_with(), page=small(**{RUN: NOTICE}))
    assert announces(snapshot, DEPLOY)
    data = StepEnded(title="Tell", part=Part.DEPLOY, state=AttemptState.DONE, summary="Go.", roles=("dba",))
    drawn = step_ended(snapshot, event_with(data, step=DEPLOY), data)
    assert shown(drawn).splitlines() == ["📣 Go.", f"shop · run 1 · For <@{DBA}>"]
    assert drawn.text == "Database Admin: 📣 Go.", "whom it is for stands first in the notification"
    assert drawn.broadcast


def test_an_announcement_that_failed_is_a_failed_step() -> None:
    snapshot = replace(snapshot_with(), page=small(**{RUN: NOTICE}))
    data = StepEnded(title="Tell", part=Part.DEPLOY, state=AttemptState.FAILED, summary="no value")
    drawn = step_ended(snapshot, event_with(data, step=DEPLOY), data)
    assert shown(drawn).startswith("❌ *Tell*")
    assert not drawn.broadcast
