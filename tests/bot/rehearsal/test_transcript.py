"""The transcript prints each message once, and a reply again when its text changes."""

from __future__ import annotations

import re

import pytest

from bot.rehearsal.transcript import Transcript, readable
from bot.rehearsal.workspace import Message, Workspace
from tests.bot.rehearsal.workspace.bolt_workspace import CHANNEL, STARTER


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The printed lines without their times."""
    return [re.sub(r"^ *[\d.]+s ", "", line) for line in capsys.readouterr().out.splitlines()]


def test_a_changed_reply_is_printed_again_and_the_card_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    workspace = Workspace([STARTER])
    Transcript(workspace).start()
    card = workspace.state.post(Message(CHANNEL, "1.0", "U0GONOGO", "deploying, 1 min"))
    reply = workspace.state.post(Message(CHANNEL, "2.0", "U0GONOGO", "⏳ Backup", thread_ts="1.0"))
    card.text, reply.text = "deploying, 2 min", "✅ Backup"
    workspace.state.notify("updated", card)
    workspace.state.notify("updated", reply)
    workspace.state.notify("updated", reply)
    assert printed(capsys) == ["deploying, 1 min", "    ⏳ Backup", "    ✅ Backup"]


def test_every_line_of_a_reply_is_indented_and_an_empty_text_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    workspace = Workspace([STARTER])
    Transcript(workspace).start()
    workspace.state.post(Message(CHANNEL, "2.0", "U0GONOGO", "first\nsecond", thread_ts="1.0"))
    workspace.state.post(Message(CHANNEL, "3.0", "U0GONOGO", " "))
    assert printed(capsys) == ["    first", "            second"]


def test_a_text_is_printed_as_slack_shows_it() -> None:
    text = "<@U02DBA> signs in <#C01DEPLOY> until <!date^1795449600^{time}|22:14>: usage &gt; 90 % of a &amp; b"
    assert readable(text) == "@Somchai signs in #deploys until 22:14: usage > 90 % of a & b"
