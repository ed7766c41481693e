"""A queued start in the workspace in a box: offered, shown, asked about, started, moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.doors.queue_actions import read_order
from bot.rehearsal.workspace import Message
from bot.slack.slash_command import start_of
from bot.slack.views.queue import queue_form, queue_offer, request_of
from commands.queue.keeper import QueueKeeper
from commands.queue.places import queue_places
from commands.start.preflight import PreflightReport
from commands.start.request import StartRequest
from state.errors import Refused
from state.records import RunState
from tests.bot.slack.run_writer import CHANNEL, DBA, GUEST, LEAD
from tests.bot.slack.slack_box import SlackBox, buttons, play
from tests.pages import event


class Hands:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        """The time."""
        return datetime.now(UTC) + self.ahead


def played(folder: Path, story: Any, **changes: Any) -> None:
    """Play a story whose time the test moves."""
    hands = Hands()

    async def with_keeper(box: SlackBox) -> None:
        keeper = QueueKeeper(box.store, box.deps.starter)

        def turn(minutes: float = 0) -> None:
            hands.ahead += timedelta(minutes=minutes)
            keeper.turn()

        await story(box, turn)

    play(folder, with_keeper, now=hands.now, **changes)


async def typed(box: SlackBox, person: str, text: str, *replies: str) -> Message:
    """What `/deploy TEXT` answers to its person."""
    assert (await box.workspace.command(person, f"/deploy {text}")).acked
    return await box.reply_to(person, *replies)


def end(box: SlackBox, number: int) -> None:
    """Let a run end with KEEP."""
    box.store.move_run(number, RunState.KEPT, box.deps.now(), event("moved", {"state": "kept"}))


def test_a_start_on_a_busy_target_is_offered_a_place_in_the_queue_and_begins_by_a_press(tmp_path: Path) -> None:
    async def story(box: SlackBox, turn: Any) -> None:
        box.start_run()
        await box.card()
        offer = await typed(box, DBA, "start small.md", "shop already has run 1")
        assert buttons(offer) == ["queue_behind"]
        await box.workspace.press(DBA, offer.ts, "queue_behind")
        await box.reply_to(DBA, "is queued as start 2")
        card = await box.message_with("start queued", "1st of 1", "behind run 1")
        assert buttons(card) == ["drop"]
        await box.message_with("Queued for this target", "behind run 1")
        await box.workspace.press(DBA, offer.ts, "queue_behind")
        await box.reply_to(DBA, "You have queued this already: it is queued start 2.")
        end(box, 1)
        turn()
        question = await box.message_with("Start shop now?", "Run 1 was kept.", f"<@{DBA}>", f"<@{LEAD}>")
        assert buttons(question) == ["start_queued", "put_off", "drop"]
        assert question.broadcast, "it is asked in the channel"
        for label in ("Start now", "15 minutes later", "Drop"):
            assert f"• *{label}*: " in str(question.blocks), "each button says what it does"
        await box.workspace.press(GUEST, question.ts, "start_queued")
        await box.reply_to(GUEST, "Only the")
        assert box.store.active_runs() == []
        await box.workspace.press(LEAD, question.ts, "start_queued")
        await box.reply_to(LEAD, "Run 3 of small.md has started.")
        assert (box.store.run(3).starter, box.store.run(2).state) == (DBA, RunState.STARTED)
        await box.message_with("Started as run 3")
        await box.message_with(f"Queued start 2, confirmed by <@{LEAD}>")
        await box.message_with("this question is closed", without="start_queued")

    played(tmp_path, story)


def test_the_start_form_offers_the_queue_too(tmp_path: Path) -> None:
    async def story(box: SlackBox, _: Any) -> None:
        box.start_run()
        assert (await box.workspace.command(DBA, "/deploy start")).acked
        await box.wait_until(lambda: box.workspace.views(DBA))
        form = box.workspace.views(DBA)[-1]
        await box.workspace.submit(DBA, form.id, {"ref": {"ref": "v2.4.1"}, "note": {"note": "the bank waits"}})
        await box.wait_until(lambda: "Queue behind run 1" in str(box.workspace.views(DBA)[-1].view))
        await box.workspace.submit(DBA, box.workspace.views(DBA)[-1].id, {})
        await box.wait_until(box.store.queued)
        queued = box.store.queued()[0]
        assert (queued.ref, queued.note, queued.channel) == ("v2.4.1", "the bank waits", CHANNEL)
        assert "is queued as start 2" in str(box.workspace.views(DBA)[-1].view)

    played(tmp_path, story)


def test_a_planned_start_is_asked_about_at_its_time_put_off_and_steps_aside(tmp_path: Path) -> None:
    async def story(box: SlackBox, turn: Any) -> None:
        when = box.deps.now() + timedelta(hours=30)
        await typed(box, DBA, f"start small.md v2 at {when:%Y-%m-%d %H:%M}Z", "is queued as start 1")
        await box.message_with("start planned", "Planned for")
        turn(29 * 60)
        assert box.store.newest_event(1, event("start asked").data.kind) is None
        turn(61)
        question = await box.message_with("Start shop now?", "v2")
        await box.workspace.press(LEAD, question.ts, "put_off")
        await box.reply_to(LEAD, "You are asked again in 15 minutes.")
        await box.message_with("Put off", f"<@{LEAD}>")
        turn(16)
        await box.message_with("Start shop now?", "start_queued")
        turn(16)
        await box.message_with("It left the queue", "nobody answered within 15 min", f"<@{DBA}>")
        await box.message_with("queued start dropped")
        assert box.store.runs() == []

    played(tmp_path, story)


def test_the_queue_is_listed_moved_with_a_reason_and_left(tmp_path: Path) -> None:
    async def story(box: SlackBox, turn: Any) -> None:
        box.start_run()
        for number, (person, ref) in enumerate([(DBA, "v2"), (LEAD, "v3")], start=2):
            offer = await typed(box, person, f"start small.md {ref}", "shop already has run 1")
            await box.workspace.press(person, offer.ts, "queue_behind")
            await box.reply_to(person, f"is queued as start {number}")
        await typed(
            box, GUEST, "queue", "*1st*  small.md `v2` · queued start 2", "*2nd*  small.md `v3` · queued start 3"
        )
        await typed(box, DBA, "queue move 3 1", "A change of the order needs a reason", "queue move 3 1 the hotfix")
        await typed(box, DBA, "queue move 3 1 the bank waits", "Queued start 3 has place 1 now.")
        assert [place.run.id for place in queue_places(box.store, "shop")] == [3, 2]
        await box.message_with("Place 1 in the queue", "the bank waits")
        await typed(box, LEAD, "queue drop 2 not tonight", "Queued start 2 is dropped.")
        await box.message_with("Dropped", "not tonight", f"<@{LEAD}>")
        await typed(box, LEAD, "queue drop 99", "99 is no queued start.")
        await typed(box, LEAD, "queue jump", "“jump” is not known. Type /deploy queue")
        end(box, 1)
        await typed(box, DBA, "status", "No run is active, and starts are queued.")

    played(tmp_path, story)


def test_the_home_shows_the_queue_and_the_question_to_those_who_are_asked(tmp_path: Path) -> None:
    async def story(box: SlackBox, turn: Any) -> None:
        await typed(box, DBA, "start small.md v2 at tomorrow 23:59", "is queued as start 1")
        box.workspace.open_home(LEAD)
        await box.wait_until(lambda: "Queued: 1" in home_of(box, LEAD))
        assert "Waiting for you" not in home_of(box, LEAD)
        turn(48 * 60)
        await box.wait_until(lambda: "Waiting for you: 1" in home_of(box, LEAD))
        assert "start_queued" in home_of(box, LEAD)

    played(tmp_path, story)


def home_of(box: SlackBox, person: str) -> str:
    """What a person's Home holds."""
    view = box.workspace.home(person)
    return str(view.view) if view else ""


def test_whoever_queued_it_and_left_the_channel_does_not_start_anything(tmp_path: Path) -> None:
    async def story(box: SlackBox, turn: Any) -> None:
        await typed(box, DBA, "start small.md v2 at tomorrow 23:59", "is queued as start 1")
        turn(48 * 60)
        question = await box.message_with("Start shop now?")
        box.workspace.leave(DBA, CHANNEL)
        await box.workspace.press(LEAD, question.ts, "start_queued")
        await box.reply_to(LEAD, "queued this and may not act here any more")
        assert box.store.active_runs() == []

    played(tmp_path, story)


def test_what_the_checks_find_is_told_to_whoever_pressed_and_the_question_stays(tmp_path: Path) -> None:
    failing = [True]

    def preflight(*_: object) -> PreflightReport:
        if failing[0]:
            raise Refused("small was not started: host backend: nobody listens there")
        return PreflightReport()

    async def story(box: SlackBox, turn: Any) -> None:
        await typed(box, DBA, "start small.md v2 at tomorrow 23:59", "is queued as start 1")
        turn(48 * 60)
        question = await box.message_with("Start shop now?")
        await box.workspace.press(LEAD, question.ts, "start_queued")
        await box.reply_to(LEAD, "nobody listens there")
        failing[0] = False
        await box.workspace.press(LEAD, question.ts, "start_queued")
        await box.reply_to(LEAD, "Run 2 of small.md has started.")

    played(tmp_path, story, preflight=preflight)


def test_an_offer_with_hostile_words_comes_back_whole() -> None:
    words = '"\\\x00' * 400
    request = StartRequest(page="small.md", ref="v2", notice_minutes=10, note=words, because=words, press="T1")
    offer = queue_offer("shop is busy", request, 1)
    value = offer.blocks[-1]["elements"][0]["value"]
    assert len(value) < 2000
    assert len(queue_form("shop is busy", request, 1, CHANNEL)["private_metadata"]) < 3000
    again = request_of(value)
    assert (again.page, again.ref, again.notice_minutes, again.press) == ("small.md", "v2", 10, "T1")
    assert again.note.startswith('"\\"\\')


@pytest.mark.parametrize(
    ("text", "page", "ref", "at"),
    [
        ("start at 23:00", "", "", "23:00"),
        ("start option-a.md at tomorrow 23:00", "option-a.md", "", "tomorrow 23:00"),
        ("start option-a.md v2.4.1 AT 2026-11-30 23:00+07:00", "option-a.md", "v2.4.1", "2026-11-30 23:00+07:00"),
    ],
)
def test_a_time_comes_last_after_at(text: str, page: str, ref: str, at: str) -> None:
    request = start_of(text)
    assert request
    assert (request.page, request.ref, request.at) == (page, ref, at)


def test_at_without_a_time_is_refused() -> None:
    with pytest.raises(Refused, match="The time after “at” is missing"):
        start_of("start option-a.md at")


@pytest.mark.parametrize("text", ["drop", "drop x", "drop 1e3", "move 3", "move 3 one because", "drop 99999999999"])
def test_an_order_that_is_none_is_refused_with_what_to_type(text: str) -> None:
    with pytest.raises(Refused, match="Type /deploy queue"):
        read_order(text)
