"""Somebody who comes into a user group, or leaves it, while a sign-off is open."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.rehearsal.workspace import Person, Workspace
from bot.slack import user_groups
from state.facts import Signature
from tests.bot.slack import slack_box
from tests.bot.slack.run_writer import DBA, GUEST, LEAD, STARTER
from tests.bot.slack.slack_box import SlackBox, play

GROUP = "S01DBAS"
MENTIONS = {"dba": [GROUP], "lead": [LEAD], "starter": [STARTER]}


@pytest.fixture(autouse=True)
def group(monkeypatch: pytest.MonkeyPatch) -> None:
    """The workspace has a group with the DBA alone."""

    def with_group(people: tuple[Person, ...]) -> Workspace:
        return Workspace(people, groups={GROUP: [DBA]})

    monkeypatch.setattr(slack_box, "Workspace", with_group)


def mentions(_: object) -> Mapping[str, list[str]]:
    return MENTIONS


def signers(box: SlackBox) -> list[str]:
    facts = (fact for run in box.store.runs() for fact in box.store.record(run.id).facts)
    return [fact.person for fact in facts if isinstance(fact, Signature)]


def test_somebody_who_is_added_to_the_group_signs_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_groups, "ADDED", 0.0)

    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        question = await box.message_with("Please sign")
        await box.workspace.press(GUEST, question.ts, "sign")
        await box.reply_to(GUEST, "Only the Database Admin or Tech Lead may sign")
        box.workspace.state.groups[GROUP] = [DBA, GUEST]
        await box.workspace.press(GUEST, question.ts, "sign")
        await box.wait_until(lambda: signers(box))
        assert signers(box) == [GUEST]

    play(tmp_path, story, mentions=mentions)


def test_whoever_is_in_no_group_makes_few_questions(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        question = await box.message_with("Please sign")
        for presses in range(1, 6):
            await box.workspace.press(GUEST, question.ts, "sign")
            await box.wait_until(lambda: len(box.workspace.ephemerals(GUEST)) == presses)  # noqa: B023
        asked = [method for _, method, _ in box.workspace.calls if method == "usergroups.users.list"]
        assert len(asked) <= 2, "a press by somebody without a role must not use up Slack's limit for all others"

    play(tmp_path, story, mentions=mentions)


def test_while_slack_does_not_answer_about_groups_others_sign_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_groups, "ADDED", 0.0)

    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        question = await box.message_with("Please sign")
        box.workspace.faults.errors["usergroups.users.list"] = "fatal_error"
        await box.workspace.press(LEAD, question.ts, "sign")
        await box.wait_until(lambda: signers(box))
        assert signers(box) == [LEAD]

    play(tmp_path, story, mentions=mentions)
