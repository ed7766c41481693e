"""The shortcut "Note for the report" in the workspace in a box, from the menu to the report."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from bot.doors.reports_as_json import event_json, status_json
from bot.rehearsal.workspace import Message, View
from bot.report.build import report_of
from bot.report.html import as_html
from bot.report.markdown import as_markdown
from bot.slack.noted_message import plain_words
from commands.report.status import status_of
from state.events import NoteAdded
from state.facts import Note
from state.records import RunState
from tests.bot.slack.membership_story import OTHER, nobody_can_be_asked
from tests.bot.slack.run_writer import CHANNEL, DBA, GUEST, LEAD
from tests.bot.slack.slack_box import SlackBox, play
from tests.bot.slack.views.drawn import texts

SLOW = "The cache was cold &amp; <https://wiki/x|slow>"


async def form_for(box: SlackBox, person: str, message: Message) -> View:
    """The form that the shortcut opens on a message."""
    assert (await box.workspace.use_shortcut(person, message.ts)).acked
    await box.wait_until(lambda: box.workspace.views(person))
    return box.workspace.views(person)[-1]


def typed_in(text: str) -> dict[str, dict[str, str]]:
    return {"note": {"note": text}}


def notes_of(box: SlackBox, run: int = 1) -> list[Note]:
    return [fact for fact in box.store.record(run).facts if isinstance(fact, Note)]


def test_a_message_of_the_thread_goes_into_the_report_with_who_when_and_its_link(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        card = await box.card()
        message = box.workspace.say(DBA, SLOW, thread_ts=card.ts)
        form = await form_for(box, LEAD, message)
        assert "run 1 of shop" in "\n".join(texts(form.view["blocks"]))
        assert form.blocks[-1]["element"]["initial_value"] == "The cache was cold & slow (https://wiki/x)"
        assert (await box.workspace.submit(LEAD, form.id, {})).errors == {}
        assert box.workspace.views(LEAD) == []
        line = await box.message_with("Note for the report by <@U05LEAD>: The cache was cold &amp; slow", "|message>")
        assert line.thread_ts == card.ts
        (note,) = notes_of(box)
        assert (note.person, note.author, note.text) == (LEAD, DBA, "The cache was cold & slow (https://wiki/x)")
        assert note.link.startswith(box.workspace.url)

        report = report_of(box.store, box.store.run(run.id), {}, box.deps.now(), {LEAD: "Malee", DBA: "Somchai"})
        for shown in (as_html(report, None), as_markdown(report)):
            for piece in ("Notes", "Malee", "by Somchai:", "The cache was cold"):
                assert piece in shown
        status = status_of(box.page, box.store.record(run.id), box.deps.now())
        (stored,) = json.loads("\n".join(status_json(status)))["notes"]
        assert (stored["by"], stored["text"], stored["link"]) == (LEAD, note.text, note.link)
        (told,) = [event for event in box.store.events(run.id) if isinstance(event.data, NoteAdded)]
        assert json.loads(event_json(told))["detail"] == note.text
        assert told.hash, "the journal covers it"

    play(tmp_path, story)


def test_the_text_can_be_edited_and_its_secrets_are_masked(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        form = await form_for(box, LEAD, box.workspace.say(DBA, "see below"))
        secret = "postgres://ana:topsecret@db, password=hunter2hunter2, hunter-of-the-environment"
        await box.workspace.submit(LEAD, form.id, typed_in(f"It was slow: {secret}"))
        line = await box.message_with("It was slow")
        (note,) = notes_of(box)
        for shown in (note.text, str(line.blocks), line.text):
            assert "It was slow" in shown
            for piece in ("topsecret", "hunter2hunter2", "hunter-of-the-environment"):
                assert piece not in shown

    play(tmp_path, story)


def test_one_form_is_one_note_however_often_slack_delivers_it(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        form = await form_for(box, LEAD, box.workspace.say(DBA, "slow"))
        box.workspace.faults.duplicate_envelopes = True
        await box.workspace.submit(LEAD, form.id, {})
        await box.wait_until(lambda: notes_of(box))
        await asyncio.sleep(0.3)
        assert len(notes_of(box)) == 1

    play(tmp_path, story)


def test_a_message_of_the_channel_needs_the_one_active_run(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        message = box.workspace.say(DBA, "slow")
        await box.workspace.use_shortcut(LEAD, message.ts)
        await box.reply_to(LEAD, "No run is active in this channel")
        first = box.run_at_gate()
        first_card = await box.card()
        box.store._db.execute("UPDATE runs SET target = 'other' WHERE id = ?", first.id)
        second = box.run_at_gate()
        await box.workspace.use_shortcut(LEAD, message.ts)
        await box.reply_to(LEAD, "Several runs are active in this channel")
        assert box.workspace.views(LEAD) == []
        form = await form_for(box, LEAD, box.workspace.say(DBA, "here", thread_ts=first_card.ts))
        await box.workspace.submit(LEAD, form.id, {})
        assert [len(notes_of(box, run.id)) for run in (first, second)] == [1, 0]

    play(tmp_path, story)


def test_a_run_that_has_ended_meanwhile_takes_no_note(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        form = await form_for(box, LEAD, box.workspace.say(DBA, "slow"))
        box.move_run(run, RunState.ABORTED)
        reply = await box.workspace.submit(LEAD, form.id, {})
        assert reply.errors["note"] == "🚫 Run 1 is over, and its report is posted. Nothing was noted."
        assert notes_of(box) == []

    play(tmp_path, story)


def test_a_message_of_another_app_or_a_deleted_one_is_refused_with_why(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        state = box.workspace.state
        alien = state.post(Message(CHANNEL, state.new_ts(), "U77APP", "disk full", bot_id="B77"))
        await box.workspace.use_shortcut(LEAD, alien.ts)
        await box.reply_to(LEAD, "This message is from another app")
        gone = box.workspace.say(DBA, "slow")
        form = await form_for(box, LEAD, gone)
        state.remove(gone)
        reply = await box.workspace.submit(LEAD, form.id, {})
        assert reply.errors["note"] == "🚫 This message has been deleted, so nothing was noted."
        assert notes_of(box) == []
        own = await form_for(box, DBA, await box.card())
        await box.workspace.submit(DBA, own.id, {})
        assert [note.author for note in notes_of(box)] == [""]

    play(tmp_path, story)


def test_a_link_that_slack_does_not_give_is_left_out(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        form = await form_for(box, LEAD, box.workspace.say(DBA, "slow"))
        box.workspace.faults.errors["chat.getPermalink"] = "internal_error"
        await box.workspace.submit(LEAD, form.id, {})
        await box.message_with("Note for the report", without="|message>")
        assert [note.link for note in notes_of(box)] == [""]

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"guest": "multi"}, "Guests may not do this"),
        ({"is_bot": True}, "Bots may not do this"),
        ({"team": "T9OTHER"}, "Your account belongs to another one"),
    ],
)
def test_only_people_who_are_full_members_note(tmp_path: Path, change: dict[str, object], says: str) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        form = await form_for(box, GUEST, box.workspace.say(DBA, "slow"))
        box.workspace.change_person(GUEST, **change)
        reply = await box.workspace.submit(GUEST, form.id, {})
        assert says in reply.errors["note"]
        assert notes_of(box) == []

    play(tmp_path, story)


def test_who_has_left_the_channel_or_is_in_another_one_notes_nothing(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        form = await form_for(box, LEAD, box.workspace.say(DBA, "slow"))
        box.workspace.leave(LEAD)
        reply = await box.workspace.submit(LEAD, form.id, {})
        assert "Only members of" in reply.errors["note"]
        box.workspace.add_channel(OTHER, [DBA])
        await box.workspace.use_shortcut(DBA, box.workspace.say(DBA, "slow", OTHER).ts)
        await box.reply_to(DBA, "No run is active in this channel")
        assert notes_of(box) == []

    play(tmp_path, story)


def test_while_slack_does_not_say_who_somebody_is_nothing_is_noted(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        form = await form_for(box, LEAD, box.workspace.say(DBA, "slow"))
        nobody_can_be_asked(box)
        reply = await box.workspace.submit(LEAD, form.id, {})
        assert "Nothing was recorded" in reply.errors["note"]
        assert notes_of(box) == []

    play(tmp_path, story)


def test_a_message_without_words_opens_an_empty_form_and_an_empty_note_is_refused(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        picture = box.workspace.say(DBA, "")
        form = await form_for(box, LEAD, picture)
        assert "initial_value" not in form.blocks[-1]["element"]
        reply = await box.workspace.submit(LEAD, form.id, typed_in("  "))
        assert reply.errors["note"] == "🚫 The note is empty. Write what the report should say."
        assert notes_of(box) == []

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<@U012AB> see <#C01|deploys> &lt;b&gt;", "U012AB see #deploys <b>"),
        ("<!here> <!subteam^S1|@dbas> <!date^1^{time}|noon>", "@here @dbas noon"),
        ("<https://a.b/?x=1&amp;y=2> <mailto:a@b.c|a@b.c>", "https://a.b/?x=1&y=2 a@b.c"),
        ("  1 < 2  ", "1 < 2"),
    ],
)
def test_slacks_markup_is_shown_as_people_read_it(text: str, plain: str) -> None:
    assert plain_words(text) == plain


def test_a_note_of_many_words_keeps_its_line_and_its_form_within_limits(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.run_at_gate()
        form = await form_for(box, LEAD, box.workspace.say(DBA, "very slow 🐌 " * 900))
        assert (await box.workspace.submit(LEAD, form.id, {})).errors == {}
        await box.message_with("Note for the report", "very slow")
        (note,) = notes_of(box)
        assert len(note.text) <= 500

    play(tmp_path, story)
