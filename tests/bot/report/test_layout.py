"""The layout of the report: its parts, their order, and what each of them says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from bot.report.layout import Card, Part, headline, lay_out, texts
from commands.progress.step_state import WATCH
from commands.report.alert_history import AlertOccurrence
from commands.report.comparison import Comparison
from commands.report.report import CriterionReport, Report, SignedEvidence
from state.facts import Door
from state.records import AttemptState, RunState
from tests.bot.report.reports import panel, report_of
from tests.pages import NOON, SIGNED, record, row, said

END = NOON + timedelta(minutes=80)
KEPT = report_of(
    record(
        row("ready", AttemptState.DONE),
        replace(row("put-the-code-there", AttemptState.DONE, after=2), summary="Deployed."),
        row(WATCH, AttemptState.DONE, after=15),
        facts=(*SIGNED, said("keep", person="ULEAD", after=80, reason="all good")),
        state=RunState.KEPT,
        ended_at=END,
    )
)
ROLLED_BACK = report_of(
    record(
        row("put-the-code-there", AttemptState.DONE, after=2),
        facts=(said("rollback", after=40, reason="too slow"),),
        state=RunState.ROLLED_BACK,
        ended_at=NOON + timedelta(minutes=52),
    )
)


def part(report: Report, title: str) -> Part:
    """The part of the report under this heading."""
    return next(part for part in lay_out(report) if part.title == title)


def rows(report: Report, title: str) -> list[tuple[str, ...]]:
    """The rows of a part's table."""
    table = part(report, title).table
    assert table is not None
    return list(table.rows)


def test_parts_come_in_the_order_in_which_people_ask() -> None:
    assert [part.title for part in lay_out(KEPT)] == [
        "Summary",
        "Not compared",
        "Alerts",
        "Timeline",
        "Who did what",
        "Steps",
        "DORA metrics",
    ]
    full = replace(
        ROLLED_BACK,
        go=(CriterionReport(text="Fast", holds=True, by_people=False),),
        panels=(panel(),),
        cleanup=("a job was deleted",),
    )
    assert [part.title for part in lay_out(full)] == [
        "Summary",
        "GO / NO-GO before the rollback",
        "Not restored by the rollback",
        "Alerts",
        "Charts",
        "Timeline",
        "Who did what",
        "Steps",
        "Clean-up",
        "DORA metrics",
    ]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RunState.KEPT, "✅ Run 1: shop was kept"),
        (RunState.ROLLED_BACK, "↩️ Run 1: shop was rolled back"),
        (RunState.ABORTED, "⛔ Run 1: shop was not changed: the run was aborted before the deploy"),
        (RunState.ENDED, "⏹️ Run 1: shop was left as it is: the run was ended without a rollback"),
        (RunState.GOING, "⏳ Run 1: shop is being deployed"),
        (RunState.ROLLING_BACK, "⏪ Run 1: shop is being rolled back"),
    ],
)
def test_the_headline_says_how_the_run_ended(state: RunState, words: str) -> None:
    assert headline(replace(KEPT, run=replace(KEPT.run, state=state))) == words


def test_a_run_that_keep_started_names_its_ref_and_its_commit_once() -> None:
    commit = "4f" * 20
    followed = replace(KEPT, commit=commit, run=replace(KEPT.run, ref=commit, ref_name="v2"))
    assert ("Release", f"v2 {commit}") in rows(followed, "Summary")
    unnamed = replace(followed, run=replace(followed.run, ref_name=""))
    assert ("Release", commit) in rows(unnamed, "Summary")


def test_the_summary_of_a_kept_run() -> None:
    commit, page = "0123456789abcdef0123456789abcdef01234567", sha256(KEPT.run.text.encode()).hexdigest()
    assert rows(replace(KEPT, commit=commit), "Summary") == [
        ("Runbook", "🚀 A small deploy"),
        ("Page", f"small.md, SHA-256 {page}"),
        ("Release", f"main {commit}"),
        ("Started by", "U1"),
        ("Started", "Mon 23 Nov 2026 19:00:00 (Asia/Bangkok)"),
        ("Ended", "Mon 23 Nov 20:20:00"),
        ("Duration", "1 h 20 min"),
    ]


def test_the_summary_names_people_notes_reasons_and_the_rollback() -> None:
    run = replace(ROLLED_BACK.run, note="with care", speed=60.0, ended_at=None)
    assert rows(replace(ROLLED_BACK, run=run, names={"U1": "Ada"}), "Summary")[3:] == [
        ("Started by", "Ada"),
        ("Started", "Mon 23 Nov 2026 19:00:00 (Asia/Bangkok)"),
        ("Ended", "in progress"),
        ("Duration", "52 min"),
        ("Rehearsal", "the watch ran 60 times faster; the times here are what really passed"),
        ("Note", "with care"),
        ("Reason", "too slow"),
        ("Rollback requested", "by U2, at T+40 min"),
        ("Rollback", "12 min from request to end, of a time budget of 15 min"),
    ]


def test_criteria_say_whether_they_were_met() -> None:
    def criterion(holds: bool | None, *, by_people: bool = False) -> CriterionReport:
        return CriterionReport(text="x", holds=holds, by_people=by_people)

    report = replace(
        KEPT,
        go=(criterion(True), criterion(False), criterion(None), criterion(None, by_people=True)),
        no_go=(criterion(True), criterion(False)),
    )
    assert rows(report, "GO / NO-GO") == [
        ("GO: x", "✅ met"),
        ("GO: x", "❌ not met"),
        ("GO: x", "– not measured"),
        ("GO: x", "🙋 for people to judge"),
        ("NO-GO: x", "✅ not seen"),
        ("NO-GO: x", "❌ seen"),
    ]


def test_alerts_say_what_was_measured_and_how_they_ended() -> None:
    occurrence = AlertOccurrence(
        at=timedelta(minutes=15), level="alert", name="API", value="9 s", rule="above 5 s", ended="rolled back"
    )
    report = replace(KEPT, alerts=(occurrence, replace(occurrence, level="warning")))
    assert rows(report, "Alerts") == [
        ("T+15 min", "🚨 API", "9 s (above 5 s)", "rolled back"),
        ("T+15 min", "⚠️ API", "9 s (above 5 s)", "rolled back"),
    ]


@pytest.mark.fault("not looked at, and said to be fine")
def test_that_there_was_no_alert_is_said_of_the_samples_that_were_taken() -> None:
    assert part(KEPT, "Alerts").bullets == ("Not watched: no check of the watch was made.",)
    samples = (row("response-time", AttemptState.DONE, after=12), row("response-time", AttemptState.DONE, after=27))
    watched = report_of(record(*samples, state=RunState.KEPT, ended_at=NOON + timedelta(hours=1)))
    assert part(watched, "Alerts").bullets == ("No alerts or warnings in 2 samples.",)


def test_the_timeline_shows_plan_and_result() -> None:
    assert rows(KEPT, "Timeline")[1:3] == [
        ("Put the code there", "T+0 s", "T+2 min", "", "✅ done"),
        ("Health", "T+10 min", "", "", "did not start"),
    ]
    skipped = replace(KEPT.timeline[0], state=AttemptState.FAILED, went_on="skipped")
    assert rows(replace(KEPT, timeline=(skipped,)), "Timeline")[0][-1] == "❌ failed, skipped"


def test_actions_say_who_did_what_when_through_which_door_and_why() -> None:
    kept, old = replace(KEPT.actions[-1], door=Door.TERMINAL), "without evidence (older version)"
    report = replace(KEPT, actions=(*KEPT.actions[:-1], kept), names={"ULEAD": "Ada"})
    assert rows(report, "Who did what") == [
        ("Mon 23 Nov 19:00:00", "U2 (Database Admin)", "Slack", f"signed ✅ พร้อมไหม (ready?) {old}", ""),
        ("Mon 23 Nov 19:00:00", "U2 (Tech Lead)", "Slack", f"signed ✅ พร้อมไหม (ready?) {old}", ""),
        ("Mon 23 Nov 20:20:00", "Ada", "terminal", "decided KEEP", "all good"),
    ]
    assert part(replace(KEPT, actions=()), "Who did what").bullets == ("Nobody acted on this run.",)
    bot = replace(KEPT, actions=(replace(KEPT.actions[-1], person="gonogo"),))
    assert rows(bot, "Who did what")[0][1] == "the bot"


def test_a_step_shows_its_result_and_its_samples() -> None:
    deployed = KEPT.steps[1]
    assert deployed.title == "Put the code there"

    def card(**changes: object) -> Card:
        (one,) = part(replace(KEPT, steps=(replace(deployed, **changes),)), "Steps").cards  # type: ignore[arg-type]
        return one

    plain = card(lines=("one", "two"))
    assert (plain.title, plain.details) == ("✅ Put the code there", "Deploy · T+2 min")
    assert (plain.summary, plain.lines) == ("✅ done: Deployed.", ("one", "two"))
    again = card(attempt=2, took=timedelta(seconds=5), state=AttemptState.FAILED, summary="")
    assert (again.details, again.summary) == ("Deploy · T+2 min · took 5 s · attempt 2", "❌ failed")
    assert card(summary="").summary == ""
    assert card(attempt=3, times=3, bad=1).details == "Deploy · T+2 min · 3 samples, 1 failed; the newest:"


def test_a_rollback_says_what_is_missing_and_what_was_compared_instead_of_nothing() -> None:
    title = "Not restored by the rollback"
    assert part(replace(ROLLED_BACK, not_restored=("Lost: 3 orders",)), title).bullets == ("Lost: 3 orders",)
    looked = Comparison(compared=("api answers with 88d43ce", "4 tables"), not_compared=("“Packages”",))
    fine = replace(ROLLED_BACK, not_restored=(), comparison=looked)
    assert title not in [part.title for part in lay_out(fine)]
    assert part(fine, "Compared at the end").bullets == ("api answers with 88d43ce", "4 tables")
    assert part(fine, "Not compared").bullets == ("“Packages”",)
    assert title not in [part.title for part in lay_out(replace(KEPT, not_restored=()))]
    left = replace(ROLLED_BACK, not_undone=("Not rolled back: “Migrate”: so",))
    assert part(left, "Not undone by the rollback").bullets == left.not_undone


def test_the_metrics_say_of_what_and_since_when() -> None:
    assert part(KEPT, "DORA metrics").bullets == ("shop, since 23 Nov 2026",)
    assert rows(KEPT, "DORA metrics")[0] == ("Deployment frequency", "1 a week (1 kept)")
    unknown = replace(KEPT, metrics=replace(KEPT.metrics, since=None))
    assert part(unknown, "DORA metrics").bullets == ()


def test_texts_holds_all_that_is_shown() -> None:
    shown = set(texts(lay_out(replace(KEPT, panels=(panel(),)))))
    assert {
        "Summary",
        "Runbook",
        "Planned",
        "Not watched: no check of the watch was made.",
        "✅ Put the code there",
        "✅ done: Deployed.",
    } <= shown
    assert any(text.startswith("Response time: API 360 ms") for text in shown)


def test_what_was_signed_for_is_shown_in_full_and_each_time_that_it_fell() -> None:
    evidence = SignedEvidence(hash="ab" * 32, items=(("page", "1" * 64), ("commit", "2" * 40)))
    fallen = ("“Ready?” was asked for again: The backup has changed since ULEAD signed.",)
    report = replace(KEPT, names={"ULEAD": "Ada"}, evidence=(evidence,), fallen=fallen)
    assert rows(report, "What was signed for") == [
        ("abababab", "page", "1" * 64),
        ("abababab", "commit", "2" * 40),
    ]
    assert part(report, "What was signed for").bullets == (
        "“Ready?” was asked for again: The backup has changed since Ada signed.",
    )


def test_a_signature_names_its_evidence() -> None:
    signed = replace(KEPT, actions=(replace(KEPT.actions[0], evidence="on evidence abababab"),))
    assert rows(signed, "Who did what")[0][3] == "signed ✅ พร้อมไหม (ready?) on evidence abababab"


def test_after_a_rollback_no_criterion_and_no_check_of_the_removed_version_is_green() -> None:
    report = report_of(
        record(
            row("put-the-code-there", AttemptState.DONE, after=2),
            row("health", AttemptState.DONE, after=3),
            row("response-time", AttemptState.DONE, after=4),
            facts=(said("rollback", after=40),),
            state=RunState.ROLLED_BACK,
            ended_at=NOON + timedelta(minutes=52),
        )
    )
    report = replace(report, go=(CriterionReport(text="Fast", holds=True, by_people=False),))
    criteria = part(report, "GO / NO-GO before the rollback").table
    assert criteria
    assert criteria.rows == (("GO: Fast", "▫️ met before the rollback"),)
    cards = {card.title: card for card in part(report, "Steps").cards}
    assert {"▫️ Health", "▫️ Response time", "✅ Put the code there"} <= set(cards)
    assert "before the rollback" in cards["▫️ Response time"].details
