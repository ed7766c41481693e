"""Buttons, commands and forms in the workspace in a box: done once, and answered."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from slack_sdk.errors import SlackApiError

from bot.rehearsal.workspace import View
from bot.slack import acts
from bot.slack.listeners import BUTTONS, Listeners
from bot.slack.views.modals import REASONS
from commands.steps.outcome import failed
from state.facts import Signature
from tests.bot.slack.run_writer import DBA, DEPLOY, GUEST, LEAD
from tests.bot.slack.slack_box import SlackBox, buttons, play


async def form_of(box: SlackBox, person: str) -> View:
    """The form that is open for a person."""
    await box.wait_until(lambda: box.workspace.views(person))
    return box.workspace.views(person)[-1]


def test_each_role_signs_with_the_button_and_the_message_says_who_signed(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        question = await box.message_with("Please sign")
        assert buttons(question) == ["sign", "refuse"]
        await box.workspace.press(DBA, question.ts, "sign")
        await box.reply_to(DBA, "Signed as Database Admin")
        await box.workspace.press(LEAD, question.ts, "sign")
        settled = await box.message_with("Signed: ✅", without="Please sign")
        assert settled.ts == question.ts
        assert buttons(settled) == []
        assert str(settled.blocks).count("signed by") == 2

    play(tmp_path, story)


def test_the_wrong_person_gets_a_refusal_and_the_message_stays(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        question = await box.message_with("Please sign")
        await box.workspace.press(GUEST, question.ts, "sign")
        await box.reply_to(GUEST, "Only the Database Admin or Tech Lead may sign")
        assert buttons(await box.message_with("Please sign")) == ["sign", "refuse"]
        assert box.store.record(run.id).facts == ()

    play(tmp_path, story)


def test_a_second_press_is_the_same_press(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        question = await box.message_with("Please sign")
        for reply in ("Signed as", "already answered this"):
            await box.workspace.press(DBA, question.ts, "sign")
            await box.reply_to(DBA, reply)
        assert len(box.store.record(run.id).facts) == 1

    play(tmp_path, story)


def test_what_slack_delivers_twice_happens_once(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.workspace.faults.duplicate_envelopes = True
        await box.workspace.command(DBA, "/deploy start small")
        await box.reply_to(DBA, "has started")
        await box.reply_to(DBA, "already has run 1")
        card = await box.card()
        await box.workspace.press(GUEST, card.ts, "rollback")
        await box.reply_to(GUEST, "A second request changes nothing")
        assert [run.id for run in box.store.runs()] == [1]
        assert [fact.kind for fact in box.store.record(1).facts] == ["rollback"]

    play(tmp_path, story)


def test_anybody_can_roll_back_from_the_card(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        await box.workspace.press(GUEST, (await box.card()).ts, "rollback")
        await box.reply_to(GUEST, "nothing is rolled back")
        request = box.store.record(run.id).rollback
        assert request
        assert (request.person, request.by.door) == (GUEST, "slack")
        card = await box.message_with("shop: ending, nothing was changed")
        assert buttons(card) == []

    play(tmp_path, story)


def test_hold_and_resume_change_the_card(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        card = await box.card()
        await box.workspace.press(GUEST, card.ts, "hold")
        on_hold = await box.message_with("shop: ON HOLD")
        assert buttons(on_hold) == ["rollback", "resume"]
        await box.workspace.press(GUEST, card.ts, "resume")
        await box.reply_to(GUEST, "Only the Tech Lead may resume")
        await box.workspace.press(LEAD, card.ts, "resume")
        await box.message_with("shop: waiting for sign-off", "'hold'")

    play(tmp_path, story)


def test_an_alert_is_held_as_a_false_alarm_from_the_card(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_with_countdown()
        card = await box.message_with("ALERT, about to roll back", "Run 1")
        assert buttons(card) == ["rollback", "false_alarm", "hold"]
        await box.workspace.press(LEAD, card.ts, "false_alarm")
        form = await form_of(box, LEAD)
        reply = await box.workspace.submit(LEAD, form.id, {"reason": {"reason": "A load test"}})
        assert reply.errors == {}
        await box.message_with("shop: watching", "is held as a false alarm", "A load test")
        (hold,) = [fact for fact in box.store.record(run.id).facts if fact.kind == "false alarm"]
        assert hold.person == LEAD

    play(tmp_path, story)


def test_the_button_beside_the_number_of_checks_shows_all_of_them_to_its_person(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.start_run()
        box.begin_watch(run)
        box.run_check(run, 0.2, text="answered_in_time of all")
        card = await box.message_with("✅ 1 check ok")
        assert "answered_in_time" not in str(card.blocks), "what is well is folded"
        await box.workspace.press(GUEST, card.ts, "checks")
        shown = await box.reply_to(GUEST, "All checks")
        assert "answered_in_time of all" in str(shown.blocks)
        assert box.store.record(run.id).facts == (), "to look changes nothing"

    play(tmp_path, story)


def test_refusing_opens_a_form_for_the_reason(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        question = await box.message_with("Please sign")
        await box.workspace.press(LEAD, question.ts, "refuse")
        form = await form_of(box, LEAD)
        reply = await box.workspace.submit(LEAD, form.id, {"reason": {"reason": "The backup is old"}})
        assert reply.errors == {}
        assert box.workspace.views(LEAD) == []
        await box.message_with("refused to sign", "The backup is old")
        signature = box.store.record(run.id).newest(Signature, step="ready", attempt=1)
        assert signature
        assert (signature.refused, signature.role) == (True, "lead")

    play(tmp_path, story)


def test_a_refused_form_says_why_at_its_field(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        question = await box.message_with("Please sign")
        await box.workspace.press(GUEST, question.ts, "refuse")
        form = await form_of(box, GUEST)
        reply = await box.workspace.submit(GUEST, form.id, {"reason": {"reason": "I do not like it"}})
        assert "may refuse to sign" in reply.errors["reason"]

    play(tmp_path, story)


def test_a_failed_step_offers_every_answer_and_takes_one(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        for person in (DBA, LEAD):
            question = await box.message_with("Please sign")
            await box.workspace.press(person, question.ts, "sign")
            await box.reply_to(person, "Signed as")
        box.run_step(run, DEPLOY, failed("npm ended with 1."))
        question = await box.message_with("Failed: Put the code there")
        assert buttons(question) == ["again", "done", "skip", "rollback"]
        await box.workspace.press(LEAD, question.ts, "again")
        await box.message_with("Run again", f"<@{LEAD}>", without="'again'")

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("/deploy start smal", "did you mean small.md"),
        ("/deploy rolback", "Did you mean `/deploy rollback`"),
        ("/deploy", "/deploy status"),
        ("/deploy help", "roll back; anybody can, at any time"),
        ("/deploy status", "There is no run yet"),
        ("/deploy history", "There is no run yet"),
        ("/deploy rollback", "No run is active"),
        ("/deploy nonsense <!channel>", "There is no `/deploy nonsense`"),
    ],
)
def test_a_command_that_cannot_be_done_is_answered_with_what_can(tmp_path: Path, text: str, reply: str) -> None:
    async def story(box: SlackBox) -> None:
        assert (await box.workspace.command(GUEST, text)).acked
        await box.reply_to(GUEST, reply)

    play(tmp_path, story)


def test_the_buttons_of_a_status_work_for_its_person(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        await box.card()
        await box.workspace.command(GUEST, "/deploy status")
        status = await box.reply_to(GUEST, "waiting for sign-off")
        await box.workspace.press(GUEST, status.ts, "hold")
        await box.reply_to(GUEST, "On hold")

    play(tmp_path, story)


def test_an_internal_error_is_logged_and_its_person_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError

    async def story(box: SlackBox) -> None:
        await box.workspace.command(GUEST, "/deploy status")
        await box.reply_to(GUEST, "🚫 The bot hit an internal error; its log has the details.")

    monkeypatch.setattr(acts, "read_command", broken)
    play(tmp_path, story)
    assert "ValueError" in caplog.text


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        ("expired_trigger_id", "That took too long. Please press it again."),
        ("internal_error", "Slack did not open the form (internal_error). You can type the command: see /deploy help."),
    ],
)
def test_a_form_that_slack_does_not_open_is_explained(error: str, reply: str) -> None:
    class Client:
        async def views_open(self, **_: object) -> None:
            raise SlackApiError("no", {"error": error})  # type: ignore[no-untyped-call]

    replies: list[str] = []

    async def respond(text: str, **_: object) -> None:
        replies.append(text)

    asyncio.run(Listeners(Client(), None, None)._open({"trigger_id": "1"}, respond, {}))  # type: ignore[arg-type]
    assert replies == [reply]


def test_every_button_either_acts_or_asks_for_a_reason() -> None:
    assert not set(BUTTONS) & set(REASONS)
