"""Each surprise of a drill: the page's own steps find it, a second bot plays the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from bot.report.build import report_of
from bot.report.markdown import as_markdown
from commands.progress.sealed import seal
from commands.progress.surprises import STORIES, seconds_away, story_of
from commands.rollback.request import rollback
from commands.run.surprise_tools import tools_of_attempt
from commands.start.drill_actions import begin_drill, take_part
from commands.steps.base import execute
from state.facts import Actor, Door, Surprise
from state.records import AttemptState, RunState
from tests.commands.run.driven_runner import wait_until
from tests.commands.run.surprise_case import BACK, CHECK, DEPLOY, GATE, HEALTH, PEOPLE, WHO, SurpriseCase
from tests.pages import NOON, SIGNED

Make = Callable[..., SurpriseCase]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes the run of a test."""
    made: list[SurpriseCase] = []

    def one(surprise: str = "", **options: object) -> SurpriseCase:
        made.append(SurpriseCase(tmp_path, surprise, **options))  # type: ignore[arg-type]
        return made[-1]

    yield one
    for case in made:
        case.store.close()


def test_the_api_is_slow_from_20_minutes_of_the_watch_on(make: Make) -> None:
    case = make("slow-api")
    case.begin_watch()
    case.world.clock.move(minutes=19)
    assert case.result(CHECK).measures["seconds"] < 1
    case.world.clock.move(minutes=2)
    slow = case.result(CHECK, 2)
    assert slow.measures["seconds"] > 8
    assert "200 in 8" in slow.summary, "the message says what was measured"


def test_the_time_of_a_faster_watch_counts(make: Make) -> None:
    case = make("slow-api", speed=10.0)
    case.begin_watch()
    case.world.clock.move(minutes=3)
    assert case.result(CHECK).measures["seconds"] > 8


def test_the_api_is_fast_again_once_somebody_rolls_back(make: Make) -> None:
    case = make("slow-api")
    case.begin_watch()
    case.world.clock.move(minutes=30)
    rollback(case.store, case.run, WHO, "slow", case.world.clock.now())
    assert case.result(CHECK).measures["seconds"] < 1


def test_a_slow_answer_still_comes_within_its_limit_so_that_what_was_sent_is_cleaned_up(make: Make) -> None:
    case = make("slow-api")
    case.begin_watch()
    case.world.clock.move(minutes=30)
    context = case.context(CHECK)
    box = case.page.step(CHECK).box.model_copy(update={"limit": timedelta(seconds=6)})
    assert execute(box, context).measures["seconds"] == 6


def test_the_smoke_test_fails_at_each_attempt_and_no_other_step_does(make: Make) -> None:
    case = make("failing-test")
    for attempt in (1, 2):
        failed = case.result(HEALTH, attempt)
        assert failed.state == AttemptState.FAILED
        assert "Status 500 instead of 200" in failed.summary
    assert case.result(CHECK).state == AttemptState.DONE
    assert case.result(DEPLOY).state == AttemptState.DONE


def test_the_first_command_of_the_rollback_is_late_and_no_later_bot_waits_anew(make: Make) -> None:
    case = make("late-rollback", rate=200.0)
    rollback(case.store, case.run, WHO, "late", case.world.clock.now())
    asked = case.store.record(case.run.id).rollback
    assert asked is not None
    assert case.result(BACK).state == AttemptState.DONE
    waited = case.world.clock.now() - asked.at
    assert waited >= timedelta(minutes=15) * 0.85, "the warning at 80 % is due before"
    again = case.world.clock.now()
    assert case.result(BACK, 2).state == AttemptState.DONE
    assert case.world.clock.now() - again < timedelta(minutes=10)


def test_a_late_rollback_stops_as_soon_as_its_step_is_stopped(make: Make) -> None:
    case = make("late-rollback")  # its clock stands still, so only the stop ends the wait
    rollback(case.store, case.run, WHO, "late", case.world.clock.now())
    stop, results = Event(), []
    context = case.context(BACK, stop=stop)
    step = threading.Thread(target=lambda: results.append(execute(case.page.step(BACK).box, context)), daemon=True)
    step.start()
    stop.set()
    step.join(30)
    assert [outcome.state for outcome in results] == [AttemptState.STOPPED]
    assert not case.world.begun


def test_slack_is_away_for_five_minutes_from_the_first_step_that_deploys(make: Make) -> None:
    case = make("no-slack")

    def left() -> float:
        return seconds_away(case.page, case.store.record(case.run.id), case.store, case.world.clock.now())

    assert left() == 0
    case.begin(DEPLOY)
    assert left() == 300
    case.world.clock.move(minutes=4)
    assert left() == 60
    case.world.clock.move(minutes=2)
    assert left() == 0
    case.world.clock.move(hours=-2)
    assert left() == 300, "a clock that jumps keeps it away for no longer"


@pytest.mark.parametrize("name", STORIES)
def test_a_real_run_has_no_surprise_whatever_its_record_holds(make: Make, name: str) -> None:
    case = make(drill=False)
    key = case.store.key
    assert key is not None
    case.store.add_fact(case.run.id, Surprise(by=WHO, at=NOON, sealed=seal(key, name)))
    case.begin_watch()
    case.begin(DEPLOY)
    case.world.clock.move(minutes=30)
    rollback(case.store, case.run, WHO, "late", case.world.clock.now())
    record, tools = case.store.record(case.run.id), case.world.tools()
    assert story_of(record, case.store) is None
    assert seconds_away(case.page, record, case.store, case.world.clock.now()) == 0
    for step in case.page.steps:
        assert tools_of_attempt(tools, case.store, case.page, record, step) is tools


@pytest.mark.parametrize("surprise", ["", "late-rollback"])
def test_a_drill_has_the_very_tools_of_every_run_where_its_surprise_does_nothing(make: Make, surprise: str) -> None:
    case = make(surprise)
    case.begin_watch()
    case.world.clock.move(minutes=30)
    record, tools = case.store.record(case.run.id), case.world.tools()
    for step in case.page.steps:
        assert tools_of_attempt(tools, case.store, case.page, record, step) is tools


def test_a_whole_drill_finds_the_failing_test_over_a_takeover_and_its_report_tells_it_only_at_the_end(
    make: Make,
) -> None:
    case = make("failing-test", rate=50.0)
    for person in ("UDBA", "ULEAD"):
        actor = Actor(person=person, door=Door.SLACK)
        take_part(case.store, case.page, case.run.id, PEOPLE, actor, case.world.clock.now())
    begin_drill(case.store, case.page, case.run.id, PEOPLE, actor, case.world.clock.now())
    first, second = case.new_runner(), case.new_runner()
    first.start()
    wait_until(lambda: case.store.record(case.run.id).last(GATE))
    first.detach()
    assert "failing-test" not in as_markdown(report_of(case.store, case.store.run(case.run.id), PEOPLE, NOON))
    for signature in SIGNED:
        case.store.add_fact(case.run.id, signature)
    second.start()
    wait_until(lambda: case.store.run(case.run.id).state == RunState.ROLLED_BACK)
    text = as_markdown(report_of(case.store, case.store.run(case.run.id), PEOPLE, case.world.clock.now()))
    second.detach()
    assert "failing-test: The first smoke test that only reads gets status 500" in text
    assert "by the bot: the failed check “Health”" in text
