"""What a run does next in its watch and at the decision, from records written by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from commands.progress.step_state import DECISION, WATCH
from commands.run.decide import decide
from commands.run.instructions import BeginStep, Instruction, MarkPhase, MoveRun, RequestRollback, Wait
from commands.runbook import Page
from commands.runbook.page import Part
from commands.signoff.waiting import waiting_for
from commands.watch.countdown import CancelCountdown, CountdownExpired, StartCountdown
from state.facts import Fact
from state.records import Attempt, AttemptState, Record, RunState
from tests.pages import NOON, SIGNED, attempt_at, fact, record, small

PAGE = small()
ALERT = "API response > 5 s"
BEFORE = (
    attempt_at("ready", AttemptState.DONE),
    attempt_at("put-the-code-there", AttemptState.DONE, after=1),
    attempt_at("health", AttemptState.DONE, after=2),
)
WATCHING = (*BEFORE, attempt_at(WATCH, AttemptState.RUNNING, after=3))
WATCHED = (*BEFORE, attempt_at(WATCH, AttemptState.DONE, after=3))
DECIDING = (*WATCHED, attempt_at(DECISION, AttemptState.RUNNING, after=63))
COUNTDOWN = fact("countdown", ALERT, after=19, reason="9 s")  # until minute 20
ASKS = """lasts = "1 h"
```

### All well?

```toml gate
id = "all-well"
every = "15 min"
item = [{ text = "Users report nothing", role = "dba" }]
"""


def sample(number: int, state: AttemptState = AttemptState.DONE, *, after: float, seconds: float = 0.1) -> Attempt:
    """A sample of the response time, which is over its limit above 5 seconds."""
    return attempt_at("response-time", state, number, after=after, seconds=seconds)


def instruction(of: Record, minutes: float, page: Page = PAGE) -> Instruction:
    """What `decide` says some minutes past noon."""
    return decide(page, of, NOON + timedelta(minutes=minutes))


def begins(of: Record, minutes: float) -> int:
    """The sample that begins."""
    answer = instruction(of, minutes)
    assert isinstance(answer, BeginStep), f"expected a sample to begin, got {answer}"
    assert answer.step.id == "response-time"
    return answer.attempt


def watching(*samples: Attempt, facts: tuple[Fact, ...] = (), speed: float = 1.0) -> Record:
    """A watch of one hour that began 3 minutes past noon."""
    return record(*WATCHING, *samples, facts=(*SIGNED, *facts), speed=speed)


def at(minutes: float) -> Wait:
    """A wait until so many minutes past noon."""
    return Wait(NOON + timedelta(minutes=minutes))


def test_the_watch_begins_when_all_steps_before_it_are_settled_unless_the_run_is_on_hold() -> None:
    assert instruction(record(*BEFORE, facts=SIGNED), 3) == MarkPhase(WATCH)
    assert instruction(record(*BEFORE, facts=(*SIGNED, fact("hold"))), 3) == Wait()


def test_a_check_is_sampled_at_once_and_then_in_its_interval() -> None:
    assert begins(watching(), 3) == 1
    assert instruction(watching(sample(1, after=3)), 10) == at(18)
    assert begins(watching(sample(1, after=3)), 18) == 2


def test_missed_samples_are_made_up_for_by_one() -> None:
    assert begins(watching(sample(1, after=3)), 60) == 4


def test_a_check_that_still_runs_is_not_sampled_again() -> None:
    assert instruction(watching(sample(1, AttemptState.RUNNING, after=3)), 19) == at(33)


def test_the_next_sample_is_that_of_the_check_that_is_due_first() -> None:
    often = '### Often\n\n```toml http\nweb = "api"\npath = "/often"\nevery = "5 min"\n```\n\n### Response time'
    page = small(**{"### Response time": often})
    both = watching(attempt_at("often", AttemptState.DONE, 1, after=3), sample(1, after=3))
    assert instruction(both, 4, page) == at(8)


def test_a_failed_check_rolls_back_if_its_page_says_so_and_it_really_failed() -> None:
    page = small(**{'on_failure = "tell"': 'on_failure = "roll back"'})
    failed, unreachable = (sample(1, AttemptState.FAILED, after=3) for _ in range(2))
    unreachable.outcome["inconclusive"] = True
    assert instruction(watching(failed), 4, page) == RequestRollback("“Response time” failed: ")
    assert instruction(watching(unreachable), 4, page) == at(18)
    assert instruction(watching(failed), 4) == at(18), "this page only reports it"


def test_one_sample_over_the_limit_does_nothing_and_two_in_a_row_start_a_countdown() -> None:
    slow = sample(1, after=3, seconds=9.0)
    assert instruction(watching(slow), 4) == at(18)
    twice = instruction(watching(slow, sample(2, after=18, seconds=8.0)), 19)
    assert isinstance(twice, StartCountdown)
    assert twice.raised.summary == "8 s (limit: above 5 s, 2 times in a row)"


def test_during_a_countdown_the_run_wakes_when_it_expires_or_when_a_sample_is_due_before() -> None:
    slow = (sample(1, after=3, seconds=9.0), sample(2, after=18, seconds=9.0))
    counting = watching(*slow, facts=(COUNTDOWN,))
    assert instruction(counting, 19) == at(20)
    assert isinstance(instruction(counting, 20), CountdownExpired)
    page = small(**{"above = 5.0\n": 'above = 5.0\ncountdown = "20 min"\n'})
    assert instruction(counting, 19, page) == at(33)
    assert isinstance(instruction(counting, 33, page), BeginStep)
    waiting_for_people = record(*WATCHING, *slow, facts=(COUNTDOWN,))
    assert instruction(waiting_for_people, 19) == at(20)


def test_a_sample_within_the_limit_cancels_the_countdown() -> None:
    recovered = (sample(2, after=18, seconds=9.0), sample(3, after=19.5, seconds=0.1))
    cancelled = instruction(watching(*recovered, facts=(COUNTDOWN,)), 19.6)
    assert isinstance(cancelled, CancelCountdown)


def test_during_a_countdown_neither_the_watch_nor_the_run_ends() -> None:
    slow = (sample(4, after=48, seconds=9.0), sample(5, after=62, seconds=9.0))
    counting = fact("countdown", ALERT, after=62.5, reason="9 s")
    assert instruction(watching(*slow, facts=(counting,)), 63) == at(63.5)
    over = record(*WATCHED, *slow, facts=(*SIGNED, counting))
    assert instruction(over, 63) == at(63.5)
    assert instruction(record(*WATCHED, *slow, facts=SIGNED), 63) != MarkPhase(DECISION)


def test_the_watch_ends_on_time_whatever_runs() -> None:
    assert instruction(watching(sample(4, after=48)), 62.9) == at(63)
    assert instruction(watching(sample(4, after=48)), 63) == MarkPhase(WATCH, over=True)
    assert instruction(watching(sample(5, AttemptState.RUNNING, after=62)), 63) == MarkPhase(WATCH, over=True)


def test_after_the_watch_the_decision_is_asked_for_and_keep_ends_the_run() -> None:
    assert instruction(record(*WATCHED, facts=SIGNED), 64) == MarkPhase(DECISION)
    assert instruction(record(*DECIDING, facts=(*SIGNED, fact("keep"))), 65) == MoveRun(RunState.KEPT)


def test_until_the_decision_the_checks_go_on_and_their_alerts_count() -> None:
    assert begins(record(*DECIDING, facts=SIGNED), 65) == 5
    assert instruction(record(*DECIDING, sample(5, after=65), facts=SIGNED), 66) == at(78)
    slow = [sample(number, after=3 + 15 * number, seconds=9.0) for number in (30, 31)]
    answer = instruction(record(*DECIDING, *slow, facts=SIGNED), 469)
    assert isinstance(answer, StartCountdown), "the tech lead slept and nobody watched"


def test_at_the_decision_the_questions_of_the_watch_are_no_longer_asked() -> None:
    page = small(**{'lasts = "1 h"\n': ASKS})
    asked = attempt_at("all-well", AttemptState.DONE, 4, after=48)
    deciding = record(*DECIDING, asked, sample(5, after=65), facts=SIGNED)
    assert instruction(deciding, 66, page) == at(78)
    answer = instruction(record(*WATCHED, asked, sample(5, after=65), facts=(*SIGNED, fact("hold"))), 66, page)
    assert answer == MarkPhase(DECISION)
    (question,) = [step for step in page.steps if step.id == "all-well"]
    assert instruction(watching(sample(5, after=62)), 62.5, page) == BeginStep(question, 4)


def test_at_the_decision_a_watch_that_only_asks_people_has_no_next_check() -> None:
    page = small(**{'lasts = "1 h"\n': ASKS})
    (question,) = [step for step in page.steps if step.id == "all-well"]
    others = tuple(step for step in page.steps if step.part != Part.WATCH)
    asking = replace(page, steps=(*others, question), alerts=())
    assert instruction(record(*DECIDING, facts=SIGNED), 66, asking) == Wait()


def test_after_keep_the_run_waits_for_running_checks_and_for_nobody() -> None:
    keep = (*SIGNED, fact("keep", after=64))
    checking = record(*DECIDING, sample(5, AttemptState.RUNNING, after=63), facts=keep)
    assert (instruction(checking, 64), waiting_for(PAGE, checking)) == (Wait(), ())
    assert instruction(record(*DECIDING, sample(5, after=63), facts=keep), 64) == MoveRun(RunState.KEPT)


def test_an_early_keep_ends_the_watch_after_the_running_checks() -> None:
    keep = fact("keep")
    assert instruction(watching(sample(2, AttemptState.RUNNING, after=18), facts=(keep,)), 19) == Wait()
    assert instruction(watching(sample(2, after=18), facts=(keep,)), 19) == MarkPhase(WATCH, over=True)
    assert instruction(record(*WATCHED, facts=(*SIGNED, keep)), 19) == MoveRun(RunState.KEPT)


def test_a_rehearsal_shortens_the_watch_by_its_speed() -> None:
    fast = watching(sample(1, after=3), speed=60.0)
    assert instruction(fast, 3.1) == at(3.25)
    assert instruction(watching(sample(4, after=3.8), speed=60.0), 3.9) == at(4)
    assert instruction(fast, 4) == MarkPhase(WATCH, over=True)


def test_a_page_without_a_watch_asks_for_the_decision_at_once() -> None:
    text = PAGE.text
    start, end = text.index("## Watch"), text.index("## Rollback")
    page = small(**{text[start:end]: ""})
    assert instruction(record(*BEFORE, facts=SIGNED), 3, page) == MarkPhase(DECISION)
    asked = (*BEFORE, attempt_at(DECISION, AttemptState.RUNNING, after=3))
    assert instruction(record(*asked, facts=SIGNED), 4, page) == Wait()
    assert instruction(record(*asked, facts=(*SIGNED, fact("keep"))), 5, page) == MoveRun(RunState.KEPT)
