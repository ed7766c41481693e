"""A drill in Slack: its mark, whom it calls, and the message in which people take part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.slack.views.blocks import Message, message, section
from bot.slack.views.card import card
from bot.slack.views.drill import invitation, marked, not_called
from bot.slack.views.push import LENGTH
from bot.slack.views.run import rollback_requested, run_moved
from bot.slack.views.snapshot import INVITED, Asked
from bot.text import utf16_length
from commands.report.status_text import status_lines
from state.events import PeopleInvited, RollbackRequested, RunMoved
from state.facts import BOT, Actor, Door, DrillBegun, Fact, RollbackRequest, RunClosed, TakesPart
from state.records import Drill, RunState
from tests.bot.slack.run_writer import DBA, LEAD, in_slack
from tests.bot.slack.views.drawn import event_with, shown, snapshot_with
from tests.pages import NOON

ANYBODY = Actor(person="U1", door=Door.SLACK)


def test_a_message_of_a_drill_says_so_first_on_the_phone_and_on_the_screen() -> None:
    said = marked(message("🚨 Database Admin: API response > 5 s & more", [section("too slow")]), ())
    assert said.text.startswith("DRILL · ")
    assert shown(said).splitlines()[0] == "🎯 *DRILL* · an exercise, not on the real target"
    assert marked(said, ()) == said, "it is marked once"
    assert marked(Message(text="run started", blocks=[]), ()).text == "DRILL · run started"


def test_the_mark_keeps_a_notification_within_its_length() -> None:
    said = marked(message("x" * 200, [section("&" * 20)]), ())
    assert utf16_length(said.text) <= LENGTH


@pytest.mark.parametrize("blocks", [[section("<@U1> <@U2> <!subteam^S01DBAS> <!here>")], []])
def test_only_those_who_take_part_are_called(blocks: list[dict[str, object]]) -> None:
    said = marked(Message(text="<@U1> <@U2> <!channel>", blocks=blocks), {"U1"})
    everything = f"{said.text} {said.blocks}"
    assert "<@U1>" in everything
    assert "<@U2>" not in everything
    assert "<!" not in everything


def test_who_does_not_take_part_is_shown_by_name_which_formats_and_calls_nobody() -> None:
    names = {"U2": "Ann <!here> *Lee*", "U3": "x" * 300}
    said = marked(
        Message(text="<@U2> acted", blocks=[section("*Held* by <@U2>, <@U1>, <@U3>, <@U4>") or {}]), {"U1"}, names
    )
    assert said.text == "DRILL · Ann &lt;!here&gt; *Lee* acted"
    assert f"*Held* by Ann &lt;!here&gt; *Lee*, <@U1>, {'x' * 39}…, U4" in shown(said)
    assert not_called(said, {"U1"}) == set()
    assert not_called(Message(text="<@U1> <@U2>", blocks=[section("<@U3>") or {}]), {"U1"}) == {"U2", "U3"}


def test_names_in_the_place_of_ids_keep_a_text_within_slacks_limit() -> None:
    said = marked(Message(text="x", blocks=[section("<@U23456789> " * 220) or {}]), (), {"U23456789": "n" * 40})
    assert utf16_length(said.blocks[1]["text"]["text"]) <= 3000


def test_the_card_before_a_drill_begins_says_who_is_missing_and_what_to_press() -> None:
    facts = tuple(TakesPart(by=in_slack(person), at=NOON) for person in (DBA, LEAD))
    waits = replace(snapshot_with(drill=Drill.PLACES, facts=facts[:1]), mentions={"dba": [DBA]})
    text = shown(card(waits))
    assert "*Waiting for people to take part.* Nobody takes part as Tech Lead.\nHold one of these roles?" in text
    assert "Press *I take part*\n👉 The buttons are in the thread" in text
    link = Asked(at=NOON, link="https://slack.example/p1")
    complete = replace(waits, record=replace(waits.record, facts=facts), questions={INVITED: link})
    text = shown(card(replace(complete, mentions={"dba": [DBA], "lead": [LEAD]})))
    assert "*Everybody it needs takes part.* One of you presses *Begin the drill*" in text
    assert "<https://slack.example/p1|Go to the buttons>" in text
    begun = snapshot_with(drill=Drill.PLACES, facts=(*facts, DrillBegun(by=ANYBODY, at=NOON)))
    assert "take part" not in shown(card(begun))
    assert "take part" not in shown(card(snapshot_with()))


def test_who_rolls_back_before_a_drill_has_begun_reads_no_time_budget() -> None:
    back = RollbackRequest(by=ANYBODY, at=NOON, reason="not today")
    snapshot, data = (
        snapshot_with(drill=Drill.PLACES, facts=(back,)),
        RollbackRequested(person="U1", reason="not today"),
    )
    text = shown(rollback_requested(snapshot, event_with(data), data))
    assert text.splitlines()[-1] == "The drill had not begun. It just ends."
    assert "budget" not in text
    assert card(snapshot).text.endswith("ending, nothing was changed")
    assert "left* of" not in shown(card(snapshot))


def drawn(facts: tuple[Fact, ...], mentions: dict[str, list[str]]) -> Message:
    """The invitation at a moment of the drill."""
    snapshot = replace(snapshot_with(drill=Drill.PLACES, facts=facts), mentions=mentions)
    return invitation(snapshot, event_with(PeopleInvited()), PeopleInvited())


def test_the_invitation_of_a_drill_that_is_over_before_it_began_asks_nobody() -> None:
    over = snapshot_with(drill=Drill.PLACES, state=RunState.ABORTED)
    said = invitation(over, event_with(PeopleInvited()), PeopleInvited())
    assert "*This drill is over. It never began.*" in shown(said)
    assert "I take part" not in shown(said)
    assert "It begins when" not in shown(said)
    begun = snapshot_with(drill=Drill.PLACES, state=RunState.ABORTED, facts=(DrillBegun(by=ANYBODY, at=NOON),))
    assert "never began" not in shown(invitation(begun, event_with(PeopleInvited()), PeopleInvited()))


def test_the_invitation_names_who_takes_part_by_role_and_begins_once_every_role_has_somebody() -> None:
    facts = tuple(TakesPart(by=in_slack(person), at=NOON) for person in (DBA, LEAD))
    open_roles = drawn(facts[:1], {"dba": [DBA]})
    lines = shown(open_roles).splitlines()
    assert f"✅ *Database Admin*: <@{DBA}>" in lines
    assert "⬜ *Tech Lead*: nobody yet" in lines
    assert "Begin the drill" not in "\n".join(lines).replace("*Begin the drill*", "")
    complete = {"dba": [DBA], "lead": [LEAD]}
    everybody = drawn(facts, complete)
    assert "▶️ Begin the drill" in shown(everybody)
    begun = (*facts, DrillBegun(by=ANYBODY, at=NOON))
    over = drawn(begun, complete)
    assert "I take part" not in shown(over)


def test_a_drill_whose_target_is_gone_says_why_and_one_that_was_closed_by_hand_says_that() -> None:
    gone = RunMoved(state=RunState.ENDED, clock="12 min", reason="its sandbox is gone", person=BOT.person)
    lost = snapshot_with(drill=Drill.BOX, state=RunState.ENDED)
    assert "*The drill of shop has ended*: its sandbox is gone." in shown(run_moved(lost, event_with(gone), gone))
    assert card(lost).text.endswith("ENDED, it could not go on")
    elsewhere = RunMoved(state=RunState.ENDED, clock="12 min", reason="$DRILL_SSH leads elsewhere", person=BOT.person)
    moved = snapshot_with(drill=Drill.PLACES, state=RunState.ENDED)
    assert "*The drill of shop has ended*: $DRILL_SSH leads elsewhere." in shown(
        run_moved(moved, event_with(elsewhere), elsewhere)
    )
    assert card(moved).text.endswith("ENDED, it could not go on"), "nobody has closed it by hand"
    closed = RunClosed(by=ANYBODY, at=NOON, reason="enough")
    by_hand = snapshot_with(drill=Drill.BOX, state=RunState.ENDED, facts=(closed,))
    assert "was ended by hand" in shown(run_moved(by_hand, event_with(gone), gone))


def test_the_card_the_status_and_the_terminal_say_drill() -> None:
    drill = snapshot_with(drill=Drill.PLACES)
    assert card(drill).text.startswith("DRILL · ")
    assert status_lines(drill.status)[0].startswith("DRILL · ")
    assert not card(snapshot_with()).text.startswith("DRILL")
