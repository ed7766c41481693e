"""What happens next, asked of records laid out by hand."""

from __future__ import annotations

from datetime import timedelta

from commands.progress.step_state import DECISION, WATCH
from commands.run.decide import BeginStep, MarkPhase, MoveRun, RequestRollback, StopSteps, Wait, decide
from commands.signoff.waiting import waiting_for
from commands.watch.countdown import StartCountdown
from state.records import AttemptState, Record, RunState
from tests.pages import NOON, SIGNED, record, row, said, small

PAGE = small()
READY = row("ready", AttemptState.DONE)
DEPLOYED = row("put-the-code-there", AttemptState.DONE, after=1)
HEALTHY = row("health", AttemptState.DONE, after=2)


def following(of: Record, minutes: float = 3, page: object = PAGE) -> object:
    """What `decide` says some minutes past noon."""
    return decide(PAGE if page is PAGE else page, of, NOON + timedelta(minutes=minutes))  # type: ignore[arg-type]


def begins(of: Record, minutes: float = 3) -> tuple[str, int]:
    """The step and attempt that begin."""
    answer = following(of, minutes)
    assert isinstance(answer, BeginStep), f"expected a step to begin, got {answer}"
    return answer.step.id, answer.attempt


def test_the_first_step_begins() -> None:
    assert begins(record()) == ("ready", 1)


def test_a_gate_waits_for_all_its_roles() -> None:
    one = record(READY, facts=SIGNED[:1])
    assert following(one) == Wait()
    assert [w.roles for w in waiting_for(PAGE, one)] == [("lead",)]


def test_a_signed_gate_lets_the_next_step_begin() -> None:
    assert begins(record(READY, facts=SIGNED)) == ("put-the-code-there", 1)


def test_a_running_step_is_waited_for() -> None:
    assert following(record(READY, row("put-the-code-there", AttemptState.RUNNING), facts=SIGNED)) == Wait()


def test_a_refusal_before_production_is_touched_ends_the_run() -> None:
    no = said("sign", "ready", 1, role="dba", said="no")
    answer = following(record(READY, facts=(no,)))
    assert isinstance(answer, RequestRollback)
    assert following(record(READY, facts=(no, said("rollback")))) == MoveRun(RunState.ABORTED)


def test_a_failed_step_asks_by_default() -> None:
    failed = record(READY, row("put-the-code-there", AttemptState.FAILED), facts=SIGNED)
    assert following(failed) == Wait()
    assert [(w.ask, w.choices) for w in waiting_for(PAGE, failed)] == [("answer", ("again", "done", "skip"))]


def test_again_begins_another_attempt() -> None:
    again = said("answer", "put-the-code-there", 1, said="again")
    assert begins(record(READY, row("put-the-code-there", AttemptState.FAILED), facts=(*SIGNED, again))) == (
        "put-the-code-there",
        2,
    )


def test_skip_goes_on() -> None:
    skip = said("answer", "put-the-code-there", 1, said="skip")
    assert begins(record(READY, row("put-the-code-there", AttemptState.FAILED), facts=(*SIGNED, skip))) == ("health", 1)


def test_a_step_whose_values_are_needed_later_cannot_be_skipped() -> None:
    page = small(
        **{
            'path = "/health"': 'path = "/health"\nvalues = { job_id = "id" }',
            'path = "/jobs"': 'path = "/jobs/<job_id>"',
            'on_failure = "roll back"': 'on_failure = "ask"',
        }
    )
    failed = record(READY, DEPLOYED, row("health", AttemptState.FAILED, after=2), facts=SIGNED)
    assert [waiting.choices for waiting in waiting_for(page, failed)] == [("again",)]


def test_unknown_never_runs_again_by_itself() -> None:
    assert following(record(READY, row("put-the-code-there", AttemptState.UNKNOWN), facts=SIGNED)) == Wait()


def test_a_step_whose_page_says_so_goes_straight_back() -> None:
    answer = following(record(READY, DEPLOYED, row("health", AttemptState.FAILED), facts=SIGNED))
    assert isinstance(answer, RequestRollback)
    assert "Health" in answer.reason


def test_a_hold_lets_nothing_begin_and_resume_goes_on() -> None:
    hold, resume = said("hold", attempt=0), said("resume", attempt=0)
    assert following(record(READY, facts=(*SIGNED, hold))) == Wait()
    assert begins(record(READY, facts=(*SIGNED, hold, resume))) == ("put-the-code-there", 1)


def test_rollback_before_production_is_touched_stops_first_and_then_aborts() -> None:
    asked = (said("rollback"),)
    assert following(record(row("ready", AttemptState.RUNNING), facts=asked)) == StopSteps(("ready",))
    assert following(record(row("ready", AttemptState.STOPPED), facts=asked)) == MoveRun(RunState.ABORTED)


def test_rollback_of_a_running_step_turns_at_once_and_stops_it() -> None:
    running = (READY, row("put-the-code-there", AttemptState.RUNNING))
    asked = (*SIGNED, said("rollback"))
    assert following(record(*running, facts=asked)) == MoveRun(RunState.ROLLING_BACK)
    assert following(record(*running, facts=asked, state="rolling back")) == StopSteps(("put-the-code-there",))


def test_the_way_back_runs_only_what_there_is_to_undo() -> None:
    going_back = record(
        READY, row("put-the-code-there", AttemptState.STOPPED), facts=(said("rollback"),), state="rolling back"
    )
    assert begins(going_back) == ("put-the-old-code-back", 1)
    nothing = record(READY, row("health", AttemptState.DONE), facts=(said("rollback"),), state="rolling back")
    assert following(nothing) == MoveRun(RunState.ROLLED_BACK)


def test_a_hold_does_not_stop_the_way_back() -> None:
    facts = (said("hold"), said("rollback"))
    going_back = record(row("put-the-code-there", AttemptState.DONE), facts=facts, state="rolling back")
    assert begins(going_back) == ("put-the-old-code-back", 1)


def watching(*checks: object, minutes: float) -> object:
    """What is next in the watch that began at noon plus three minutes."""
    rows = (READY, DEPLOYED, HEALTHY, row(WATCH, AttemptState.RUNNING, after=3), *checks)
    return following(record(*rows, facts=SIGNED), minutes)  # type: ignore[arg-type]


def test_the_watch_begins_when_all_steps_are_settled() -> None:
    assert following(record(READY, DEPLOYED, HEALTHY, facts=SIGNED)) == MarkPhase(WATCH)


def test_a_check_is_made_at_once_and_then_every_so_often() -> None:
    first = watching(minutes=3)
    assert isinstance(first, BeginStep)
    assert first.attempt == 1
    check = row("response-time", AttemptState.DONE, after=3, seconds=0.1)
    assert watching(check, minutes=10) == Wait(NOON + timedelta(minutes=18))
    second = watching(check, minutes=18)
    assert isinstance(second, BeginStep)
    assert second.attempt == 2


def test_a_missed_check_is_made_once_not_many_times() -> None:
    late = watching(row("response-time", AttemptState.DONE, after=3, seconds=0.1), minutes=60)
    assert isinstance(late, BeginStep)
    assert late.attempt == 4


def test_one_slow_answer_does_nothing_and_two_in_a_row_count_down() -> None:
    slow = row("response-time", AttemptState.DONE, after=3, seconds=9.0)
    assert isinstance(watching(slow, minutes=4), Wait)
    twice = watching(slow, row("response-time", AttemptState.DONE, 2, after=18, seconds=8.0), minutes=19)
    assert isinstance(twice, StartCountdown)
    assert twice.raised.summary == "8 s (limit: above 5 s, 2 times in a row)"


def test_after_the_watch_the_decision_is_asked_for_and_keep_ends_the_run() -> None:
    assert watching(row("response-time", AttemptState.DONE, after=3, seconds=0.1), minutes=63) == MarkPhase(
        WATCH, over=True
    )
    over = (READY, DEPLOYED, HEALTHY, row(WATCH, AttemptState.DONE, after=3))
    assert following(record(*over, facts=SIGNED), 64) == MarkPhase(DECISION)
    keep = record(*over, row(DECISION, AttemptState.RUNNING, after=64), facts=(*SIGNED, said("keep")))
    assert following(keep, 65) == MoveRun(RunState.KEPT)


ASKS = """lasts = "1 h"
```

### All well?

```toml gate
id = "all-well"
every = "15 min"
item = [{ text = "Users report nothing", role = "dba" }]
"""


def test_until_somebody_decides_the_checks_go_on_and_their_alerts_count() -> None:
    over = (
        READY,
        DEPLOYED,
        HEALTHY,
        row(WATCH, AttemptState.DONE, after=3),
        row(DECISION, AttemptState.RUNNING, after=63),
    )
    assert begins(record(*over, facts=SIGNED), 65) == ("response-time", 5)
    good = row("response-time", AttemptState.DONE, 5, after=65, seconds=0.1)
    assert following(record(*over, good, facts=SIGNED), 66) == Wait(NOON + timedelta(minutes=78))
    slow = [row("response-time", AttemptState.DONE, n, after=3 + 15 * n, seconds=9.0) for n in (30, 31)]
    assert isinstance(following(record(*over, *slow, facts=SIGNED), 469), StartCountdown), "the tech lead slept"
    again = record(*over, row("response-time", AttemptState.RUNNING, 5, after=65), facts=(*SIGNED, said("keep")))
    assert following(again, 66) == Wait(), "what is under way ends first"


def test_after_the_watch_its_questions_are_asked_no_more() -> None:
    page = small(**{'lasts = "1 h"\n': ASKS})
    over = (
        READY,
        DEPLOYED,
        HEALTHY,
        row(WATCH, AttemptState.DONE, after=3),
        row(DECISION, AttemptState.RUNNING, after=63),
    )
    rows = (
        row("all-well", AttemptState.DONE, 4, after=48),
        row("response-time", AttemptState.DONE, 5, after=65, seconds=0.1),
    )
    asks = record(*over, *rows, facts=SIGNED)
    assert following(asks, 66, page) == Wait(NOON + timedelta(minutes=78))


def test_the_watch_ends_in_time_whatever_is_under_way() -> None:
    begun = (
        READY,
        DEPLOYED,
        HEALTHY,
        row(WATCH, AttemptState.RUNNING, after=3),
        row("response-time", AttemptState.RUNNING, after=62),
    )
    assert following(record(*begun, facts=SIGNED), 63) == MarkPhase(WATCH, over=True)


def test_when_keep_is_decided_nobody_is_waited_for_while_checks_end() -> None:
    decided = (
        READY,
        DEPLOYED,
        HEALTHY,
        row(WATCH, AttemptState.DONE, after=3),
        row(DECISION, AttemptState.RUNNING, after=63),
    )
    checking = record(
        *decided, row("response-time", AttemptState.RUNNING, after=63), facts=(*SIGNED, said("keep", after=64))
    )
    assert (following(checking, 64), waiting_for(PAGE, checking)) == (Wait(), ())


def test_keep_before_its_end_lets_the_checks_under_way_end_first() -> None:
    keep = (*SIGNED, said("keep"))
    begun = (READY, DEPLOYED, HEALTHY, row(WATCH, AttemptState.RUNNING, after=3))
    assert following(record(*begun, row("response-time", AttemptState.RUNNING, after=18), facts=keep), 19) == Wait()
    assert following(record(*begun, row("response-time", AttemptState.DONE, after=18), facts=keep), 19) == MarkPhase(
        WATCH, over=True
    )
    over = (*begun[:3], row(WATCH, AttemptState.DONE, after=3))
    assert following(record(*over, facts=keep), 19) == MoveRun(RunState.KEPT)


def test_a_rehearsal_shortens_the_watch_by_its_speed() -> None:
    rows = (
        READY,
        DEPLOYED,
        HEALTHY,
        row(WATCH, AttemptState.RUNNING, after=3),
        row("response-time", AttemptState.DONE, after=3, seconds=0.1),
    )
    assert following(record(*rows, facts=SIGNED, speed=60.0), 3.1) == Wait(NOON + timedelta(minutes=3.25))
    assert following(record(*rows, facts=SIGNED, speed=60.0), 4) == MarkPhase(WATCH, over=True)


def test_an_ended_run_does_nothing() -> None:
    assert following(record(state="kept")) == Wait()
