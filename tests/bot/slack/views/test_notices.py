"""Messages about the unusual: a slow step, a clock that jumped, a run that was ended by hand."""

from __future__ import annotations

from typing import Any

import pytest

from bot.slack.views.messages import draw
from bot.slack.views.notices import (
    clock_jumped,
    ended_by_hand,
    environment_changed,
    feed_waits,
    interrupted_step,
    mirror_read,
    record_changed,
    slow_step,
)
from state.events import (
    ClockJumped,
    EnvironmentChanged,
    FeedWaits,
    MirrorRead,
    RecordChanged,
    RunMoved,
    StepInterrupted,
    StepSlow,
)
from state.records import RunState
from tests.bot.slack.run_writer import LEAD, STARTER
from tests.bot.slack.views.drawn import event_with, shown, snapshot_with


def test_a_slow_step_says_how_slow_and_who_should_check() -> None:
    data = StepSlow(title="Build", summary="it has run for 12 min, usually 4 min", roles=("lead",))
    assert shown(slow_step(snapshot_with(), event_with(data), data)).splitlines() == [
        "🐢 *Build* is slower than usual",
        "It has run for 12 min, usually 4 min.",
        f"Please check: <@{LEAD}>",
    ]


def test_a_step_without_an_end_says_why_and_who_should_check() -> None:
    data = StepInterrupted(title="Baseline", times=3, summary="it has begun 3 times without an end", roles=("lead",))
    assert shown(interrupted_step(snapshot_with(), event_with(data), data)).splitlines() == [
        "🔁 *Baseline* does not finish",
        "It has begun 3 times without an end. It continues now. Check the bot's machine and its log.",
        f"Please check: <@{LEAD}>",
    ]


@pytest.mark.parametrize(("times", "told"), [(2, False), (3, True), (4, False), (6, True)])
def test_a_step_is_told_when_it_begins_for_the_third_time(times: int, told: bool) -> None:
    data = StepInterrupted(title="Baseline", times=times)
    assert (draw(snapshot_with(), event_with(data)) is not None) is told


def test_a_clock_that_jumped_is_one_line() -> None:
    data = ClockJumped(summary="the clock went back 1 h")
    assert shown(clock_jumped(snapshot_with(), event_with(data), data)) == "🕰️ the clock went back 1 h."


def test_a_changed_record_says_what_was_changed_and_what_the_bot_does_now() -> None:
    def lines_of(**fields: Any) -> list[str]:
        data = RecordChanged(summary="entry 17 (signature backup:1:dba) was altered", **fields)
        drawn = record_changed(snapshot_with(), event_with(data), data)
        assert drawn.broadcast, "the channel must know"
        return shown(drawn).splitlines()

    head = "🚨 *The record of this run was changed from outside*: entry 17 (signature backup:1:dba) was altered"
    check = "`gonogo verify 1` shows what else was changed. This thread shows what the bot wrote before."
    assert lines_of(held=True, number=3, roles=("lead",)) == [
        f"{head} (and 2 more).",
        (
            "No new step starts and KEEP waits until somebody resumes the run (`/deploy resume`). "
            "Anybody can still roll back."
        ),
        check,
        f"Please check: <@{LEAD}>",
    ]
    assert lines_of() == [f"{head}.", "The rollback continues.", check]
    assert lines_of(refused=True)[1].startswith("The bot does nothing more in this run, not even the rollback")


def test_a_run_ended_by_hand_says_who_why_and_what_it_leaves_on_production() -> None:
    data = RunMoved(
        state=RunState.ENDED, person=STARTER, reason="its machine is gone", clock="2 h", left=("the new code",)
    )
    drawn = ended_by_hand(snapshot_with(), event_with(data), data)
    assert shown(drawn).splitlines() == [
        f"🛑 *The run of shop was ended by hand* by <@{STARTER}>. Nothing was rolled back.",
        "> its machine is gone",
        "Left as it is:",
        "• the new code",
        "The run took 2 h",
    ]
    assert drawn.broadcast, "the channel must know that the target is free"


def test_a_run_ended_before_any_change_says_so() -> None:
    data = RunMoved(state=RunState.ENDED, person=STARTER, reason="x")
    assert "According to the record, no step changed anything." in shown(
        ended_by_hand(snapshot_with(), event_with(data), data)
    )


CHANGE = "the environment has changed since the run started: database production (address)"


def told(data: EnvironmentChanged) -> list[str]:
    drawn = environment_changed(snapshot_with(), event_with(data), data)
    assert drawn.broadcast, "the channel must know"
    return shown(drawn).splitlines()


def test_another_environment_says_what_changed_and_what_to_do() -> None:
    assert told(EnvironmentChanged(summary=CHANGE, waits=True, roles=("lead",))) == [
        "⚠️ *The environment has changed since the run started: database production (address).*",
        (
            "No new step starts. Put the environment back and restart the bot, or continue with these places: "
            "`/deploy resume`."
        ),
        f"For *Tech Lead* <@{LEAD}>",
    ]


def test_in_a_rollback_another_environment_is_a_warning() -> None:
    lines = told(EnvironmentChanged(summary=CHANGE, roles=("dba", "lead")))
    assert lines[1] == "The rollback goes on with these places. Check that they are the right ones."


def test_the_old_environment_continues_the_run_unless_a_person_holds_it() -> None:
    same = "the environment leads to the same places as before"
    same_words = "The environment leads to the same places as before."
    assert told(EnvironmentChanged(summary=same, restored=True)) == [f"▶️ {same_words} The run continues."]
    held = EnvironmentChanged(summary=same, restored=True, waits=True)
    assert told(held) == [f"⏸️ {same_words} It stays on hold until Tech Lead resumes."]
    on_a_phone = environment_changed(snapshot_with(), event_with(held), held).text
    assert on_a_phone.startswith("⏸️ It stays on hold until Tech Lead resumes.")


def test_what_people_did_while_the_record_was_away_is_announced_before_it_is_told() -> None:
    data = MirrorRead(entries=14, hash="x")
    drawn = mirror_read(snapshot_with(), event_with(data), data)
    assert drawn.broadcast
    assert shown(drawn).splitlines() == [
        "📼 *The bot could not reach its record. Meanwhile people rolled this run back at the terminal.*",
        "What happened there follows now: 14 entries. `gonogo log 1` shows the times.",
    ]
    assert drawn.text == "📼 shop was rolled back at the terminal while the record was away"


OUTAGE = "📡 *Other programs get no events of this run*: the address in GONOGO_EVENTS_URL does not take them"


def test_an_outage_of_a_receiver_says_what_waits_and_that_the_run_does_not() -> None:
    data = FeedWaits(what="events", name="the address in GONOGO_EVENTS_URL", why="status 401 <!here>")
    drawn = feed_waits(snapshot_with(), event_with(data), data)
    assert shown(drawn).splitlines() == [
        f"{OUTAGE} (status 401 &lt;!here&gt;).",
        "The run continues. The events wait and are sent again. For whoever runs the bot: `gonogo doctor`.",
    ]
    assert drawn.text.startswith("📡 The run continues, but the address in")
    assert not drawn.broadcast
