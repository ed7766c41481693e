"""Who may act, and from where: checked at every press, command and form, also while Slack cannot be asked."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from bot.rehearsal.workspace import Message
from bot.slack import directory, membership
from commands.steps.outcome import failed
from state.facts import Signature
from tests.bot.slack.run_writer import CHANNEL, DBA, DEPLOY, GUEST, LEAD, STARTER
from tests.bot.slack.slack_box import SlackBox, play

OTHER = "C02OTHER"
STRANGER, GUEST_WORDS = "Your account belongs to another one", "Guests may not do this"
ALL_QUESTIONS = ("users.info", "conversations.members", "auth.test", "usergroups.users.list")


def copy_to_other_channel(box: SlackBox, message: Message) -> Message:
    """The bot's message as it would stand in another channel, with its buttons."""
    return box.workspace.state.post(Message(OTHER, box.workspace.state.new_ts(), "U0GONOGO", "copy", message.blocks))


def nobody_can_be_asked(box: SlackBox, error: str = "ratelimited") -> None:
    """From now on Slack answers no question about people."""
    box.workspace.faults.errors.update(dict.fromkeys(ALL_QUESTIONS, error))


async def fill_reason(box: SlackBox, person: str) -> dict[str, str]:
    """Submit the reason form that is open for a person; returns the errors that it shows."""
    await box.wait_until(lambda: box.workspace.views(person))
    form = box.workspace.views(person)[-1]
    return (await box.workspace.submit(person, form.id, {"reason": {"reason": "It is not ready"}})).errors


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
            await box.reply_to(GUEST, "Rolling back shop")
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
        await box.reply_to(GUEST, "Rolling back shop")
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


@pytest.mark.parametrize("error", ["ratelimited", "internal_error", "missing_scope"])
def test_while_slack_cannot_be_asked_going_on_waits_and_stopping_works(tmp_path: Path, error: str) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        nobody_can_be_asked(box, error)
        question = await box.message_with("Please sign")
        await box.workspace.press(DBA, question.ts, "sign")
        todo = "Install the app again with manifest.yml" if error == "missing_scope" else "Try again in a minute"
        await box.reply_to(DBA, f"Slack answers {error}, so nobody knows whether you may do this. It was not recorded.")
        await box.reply_to(DBA, todo, "Rolling back, hold and refusing work meanwhile.")
        await box.workspace.press(DBA, question.ts, "refuse")
        assert await fill_reason(box, DBA) == {}
        card = await box.card()
        await box.workspace.press(GUEST, card.ts, "hold")
        await box.reply_to(GUEST, "On hold")
        await box.workspace.press(GUEST, card.ts, "rollback")
        await box.reply_to(GUEST, "Rolling back shop")
        assert [fact.kind for fact in box.store.record(run.id).facts] == ["sign", "hold", "rollback"]

    play(tmp_path, story)


@pytest.mark.parametrize("drops", [False, True])
def test_in_a_whole_outage_a_press_that_arrives_rolls_back(tmp_path: Path, drops: bool) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        card = await box.card()
        box.workspace.faults.outage_drops = drops
        box.workspace.faults.outage = True
        assert (await box.workspace.press(DBA, card.ts, "rollback")).acked
        assert box.store.record(run.id).rollback
        box.workspace.faults.outage = False

    play(tmp_path, story)


def test_runs_are_not_told_to_another_channel(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.workspace.add_channel(OTHER, [DBA])
        for command in ("rollback", "start smal"):
            await box.workspace.command(DBA, f"/deploy {command}", OTHER)
        await box.wait_until(lambda: len(box.workspace.ephemerals(DBA)) == 2)
        assert {reply.text for reply in box.workspace.ephemerals(DBA)} == {
            "🚫 /deploy works only in <#C01DEPLOY>. Type it there."
        }

    play(tmp_path, story)


def test_a_bot_that_starts_while_slack_answers_nothing_rolls_back(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        nobody_can_be_asked(box)
        async with box.serving():
            card = await box.card()
            await box.workspace.press(GUEST, card.ts, "rollback")
            await box.reply_to(GUEST, "Rolling back shop")
            assert box.store.record(run.id).rollback

    play(tmp_path, story, serve=False)


def test_a_slack_that_hangs_delays_stopping_by_a_moment_only(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.workspace.faults.delays.update(dict.fromkeys(ALL_QUESTIONS, 5.0))
        async with box.serving():
            card = await box.card()
            began = time.monotonic()
            pressed = await box.workspace.press(GUEST, card.ts, "rollback")
            assert (pressed.acked, time.monotonic() - began < 2) == (True, True)
            assert box.store.record(run.id).rollback

    play(tmp_path, story, serve=False)


def test_a_known_stranger_stays_one_while_slack_cannot_be_asked(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.workspace.leave(GUEST)
        async with box.serving():
            card = await box.card()
            await box.workspace.press(GUEST, card.ts, "rollback")
            await box.reply_to(GUEST, "Only members")
            nobody_can_be_asked(box)
            await box.workspace.press(GUEST, card.ts, "rollback")
            await box.wait_until(lambda: len(box.workspace.ephemerals(GUEST)) == 2)
            assert box.store.record(run.id).facts == ()

    play(tmp_path, story, serve=False)


def test_an_answer_of_a_failed_step_is_asked_for_again_too(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.start_run()
        box.run_step(run, DEPLOY, failed("npm ended with 1."))
        question = await box.message_with("Failed: Put the code there")
        box.workspace.change_person(LEAD, guest="multi")
        await box.workspace.press(LEAD, question.ts, "again")
        await box.reply_to(LEAD, GUEST_WORDS)
        await box.workspace.press(LEAD, question.ts, "skip")
        assert "Guests may not do this" in (await fill_reason(box, LEAD))["reason"]
        assert box.store.record(run.id).facts == ()

    play(tmp_path, story)


def test_a_start_is_asked_for_again_and_refused_in_its_form(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(STARTER, "/deploy start")
        await box.wait_until(lambda: box.workspace.views(STARTER))
        form = box.workspace.views(STARTER)[-1]
        box.workspace.change_person(STARTER, guest="multi")
        reply = await box.workspace.submit(STARTER, form.id, {})
        assert "Guests may not do this" in reply.errors["page"]
        box.workspace.change_person(STARTER, guest="")
        nobody_can_be_asked(box)
        await box.workspace.submit(STARTER, form.id, {})
        await box.wait_until(lambda: "It was not recorded" in str(box.workspace.views(STARTER)[-1].blocks))
        assert box.store.runs() == []

    play(tmp_path, story)


def test_what_is_known_is_kept_for_a_minute_and_going_on_asks_each_time(tmp_path: Path) -> None:
    def count(box: SlackBox, method: str) -> int:
        return [name for _, name, _ in box.workspace.calls].count(method)

    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        question = await box.message_with("Please sign")
        await box.workspace.command(DBA, "/deploy status")
        await box.reply_to(DBA, "waiting for sign-off")
        await box.wait_until(lambda: count(box, "users.info") >= 5)  # all members are known
        asked = count(box, "users.info")
        for _ in range(5):
            await box.workspace.command(DBA, "/deploy status")
        await box.wait_until(lambda: len(box.workspace.ephemerals(DBA)) == 6)
        assert count(box, "users.info") == asked
        await box.workspace.press(DBA, question.ts, "sign")
        await box.reply_to(DBA, "Signed as")
        assert count(box, "users.info") == asked + 1

    play(tmp_path, story)


def test_the_members_come_from_every_page_of_the_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "PAGE_LENGTH", 2)

    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        question = await box.message_with("Please sign")
        await box.workspace.press(LEAD, question.ts, "sign")
        await box.reply_to(LEAD, "Signed as Tech Lead")

    play(tmp_path, story)


def test_presses_of_many_at_once_share_the_questions(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        question = await box.message_with("Please sign")
        before = len(box.workspace.calls)
        await asyncio.gather(*(box.workspace.press(GUEST, question.ts, "sign") for _ in range(40)))
        await box.wait_until(lambda: len(box.workspace.ephemerals(GUEST)) == 40)
        asked = [name for _, name, _ in box.workspace.calls[before:]].count("users.info")
        assert asked < 40, asked

    play(tmp_path, story)


def test_the_channel_of_a_run_counts_and_not_the_one_of_its_page_today(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.workspace.add_channel(OTHER, [GUEST, "U0GONOGO"])
        await box.workspace.command(GUEST, "/deploy rollback", OTHER)
        await box.reply_to(GUEST, f"works only in <#{CHANNEL}>")
        assert box.store.record(run.id).rollback is None

    play(tmp_path, story, channel=lambda _: OTHER)
