"""Who may act, and from where: checked at every press, command and form."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.slack import membership
from state.facts import Signature
from tests.bot.slack.membership_story import (
    GUEST_WORDS,
    OTHER,
    STRANGER,
    copy_to_other_channel,
    nobody_can_be_asked,
)
from tests.bot.slack.run_writer import DBA, GUEST, LEAD, STARTER
from tests.bot.slack.slack_box import SlackBox, play


@pytest.mark.parametrize("button", ["rollback", "hold"])
def test_a_button_in_another_channel_does_nothing(tmp_path: Path, button: str) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.workspace.add_channel(OTHER, [GUEST, "U0GONOGO"])
        copy = copy_to_other_channel(box, await box.card())
        await box.workspace.press(GUEST, copy.ts, button)
        await box.reply_to(GUEST, "🚫 This works only in <#C01DEPLOY>, the channel of the run. Do it there.")
        assert box.store.record(run.id).facts == ()

    play(tmp_path, story)


@pytest.mark.parametrize("command", ["rollback", "hold", "sign", "refuse no", "status", "history", "start small.md"])
def test_a_command_in_another_channel_does_nothing(tmp_path: Path, command: str) -> None:
    async def story(box: SlackBox) -> None:
        if not command.startswith("start"):
            box.run_at_gate()
        box.workspace.add_channel(OTHER, [DBA])
        await box.workspace.command(DBA, f"/deploy {command}", OTHER)
        await box.reply_to(DBA, "works only in <#C01DEPLOY>")
        assert [fact for run in box.store.runs() for fact in box.store.record(run.id).facts] == []
        assert len(box.store.runs()) == (0 if command.startswith("start") else 1)

    play(tmp_path, story)


def test_no_form_opens_in_another_channel(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        box.workspace.add_channel(OTHER, [DBA])
        copy = copy_to_other_channel(box, await box.message_with("Please sign"))
        await box.workspace.press(DBA, copy.ts, "refuse")
        await box.reply_to(DBA, "works only in <#C01DEPLOY>")
        await box.workspace.command(DBA, "/deploy start", OTHER)
        await box.reply_to(DBA, "/deploy works only in <#C01DEPLOY>. Type it there.")
        assert box.workspace.views(DBA) == []

    play(tmp_path, story)


def test_help_is_for_everybody_everywhere(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.workspace.add_channel(OTHER, [GUEST])
        await box.workspace.command(GUEST, "/deploy help", OTHER)
        await box.reply_to(GUEST, "roll back; anybody can, at any time")

    play(tmp_path, story)


@pytest.mark.parametrize("command", ["rollback", "hold", "sign", "status", "start"])
def test_somebody_who_is_no_member_of_the_channel_does_nothing(tmp_path: Path, command: str) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.workspace.leave(DBA)
        async with box.serving():
            await box.workspace.command(DBA, f"/deploy {command}")
            await box.reply_to(DBA, "Only members of <#C01DEPLOY> may do this. Join the channel first.")
            assert box.store.record(run.id).facts == ()

    play(tmp_path, story, serve=False)


def test_somebody_who_has_just_joined_may_roll_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(membership, "ABSENT", 0.0)

    async def story(box: SlackBox) -> None:
        box.workspace.leave(GUEST)
        async with box.serving():
            run = box.run_at_gate()
            card = await box.card()
            await box.workspace.press(GUEST, card.ts, "rollback")
            await box.reply_to(GUEST, "Only members of")
            box.workspace.join(GUEST)
            await box.workspace.press(GUEST, card.ts, "rollback")
            await box.reply_to(GUEST, "nothing is rolled back")
            assert box.store.record(run.id).rollback

    play(tmp_path, story, serve=False)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"guest": "multi"}, GUEST_WORDS),
        ({"guest": "single"}, GUEST_WORDS),
        ({"team": "T9OTHER"}, STRANGER),
        ({"is_bot": True}, "Bots may not do this"),
        ({"deleted": True}, "Your account is deactivated"),
    ],
)
def test_only_a_real_person_of_the_workspace_signs(tmp_path: Path, change: dict[str, object], says: str) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        question = await box.message_with("Please sign")
        box.workspace.change_person(DBA, **change)
        await box.workspace.press(DBA, question.ts, "sign")
        await box.reply_to(DBA, says)
        await box.workspace.command(DBA, "/deploy sign")
        await box.reply_to(DBA, says)
        assert box.store.record(run.id).facts == ()

    play(tmp_path, story)


@pytest.mark.parametrize("action", ["rollback", "hold"])
def test_a_stranger_in_the_channel_may_not_even_stop_the_run(tmp_path: Path, action: str) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        card = await box.card()
        box.workspace.change_person(GUEST, team="T9OTHER")
        await box.workspace.press(GUEST, card.ts, action)
        await box.reply_to(GUEST, STRANGER)
        nobody_can_be_asked(box)
        await box.workspace.command(GUEST, f"/deploy {action}")
        await box.wait_until(lambda: len(box.workspace.ephemerals(GUEST)) == 2)
        assert box.store.record(run.id).facts == ()

    play(tmp_path, story)


def test_a_stranger_is_known_by_the_account_where_the_payload_hides_it(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        # the payload names the same organization; only the account says that its workspace is another one
        box.workspace.state.enterprise = "E1"
        box.workspace.change_person(GUEST, team="T9OTHER", enterprise="E1", teams=("T9OTHER",))
        async with box.serving():
            await box.workspace.command(GUEST, "/deploy rollback")
            await box.reply_to(GUEST, STRANGER)
            assert box.store.record(run.id).facts == ()

    play(tmp_path, story, serve=False)


def test_somebody_of_the_same_organization_with_access_to_the_workspace_signs(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.workspace.state.enterprise = "E1"
        box.workspace.change_person(DBA, team="T9OTHER", enterprise="E1", teams=("T9OTHER", "T01REHEARSAL"))
        async with box.serving():
            box.run_at_gate()
            question = await box.message_with("Please sign")
            await box.workspace.press(DBA, question.ts, "sign")
            await box.reply_to(DBA, "Signed as Database Admin")
            box.workspace.change_person(LEAD, team="T9OTHER", enterprise="E2", teams=("T01REHEARSAL",))
            await box.workspace.press(LEAD, question.ts, "sign")
            await box.reply_to(LEAD, STRANGER)

    play(tmp_path, story, serve=False)


def test_a_guest_of_the_channel_may_stop_and_look(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.workspace.change_person(GUEST, guest="single")
        run = box.run_at_gate()
        await box.workspace.command(GUEST, "/deploy status")
        await box.reply_to(GUEST, "waiting for sign-off")
        await box.workspace.press(GUEST, (await box.card()).ts, "rollback")
        await box.reply_to(GUEST, "nothing is rolled back")
        assert box.store.record(run.id).rollback

    play(tmp_path, story)


def test_whoever_leaves_between_two_presses_is_out_at_once(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        question = await box.message_with("Please sign")
        await box.workspace.press(DBA, question.ts, "sign")
        await box.reply_to(DBA, "Signed as Database Admin")
        await box.workspace.command(LEAD, "/deploy status")
        await box.reply_to(LEAD, "waiting for sign-off")
        box.workspace.change_person(LEAD, deleted=True)
        await box.workspace.press(LEAD, question.ts, "sign")
        await box.reply_to(LEAD, "deactivated")
        assert [fact.person for fact in box.store.record(run.id).facts if isinstance(fact, Signature)] == [DBA]

    play(tmp_path, story)


def test_whoever_is_taken_out_of_a_group_is_out_at_once(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.workspace.state.groups["S01DBAS"] = [DBA]
        async with box.serving():
            run = box.run_at_gate()
            question = await box.message_with("Please sign")
            box.workspace.state.groups["S01DBAS"] = [GUEST]
            await box.workspace.press(DBA, question.ts, "sign")
            await box.reply_to(DBA, "Only the Database Admin or Tech Lead may sign")
            assert box.store.record(run.id).facts == ()

    play(tmp_path, story, serve=False, mentions=lambda _: {"dba": ["S01DBAS"], "lead": [LEAD]})


LEAD_2 = STARTER  # a second holder of the lead's role


@pytest.mark.parametrize("out", ["group", "guest", "deactivated", "left"])
def test_an_early_keep_of_somebody_who_is_out_since_then_does_not_count(tmp_path: Path, out: str) -> None:
    async def story(box: SlackBox) -> None:
        box.workspace.state.groups["S01LEADS"] = [LEAD, LEAD_2]
        async with box.serving():
            run = box.start_run()
            box.begin_watch(run)
            await box.workspace.command(LEAD, "/deploy keep quiet night")
            await box.reply_to(LEAD, "A second person must agree")
            if out == "group":
                box.workspace.state.groups["S01LEADS"] = [LEAD_2]
            elif out == "left":
                box.workspace.leave(LEAD)
            else:
                box.workspace.change_person(LEAD, **({"guest": "multi"} if out == "guest" else {"deleted": True}))
            await box.workspace.press(DBA, (await box.message_with("Second person needed")).ts, "agree")
            await box.reply_to(DBA, f"no longer counts, because <@{LEAD}> may no longer decide it")
            assert box.store.record(run.id).keep is None
            await box.workspace.command(LEAD_2, "/deploy keep quiet night")
            await box.reply_to(LEAD_2, "A second person must agree")
            await box.workspace.command(DBA, "/deploy agree")
            await box.wait_until(lambda: box.store.record(run.id).keep)

    play(tmp_path, story, serve=False, mentions=lambda _: {"dba": [DBA], "lead": ["S01LEADS"]})


def test_nobody_agrees_while_slack_does_not_say_whether_the_first_person_is_still_in(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.start_run()
        box.begin_watch(run)
        await box.workspace.command(LEAD, "/deploy keep quiet night")
        await box.reply_to(LEAD, "A second person must agree")
        question = await box.message_with("Second person needed")
        nobody_can_be_asked(box)
        await box.workspace.press(DBA, question.ts, "agree")
        await box.reply_to(DBA, "the bot cannot check whether you may do this")
        assert (box.store.record(run.id).keep, len(box.store.record(run.id).facts)) == (None, 1)

    play(tmp_path, story)
