"""The messages of the whole run: start, hold, rollback, watch, each end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.slack.views.card import card
from bot.slack.views.following import Following
from bot.slack.views.run import (
    next_run,
    rollback_requested,
    run_held,
    run_moved,
    run_resumed,
    run_started,
    watch_began,
    watch_over,
)
from commands.progress.step_state import WATCH
from commands.report.status_text import status_lines
from state.events import (
    NextRunReported,
    RollbackRequested,
    RunHeld,
    RunMoved,
    RunResumed,
    RunStarted,
    WatchBegan,
    WatchOver,
)
from state.facts import BOT, EnvironmentHold
from state.records import Drill, RunState
from tests.bot.slack.run_writer import DEPLOY, LEAD, STARTER
from tests.bot.slack.views.drawn import event_with, shown, snapshot_with
from tests.pages import NOON, row, said

SNAPSHOT = snapshot_with()


def test_a_start_says_what_is_deployed_where_by_whom_and_when_each_step_is_planned() -> None:
    data = RunStarted(
        title="A deploy", ref="v2.4", target="shop", person=STARTER, note="the fix", warnings=("old key",)
    )
    lines = shown(run_started(snapshot_with(ref="v2.4"), event_with(data), data)).splitlines()
    assert lines[:3] == ["*A deploy*: deploying `v2.4` to *shop*", f"Started by <@{STARTER}>", "> the fix"]
    assert lines[3:5] == ["⚠️ Warnings before the start:", "• old key"]
    assert "T+10 min   Health" in lines
    assert lines[-1].startswith("Anybody can press *Roll back* or *Hold*")


def test_a_hold_is_shown_in_the_channel_and_a_resume_in_the_thread() -> None:
    held, resumed = RunHeld(person=STARTER, reason="lunch"), RunResumed(person=LEAD)
    on_hold = run_held(SNAPSHOT, event_with(held), held)
    assert shown(on_hold).splitlines() == [
        f"⏸️ *On hold* by <@{STARTER}>. No new step starts until *Tech Lead* resumes.",
        "> lunch",
    ]
    assert on_hold.broadcast
    assert on_hold.text == "⏸️ On hold until Tech Lead resumes: lunch · shop", "a phone says who is needed"
    continues = run_resumed(SNAPSHOT, event_with(resumed), resumed)
    assert shown(continues) == f"▶️ *Resumed* by <@{LEAD}>"
    assert not continues.broadcast


def test_a_hold_during_a_countdown_tells_the_channel_that_the_alert_goes_on() -> None:
    held = RunHeld(person=STARTER)
    counting = snapshot_with(row(WATCH, "running"), facts=(said("countdown", "API response > 5 s", 1),))
    line = shown(run_held(counting, event_with(held), held))
    assert line.endswith("still counts down to the rollback: only “Hold: false alarm…” stops it.")


def test_a_rollback_request_says_who_why_and_the_time_budget() -> None:
    data = RollbackRequested(person=STARTER, reason="it burns")
    changed = snapshot_with(row("put-the-code-there", "running"))
    drawn = rollback_requested(changed, event_with(data), data)
    said = [f"⏪ *Rollback requested by* <@{STARTER}>", "> it burns"]
    assert shown(drawn).splitlines() == [*said, "Time budget: 15 min. The card shows the time left."]
    assert drawn.broadcast
    nothing = shown(rollback_requested(SNAPSHOT, event_with(data), data)).splitlines()
    ends = "Nothing was changed yet, so nothing is rolled back. The run just ends."
    assert nothing == [f"⛔ *Aborted by* <@{STARTER}>", "> it burns", ends]


def test_a_reason_in_the_words_of_a_refused_start_makes_no_refusal_of_a_rollback() -> None:
    reason = "the start was refused by the payment service"
    data = RollbackRequested(person=LEAD, reason=reason)
    rolling = snapshot_with(row(DEPLOY, "done"), facts=(said("rollback", reason=reason),), state=RunState.ROLLING_BACK)
    drawn = rollback_requested(rolling, event_with(data), data)
    assert ("Rollback requested by" in shown(drawn), "Time budget: 15 min" in shown(drawn)) == (True, True)
    assert drawn.broadcast
    assert "Rollback requested by" in shown(card(rolling))


def test_a_rollback_in_another_environment_is_warned_about() -> None:
    change = "the environment has changed since the run started: database production (address)"
    warning = f"⚠️ {change.capitalize()}. The rollback runs there."
    hold = EnvironmentHold(by=BOT, at=NOON, number=0, reason=change, places=(("database production: address", "2"),))
    elsewhere = snapshot_with(row(DEPLOY, "done"), facts=(hold,), places=(("database production: address", "1"),))
    assert elsewhere.rollback_button()["confirm"]["text"]["text"].startswith(f"{change.capitalize()}. ")  # type: ignore[index]
    data = RollbackRequested(person=LEAD)
    rolling = snapshot_with(
        row(DEPLOY, "done"),
        facts=(hold, said("rollback", person=LEAD)),
        places=(("database production: address", "1"),),
    )
    assert warning in shown(rollback_requested(rolling, event_with(data), data))
    assert warning in shown(card(rolling))
    (line,) = [one for one in status_lines(rolling.status) if one.startswith("WARNING")]
    assert line == f"WARNING: {change}. The rollback runs there."


def test_the_watch_names_its_checks_and_how_often_each_runs() -> None:
    data = WatchBegan(lasts="4 h", speed=240.0)
    lines = shown(watch_began(SNAPSHOT, event_with(data), data)).splitlines()
    assert lines[0] == "👀 *The watch begins*: 4 h (240 times faster: a rehearsal)"
    assert " 15 min  Response time" in lines


def test_after_the_watch_checks_and_alerts_go_on() -> None:
    text = shown(watch_over(SNAPSHOT, event_with(WatchOver()), WatchOver()))
    assert text == "👀 *The watch is over.* Its checks and alerts go on until somebody decides KEEP or ROLLBACK."


@pytest.mark.parametrize(
    ("data", "head"),
    [
        (RunMoved(state="kept", clock="4 h"), "✅ *shop: KEPT.* The new version stays."),
        (RunMoved(state="aborted", clock="4 h"), "⛔ *shop: ABORTED.* Nothing was changed."),
        (
            RunMoved(state="rolled back", clock="4 h", since_rollback="3 min"),
            "↩️ *shop: ROLLED BACK*, 3 min after the request",
        ),
        (
            RunMoved(state="rolled back", clock="4 h", since_rollback="3 min", not_restored=("the page",)),
            "⚠️ *shop: ROLLED BACK, but NOT all of it*, 3 min after the request",
        ),
    ],
)
def test_each_end_is_one_line_in_the_channel(data: RunMoved, head: str) -> None:
    drawn = run_moved(SNAPSHOT, event_with(data), data)
    assert shown(drawn).splitlines()[0] == head
    assert shown(drawn).splitlines()[-1] == "The run took 4 h"
    assert drawn.broadcast


def test_an_end_says_what_was_lost_and_what_was_not_restored() -> None:
    data = RunMoved(state="rolled back", reason="it burns", lost="12 jobs", not_restored=("the page",))
    snapshot = snapshot_with(rollback_loss="200 jobs")
    lines = shown(run_moved(snapshot, event_with(data), data)).splitlines()
    assert lines[1:4] == ["> it burns", "⚠️ Lost by the rollback: 12 jobs", "❌ NOT restored: the page"]


def test_an_end_says_what_the_run_changed_and_nothing_takes_back() -> None:
    left = ("Not rolled back: “Migrate” (manage.py migrate): so",)
    data = RunMoved(state="rolled back", not_undone=left)
    assert shown(run_moved(SNAPSHOT, event_with(data), data)).splitlines()[1] == f"⚠️ {left[0]}"
    aborted = RunMoved(state="aborted", not_undone=left)
    lines = shown(run_moved(SNAPSHOT, event_with(aborted), aborted)).splitlines()
    assert lines[:2] == ["⛔ *shop: ABORTED.* The deploy had not begun.", f"⚠️ {left[0]}"]


def test_an_end_says_what_was_compared_and_what_was_not() -> None:
    looked = tuple(f"look {number}" for number in range(14))
    data = RunMoved(state="rolled back", clock="4 h", compared=looked, not_compared=("“Packages”", "“Page” (failed)"))
    lines = shown(run_moved(SNAPSHOT, event_with(data), data)).splitlines()
    assert lines[1:3] == [
        f"🔎 *Compared*: {' · '.join(looked[:12])} · and 2 more, see the report",
        "👀 *Not compared*: “Packages” · “Page” (failed)",
    ]


def test_a_kept_run_has_lost_nothing() -> None:
    snapshot = snapshot_with(rollback_loss="12 jobs")
    data = RunMoved(state="kept")
    assert "12 jobs" not in shown(run_moved(snapshot, event_with(data), data))


def test_the_beginning_of_the_rollback_stays_in_the_thread() -> None:
    data = RunMoved(state=RunState.ROLLING_BACK)
    drawn = run_moved(SNAPSHOT, event_with(data), data)
    assert shown(drawn) == "⏪ *The rollback begins*"
    assert not drawn.broadcast


def test_a_run_ended_by_hand_has_its_own_message() -> None:
    data = RunMoved(state=RunState.ENDED, person=STARTER, reason="x")
    assert "ended by hand" in shown(run_moved(SNAPSHOT, event_with(data), data))


def test_the_next_run_is_told_in_the_channel_with_the_place_of_its_card() -> None:
    data = NextRunReported(page="option-a.md", started=2, channel="C07PROD", starter=STARTER, roles=("lead",))
    drawn = next_run(SNAPSHOT, event_with(data), data)
    assert shown(drawn).splitlines() == [
        "➡️ *Run 2 of option-a.md has started.* Its card and sign-offs are in <#C07PROD>.",
        f"For <@{STARTER}>, *Tech Lead* <@{LEAD}>",
    ]
    assert drawn.broadcast
    assert drawn.text == "➡️ Run 2 of option-a.md has started", "nobody must act"


def test_a_next_run_that_did_not_start_is_told_with_every_reason_and_its_command() -> None:
    data = NextRunReported(page="option-a.md", why="No <!here>:\n• host away", command="start option-a.md abc")
    drawn = next_run(SNAPSHOT, event_with(data), data)
    assert shown(drawn).splitlines() == [
        "⚠️ *KEEP did NOT start option-a.md.*",
        "> No &lt;!here&gt;:",
        "> • host away",
        "Fix that, then type `/deploy start option-a.md abc`",
    ]
    assert drawn.broadcast


def test_what_an_earlier_version_told_of_the_next_run_is_one_line() -> None:
    data = NextRunReported(summary="Run 2 of option-a.md has started.")
    assert shown(next_run(SNAPSHOT, event_with(data), data)) == "➡️ Run 2 of option-a.md has started."


def test_a_run_that_keep_started_says_so_and_shows_its_ref_beside_the_short_commit() -> None:
    data = RunStarted(title="A deploy", target="shop", person=STARTER, follows=1)
    snapshot = snapshot_with(ref="4f" * 20, ref_name="v2.4")
    lines = shown(run_started(snapshot, event_with(data), data)).splitlines()
    assert lines[:2] == [
        "*A deploy*: deploying `v2.4 (4f4f4f4f4f)` to *shop*",
        f"Started after KEEP of run 1, in the name of <@{STARTER}>",
    ]


def test_the_start_says_what_keep_will_start_where_and_when() -> None:
    following = Following(name="option-a.md", target="production", channel="C07PROD", countdown=timedelta(minutes=10))
    following = replace(following, is_signed=True)
    data = RunStarted(title="A deploy", target="shop", person=STARTER)
    text = shown(run_started(replace(SNAPSHOT, following=following), event_with(data), data))
    assert (
        "➡️ KEEP starts *option-a.md* at once: the same release to *production*, in <#C07PROD>. "
        "Before its first change it waits for its own sign-offs, and 10 min of countdown."
    ) in text


def test_while_production_is_watched_after_a_rollback_the_message_says_for_how_long_and_what_ends_it() -> None:
    data = RunMoved(state="rolled back", clock="4 h", since_rollback="3 min", watch="15 min")
    assert shown(run_moved(SNAPSHOT, event_with(data), data)).splitlines()[-1] == (
        "shop is watched for 15 min more. A check that fails calls people. The next `/deploy start` ends this watch."
    )
    of_drill = shown(run_moved(snapshot_with(drill=Drill.PLACES), event_with(data), data)).splitlines()[-1]
    assert of_drill.endswith("The next `/deploy drill` of this page ends this watch."), "a real start does not"


@pytest.mark.parametrize(
    ("data", "head"),
    [
        (
            RunMoved(state="rolled back", watched=True, checks=2),
            "↩️ *shop: the watch after the rollback is over*. 2 of 2 checks ok.",
        ),
        (
            RunMoved(state="rolled back", watched=True, checks=2, person=STARTER),
            f"↩️ *shop: the watch after the rollback is over* early: <@{STARTER}> starts the next run. 2 of 2",
        ),
        (
            RunMoved(state="rolled back", watched=True, checks=3, not_judged=("“Traffic”: 3 requests",)),
            "↩️ *shop: the watch after the rollback is over*. 2 of 3 checks ok, 1 not judged.\n❔ “Traffic”: 3 requests",
        ),
        (
            RunMoved(state="rolled back", watched=True, checks=2, not_well=("“API” bad: it restarted",)),
            "⚠️ *shop: the watch after the rollback is over*. 1 of 2 checks ok.\n• “API” bad: it restarted",
        ),
    ],
)
def test_the_end_of_the_watch_after_a_rollback_says_whether_all_was_well(data: RunMoved, head: str) -> None:
    drawn = run_moved(SNAPSHOT, event_with(data), data)
    assert shown(drawn).startswith(head)
    assert drawn.broadcast
