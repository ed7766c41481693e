"""A run's messages outlive refusals and deletions: what is gone is posted anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rehearsal.workspace import Message
from bot.slack.outbox import run_thread, thread_messages
from bot.slack.outbox.sender import Sender
from bot.slack.outbox.thread_messages import CARD, Draft, ThreadMessages, asks_people
from bot.slack.serve import make_client
from bot.slack.views.blocks import Message as Drawn
from commands.steps.outcome import done, failed
from state.records import RunState
from tests.bot.slack.outbox.posted import posted_events, updates
from tests.bot.slack.run_writer import DBA, DEPLOY, GUEST, HEALTH, LEAD, in_slack
from tests.bot.slack.slack_box import SlackBox, buttons, play

READ_ONLY = "restricted_action_read_only_channel"
LONG = done("3 commands succeeded.", lines=("the end",), output="\n".join(f"line {n}" for n in range(60)))


def cards(box: SlackBox) -> list[Message]:
    """The messages of the channel itself that are cards."""
    return [message for message in box.workspace.messages() if message.thread_ts is None]


async def calls_of(box: SlackBox, method: str, more: int = 1) -> None:
    """Wait until the bot has called a method again."""
    before = [name for _, name, _ in box.workspace.calls].count(method)
    await box.wait_until(lambda: [name for _, name, _ in box.workspace.calls].count(method) >= before + more, 15)


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize("error", [READ_ONLY, "team_is_moving", "invalid_arguments"])
def test_nothing_of_a_run_is_dropped_while_slack_refuses_its_messages(tmp_path: Path, error: str) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        await box.wait_until_posted()
        box.workspace.faults.errors = {"chat.postMessage": error, "chat.update": error}
        box.run_step(run, DEPLOY)
        box.run_step(run, HEALTH, failed("Noise", lines=("the last line",)))
        await calls_of(box, "chat.postMessage")
        box.workspace.faults.errors.clear()
        await box.wait_until_posted()
        await box.message_with("✅", "Put the code there")
        await box.message_with("❌", "Health", "Noise", "the last line")
        assert len(posted_events(box)) == len(set(posted_events(box))) + 1, "event 1 is the card's and its own"

    play(tmp_path, story)


@pytest.mark.fault("one bad old thing stops all")
def test_a_message_that_slack_never_takes_for_an_unknown_reason_is_sent_as_text_and_holds_up_no_other(
    tmp_path: Path,
) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        await box.wait_until_posted()
        box.workspace.faults.refuse_words = {"an unlucky line": "blocks_are_on_strike"}
        box.run_step(run, DEPLOY, failed("Noise", lines=("an unlucky line",)))
        box.run_step(run, HEALTH)
        await box.message_with("✅", "Health", timeout=60)
        await box.wait_until_posted()
        assert [one.text for one in box.workspace.messages() if "Noise" in one.text and not one.blocks]

    play(tmp_path, story)


@pytest.mark.parametrize("error", [READ_ONLY, "team_is_moving", "invalid_arguments"])
def test_a_change_that_slack_refuses_is_made_up_later(tmp_path: Path, error: str) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        await box.wait_until_posted()
        box.workspace.faults.errors["chat.update"] = error
        box.actions(run).hold(in_slack(GUEST), "", box.deps.now())
        await calls_of(box, "chat.update", 2)
        assert "ON HOLD" not in str((await box.card()).blocks)
        box.workspace.faults.errors.clear()
        await box.message_with("ON HOLD", "Run 1")

    play(tmp_path, story)


def test_a_message_that_was_posted_as_plain_text_gets_its_buttons_later(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.start_run()
        await box.wait_until_posted()
        box.workspace.faults.errors["chat.postMessage"] = "invalid_blocks"
        box.run_step(run, "ready")
        await calls_of(box, "chat.postMessage")
        box.workspace.faults.refuse_blocks = 3
        box.workspace.faults.errors.clear()
        question = await box.message_with("Please sign", "ready?")
        assert buttons(question) == ["sign", "refuse"]

    play(tmp_path, story)


def test_a_card_that_was_deleted_is_posted_anew_with_its_buttons_and_the_thread_follows(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        await box.wait_until_posted()
        old = await box.card()
        box.workspace.state.remove(old)
        box.begin_step(run, DEPLOY)
        await box.wait_until(lambda: cards(box))
        (card,) = cards(box)
        assert buttons(card) == ["rollback", "hold"]
        await box.wait_until(lambda: box.store.posts(1)[CARD] == card.ts)
        assert old.ts not in box.store.posts(1).values()
        box.end_step(run, DEPLOY)
        box.run_step(run, HEALTH)
        health = await box.message_with("✅ *Health*")
        assert health.thread_ts == card.ts

    play(tmp_path, story)


def test_a_card_without_replies_that_was_deleted_while_no_bot_ran_is_posted_anew(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.start_run()
        async with box.serving():
            await box.wait_until_posted()
        for message in box.workspace.messages():
            box.workspace.state.remove(message)
        box.store.opened._connection.execute("DELETE FROM posts WHERE event > 0")
        box.run_step(run, DEPLOY)
        async with box.serving():
            await box.wait_until_posted()
            await box.message_with("✅", "Put the code there")
            (card,) = cards(box)
            assert {message.thread_ts for message in box.workspace.messages() if message is not card} == {card.ts}

    play(tmp_path, story, serve=False)


def test_what_the_card_alone_shows_is_stored_and_not_kept_in_memory(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.start_run()

        async def no_card() -> Draft:
            raise AssertionError("no card is drawn here")

        messages = ThreadMessages(box.store, Sender(make_client(box.settings)), run.id, "C1", no_card)
        for event, ts in ((CARD, "1.0"), (7, "1.0"), (8, "2.0")):
            await messages.save(event, ts)
        await messages.save_silent(9)
        assert messages.forget_silent() == {7}
        assert messages.posts == {CARD: "1.0", 8: "2.0"}
        assert box.store.posts(run.id) == {CARD: "1.0", 7: "1.0", 8: "2.0", 9: "1.0"}

    play(tmp_path, story, serve=False)


def test_a_question_that_was_deleted_is_posted_anew_although_nothing_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread_messages, "SENT_AGAIN", 0.5)

    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        await box.wait_until_posted()
        old = await box.message_with("Please sign")
        box.workspace.state.remove(old)
        question = await box.message_with("Please sign")
        assert buttons(question) == ["sign", "refuse"]
        assert question.thread_ts == (await box.card()).ts
        await box.workspace.press(DBA, question.ts, "sign")
        signed = await box.message_with("signed by <@U02DBA>")
        assert signed.ts == question.ts, "the new message is the one that is kept up to date"

    play(tmp_path, story)


def test_the_end_of_a_step_whose_message_was_deleted_is_posted(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.begin_step(run, DEPLOY)
        box.workspace.state.remove(await box.message_with("⏳", "Put the code there"))
        box.end_step(run, DEPLOY)
        await box.message_with("✅", "Put the code there")
        await box.wait_until_posted()
        assert len([one for one in box.workspace.messages() if "✅ *Put the code there" in str(one.blocks)]) == 1

    play(tmp_path, story)


def test_a_card_that_can_never_be_changed_does_not_fill_the_channel(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        await box.wait_until_posted()
        box.workspace.faults.errors["chat.update"] = "cant_update_message"
        for _ in range(2):
            box.actions(run).hold(in_slack(GUEST), "", box.deps.now())
            await calls_of(box, "chat.update")
            box.actions(run).resume(in_slack(LEAD), "", box.deps.now())
            await calls_of(box, "chat.update")
        assert len(cards(box)) == 2, "the old one and one in its place"

    play(tmp_path, story)


@pytest.mark.fault("one bad old thing stops all")
def test_where_messages_may_not_be_changed_any_more_the_run_is_told_in_new_ones(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.begin_step(run, DEPLOY)
        await box.message_with("⏳", "Put the code there")
        box.workspace.faults.errors["chat.update"] = "edit_window_closed"
        box.end_step(run, DEPLOY)
        await box.message_with("✅", "Put the code there")
        box.run_step(run, HEALTH)
        await box.message_with("✅ *Health*")
        box.actions(run).hold(in_slack(GUEST), "", box.deps.now())
        await box.wait_until(lambda: len(cards(box)) == 2)
        await calls_of(box, "chat.update", 2)
        assert len(cards(box)) == 2, "the old one and one in its place"
        assert "rollback" in buttons(cards(box)[-1])

    play(tmp_path, story)


def test_a_file_that_slack_refuses_delays_no_message_and_comes_after_a_restart(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        refused = {"files.getUploadURLExternal": "team_is_moving"}
        async with box.serving():
            await box.wait_until_posted()
            box.workspace.faults.errors = dict(refused)
            box.run_step(run, DEPLOY, LONG)
            box.run_step(run, HEALTH)
            await box.message_with("✅ *Health*")
            await box.wait_until_posted()
            assert box.store.events(1)[-3].id not in box.store.posts(1), "its file is still to come"
        box.workspace.faults.errors.clear()
        for _ in range(2):
            async with box.serving():
                await box.wait_until(lambda: box.store.events(1)[-3].id in box.store.posts(1), 15)
                await box.wait_until(lambda: [one for one in box.workspace.messages() if one.files])
        (file,) = [file for message in box.workspace.messages() for file in message.files]
        assert file["title"] == "Output of Put the code there"
        assert len(posted_events(box)) == len(set(posted_events(box))) + 1

    play(tmp_path, story, serve=False)


def test_an_ended_run_is_posted_to_its_end_only_when_its_last_change_is_in_slack(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        await box.wait_until_posted()
        box.workspace.faults.errors["chat.update"] = READ_ONLY
        box.move_run(run, RunState.ABORTED)
        await box.wait_until_posted()
        await calls_of(box, "chat.update", 2)
        assert run_thread.FINAL not in box.store.posts(1)
        box.workspace.faults.errors.clear()
        await box.message_with("shop: ABORTED", "Run 1")
        await box.wait_until(lambda: run_thread.FINAL in box.store.posts(1), 20)

    play(tmp_path, story)


def test_a_bot_that_is_killed_and_started_again_is_never_told_to_slow_down(tmp_path: Path, empty_start: None) -> None:
    async def story(box: SlackBox) -> None:
        box.workspace.state.strict_rate_limits = True
        run = box.run_at_gate()
        for life in range(3):
            async with box.serving():
                for number in range(4):
                    box.run_step(run, HEALTH, attempt=life * 10 + number + 1)
                await calls_of(box, "chat.postMessage", 3)
        async with box.serving():
            await box.wait_until(lambda: updates(box) > 0, 30)
        assert box.workspace.rate_limiter.refused == []

    play(tmp_path, story, serve=False)


@pytest.mark.parametrize(
    ("actions", "asks"), [(["rollback"], False), (["sign", "refuse"], True), (["false_alarm", "rollback"], True)]
)
def test_a_message_is_watched_for_the_buttons_that_the_card_has_not(actions: list[str], asks: bool) -> None:
    block = {"type": "actions", "elements": [{"action_id": action} for action in actions]}
    text = {"type": "context", "elements": [{"type": "mrkdwn"}]}
    assert asks_people(Drawn(text="x", blocks=[text, block])) is asks
