"""The GO / NO-GO panel: what is met, what is against it, and KEEP before the end of the watch."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.slack.views.blocks import Message
from bot.slack.views.panel import in_sections, panel, panel_lines
from bot.slack.views.snapshot import Snapshot
from commands.progress.step_state import WATCH
from commands.runbook.head_boxes import CriteriaBox, Criterion
from state.events import CriteriaShown
from tests.bot.slack.run_writer import CHECK, HEALTH
from tests.bot.slack.views.drawn import event_of, event_with, shown, snapshot_with
from tests.pages import row, said

ANSWERS = Criterion(text="The API answers", shown_by=[HEALTH])
USERS = Criterion(text="Users report no issues")
SLOW = Criterion(text="API response > 5 s", shown_by=["API response > 5 s"])
WATCHING = row(WATCH, "running", after=-5)


def with_criteria(snapshot: Snapshot, *go: Criterion, no_go: tuple[Criterion, ...] = ()) -> Snapshot:
    """A snapshot whose page has these criteria."""
    return replace(snapshot, page=replace(snapshot.page, criteria=CriteriaBox(go=[*go], no_go=[*no_go])))


def drawn(snapshot: Snapshot) -> Message:
    """The panel of a snapshot."""
    data = CriteriaShown()
    return panel(snapshot, event_with(data), data)


def test_the_headline_counts_what_is_met() -> None:
    snapshot = with_criteria(snapshot_with(row(HEALTH, "done")), ANSWERS, USERS)
    assert shown(drawn(snapshot)).splitlines()[0] == "🚦 GO so far: 1 of 2 met"
    kept = with_criteria(snapshot_with(row(HEALTH, "done"), facts=(said("keep"),)), ANSWERS, USERS)
    assert shown(drawn(kept)).splitlines()[0] == "🚦 GO: 1 of 2 met"


def test_one_criterion_that_fails_makes_it_no_go() -> None:
    snapshot = with_criteria(snapshot_with(row(HEALTH, "failed")), ANSWERS, USERS)
    assert shown(drawn(snapshot)).splitlines()[0] == "🚦 NO-GO: 1 reason, 0 of 2 met"


def test_signs_of_no_go_come_first_and_count_as_no_goal() -> None:
    slow = [row(CHECK, "failed", attempt, after=attempt, seconds=9.0) for attempt in (1, 2)]
    snapshot = with_criteria(snapshot_with(row(HEALTH, "done"), WATCHING, *slow), ANSWERS, no_go=(SLOW,))
    lines = shown(drawn(snapshot)).splitlines()
    assert lines[0] == "🚦 NO-GO: 1 reason, 1 of 1 met"
    assert lines[1] == "⛔ NO-GO: *API response > 5 s*".replace(">", "&gt;")
    rolled_back = replace(snapshot, record=replace(snapshot.record, facts=(said("rollback", after=5),)))
    assert shown(drawn(rolled_back)).splitlines()[1].endswith("~ (was a NO-GO)")


def test_the_panel_says_who_decides_and_that_anybody_can_roll_back() -> None:
    last = shown(drawn(with_criteria(snapshot_with(), USERS))).splitlines()[-1]
    assert last == "Tech Lead decides KEEP or ROLLBACK when the watch is over. Anybody can roll back at any time."


def test_keep_before_the_end_is_offered_during_the_watch_only() -> None:
    watching = with_criteria(snapshot_with(WATCHING), USERS)
    assert event_of(drawn(watching), "keep_early") == 0
    for other in (
        snapshot_with(),
        snapshot_with(row(WATCH, "done")),
        snapshot_with(WATCHING, facts=(said("early keep", reason="all is well"),)),
        snapshot_with(WATCHING, facts=(said("rollback"),)),
    ):
        assert "keep_early" not in str(drawn(with_criteria(other, USERS)).blocks)


def test_many_criteria_fill_two_sections_and_the_rest_is_on_the_page() -> None:
    many = with_criteria(snapshot_with(), *(Criterion(text=f"{n}" * 200) for n in range(40)))
    parts = in_sections(panel_lines(many))
    assert len(parts) == 2
    shown_whole = sum(part.count("🙋") for part in parts)
    assert parts[-1].endswith(f"… and {40 - shown_whole} more; the runbook page has them all.")
    assert all(len(part) < 3000 for part in parts)


@pytest.mark.fault("not looked at, and said to be fine")
def test_after_a_rollback_nothing_of_the_panel_is_green_and_nobody_decides() -> None:
    rollback = said("rollback", after=5)
    snapshot = with_criteria(snapshot_with(row(HEALTH, "done"), WATCHING, facts=(rollback,)), ANSWERS, USERS)
    lines = shown(drawn(snapshot)).splitlines()
    assert lines[0] == "🚦 Before the rollback: 1 of 2 were met"
    assert lines[1] == "▫️ ~The API answers~ (was met)", "what it showed is in the report"
    assert "✅" not in "".join(lines)
    assert "decides KEEP" not in "".join(lines)
    assert lines[-1] == "That version is rolled back, so none of this is about what runs now."


def test_what_is_measured_after_the_rollback_does_not_count_for_the_version_that_is_gone() -> None:
    snapshot = snapshot_with(row(HEALTH, "done", after=6), facts=(said("rollback", after=5),))
    assert "was open" in shown(drawn(with_criteria(snapshot, ANSWERS)))
