"""`window`: is open only at low-traffic times, in the team's time zone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from commands.steps.base import execute
from tests.commands.steps.builders import box, context, plan
from tests.production import rows
from tests.world import World

WINDOW = 'days = ["mon", "tue", "wed", "thu"]\nhours = ["22:00-06:00"]\npeak = ["05:00-12:00"]'


def at(day: int, utc_hour: int) -> World:
    """A world in November 2026. The 23rd is a Monday, and Bangkok is seven hours ahead of UTC."""
    world = World(rate=0)
    world.clock.start = datetime(2026, 11, day, utc_hour, tzinfo=UTC)
    return world


@pytest.mark.parametrize(
    ("day", "utc_hour", "is_open"),
    [
        (23, 15, True),  # Monday 22:00
        (23, 14, False),  # Monday 21:00
        (22, 19, False),  # Monday 02:00 is Sunday's night
        (26, 19, True),  # Friday 02:00 is Thursday's night
        (27, 16, False),  # Friday 23:00
        (25, 22, False),  # Thursday 05:00 is a peak hour
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(day: int, utc_hour: int, is_open: bool) -> None:
    outcome = execute(box("window", WINDOW), context(at(day, utc_hour)))
    assert (outcome.state == "done") == is_open, outcome.summary


def test_a_closed_window_says_when_it_opens() -> None:
    outcome = execute(box("window", WINDOW), context(at(27, 16)))
    assert outcome.summary == (
        "It is Friday 23:00 in Asia/Bangkok, outside the low-traffic window. It opens on Monday at 22:00."
    )


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        # the clocks go from 02:00 to 03:00 on 29 March 2026, so there is no such hour on that Sunday
        ("2026-03-29T00:59+00:00", "It opens on Sunday, 5 April, at 02:00."),
        ("2026-03-28T23:00+00:00", "It opens on Sunday, 5 April, at 02:00."),
        ("2026-04-04T23:59+00:00", "It opens today at 02:00."),
        ("2026-04-03T23:59+00:00", "It opens on Sunday at 02:00."),
        ("2026-10-25T01:30+00:00", "inside the low-traffic window"),
    ],
)
def test_the_next_opening_is_named_so_that_nobody_waits_on_the_wrong_day(moment: str, words: str) -> None:
    world = World(rate=0)
    world.clock.start = datetime.fromisoformat(moment)
    step = box("window", 'days = ["sun"]\nhours = ["02:00-03:00"]')
    assert words in execute(step, replace(context(world), time_zone="Europe/Berlin")).summary


@pytest.mark.parametrize("cell", [None, float("nan"), float("inf"), "many"])
def test_traffic_that_is_no_number_is_not_low(cell: object) -> None:
    step, world = box("window", WINDOW + '\ndatabase = "db"\nsql = "TABLE traffic"\nat_most = 20'), at(23, 15)
    world.on_sql("", rows(cell))
    outcome = execute(step, context(world))
    assert (outcome.state, outcome.inconclusive) == ("failed", True)
    assert outcome.summary.startswith(f"The traffic is not known: `sql` gives {cell}, which is no number.")


@pytest.mark.fault("not looked at, and said to be fine")
def test_a_query_of_the_traffic_without_a_row_has_measured_nothing() -> None:
    step, world = box("window", WINDOW + '\ndatabase = "db"\nsql = "TABLE traffic"\nat_most = 20'), at(23, 15)
    world.on_sql("", replace(rows(0), rows=()))
    outcome = execute(step, context(world))
    assert (outcome.state, outcome.inconclusive) == ("failed", True)
    assert outcome.summary == (
        "The traffic is not known: `sql` gives no row. Of no rows, coalesce((…), 0) makes a number."
    )


def test_a_window_that_stays_closed_says_so() -> None:
    outcome = execute(box("window", WINDOW.replace("05:00-12:00", "00:00-24:00")), context(at(23, 15)))
    assert outcome.summary.endswith("outside the low-traffic window. It does not open in the next 8 days.")


def test_the_traffic_must_be_low_too() -> None:
    step = box("window", WINDOW + '\ndatabase = "db"\nsql = "TABLE traffic"\nat_most = 20')
    world = at(23, 15)
    outcome = execute(step, context(world))
    assert outcome.summary == "The traffic is 42 now, over `at_most = 20`. Wait for a quieter time."
    world.on_sql("", rows(20))
    assert execute(step, context(world)).state == "done"


def test_the_plan_shows_the_times_and_the_limit() -> None:
    step = box("window", WINDOW + '\ndatabase = "db"\nsql = "TABLE traffic"\nat_most = 1e6')
    assert plan(step).splitlines() == [
        "now must be mon, tue, wed, thu during 22:00-06:00, but not during 05:00-12:00",
        "on db: TABLE traffic, expects at most 1000000",
    ]


@pytest.mark.parametrize("hours", ["22-06", "25:00-06:00", "22:00-22:00", "22:00–06:00"])
def test_a_wrong_range_of_hours_is_refused(hours: str) -> None:
    with pytest.raises(ValidationError, match="is not a range of hours"):
        box("window", WINDOW.replace("22:00-06:00", hours))


def test_skipping_the_window_needs_two_people() -> None:
    assert box("window", WINDOW).needs_second_person
