"""Steps on a group of hosts, from the page to the end of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from commands.progress.evidence import CHECK
from commands.progress.reach import REACH, ReachBox, reach_step
from commands.progress.step_state import StepState, state_of
from commands.run.decide import decide
from commands.run.instructions import BeginStep, CheckEvidence, Instruction, RequestRollback, Wait
from commands.runbook import Page, read_page
from commands.signoff.waiting import choices_after
from state.errors import Unreachable
from state.facts import Fact
from state.records import Attempt, AttemptState, Record, RunState
from tests.commands.run.driven_runner import DrivenRunner, wait_until
from tests.groups import HOSTS, ROLLING, ROLLING_WORDS, TOGETHER, TOGETHER_WORDS, on
from tests.pages import NOON, SIGNED, attempt_at, fact, record, small
from tests.production import ended

DEPLOY, BACK = "put-the-code-there", "put-the-old-code-back"
READY = attempt_at("ready", AttemptState.DONE)
TURN, TURN_BACK = ("out", "code", "answers", "in"), ("back-out", "old-code", "back-in")

PREPARED = small(
    **{
        **TOGETHER_WORDS,
        "## Deploy\n": """### Pin

```toml release
host = "backend-1"
repository = "$REPOSITORY"
```

### Prepare

```toml run
host = "backend"
commands = ["prepare"]
together = true
```

## Deploy
""",
    }
)
FIVE = NOON + timedelta(minutes=5)

AWAY = {"inconclusive": True, "values": {"backend-2": "hosts"}}  # of the step that reaches the rollback's places


def done(*steps: str) -> tuple[Attempt, ...]:
    """Attempts at these steps that succeeded."""
    return tuple(attempt_at(step, AttemptState.DONE) for step in steps)


def turn(host: int, *, upto: int = 4) -> tuple[Attempt, ...]:
    """The first steps of a host's turn, done."""
    return done(*(on(step, host) for step in TURN[:upto]))


def written(*attempts: Attempt, facts: tuple[Fact, ...] = SIGNED, **changes: object) -> Record:
    """A record with these attempts, after the signed gate."""
    return record(READY, *attempts, facts=facts, **changes)


def rolling_back(*attempts: Attempt, facts: tuple[Fact, ...] = ()) -> Record:
    """The same in a rollback that reaches all it needs, unless the attempts say otherwise."""
    reached = () if any(one.step == REACH for one in attempts) else done(REACH)
    return written(*attempts, *reached, facts=(*SIGNED, fact("rollback"), *facts), state=RunState.ROLLING_BACK)


def instruction(page: Page, of: Record) -> Instruction:
    """What `decide` says."""
    return decide(page, of, NOON)


def begins(page: Page, of: Record) -> str:
    """The step that begins next; empty if none does."""
    found = instruction(page, of)
    return found.step.id if isinstance(found, BeginStep) else ""


def order(page: Page, of: Record) -> list[str]:
    """Every step that begins from here on, if each succeeds at once."""
    steps: list[str] = []
    while step := begins(page, record(*of.attempts, *done(*steps), facts=of.facts, state=of.run.state)):
        steps.append(step)
    return steps


@pytest.fixture
def driven_on(tmp_path: Path) -> Iterator[Callable[[Page], DrivenRunner]]:
    """Makes the run of a page, whose gate is signed."""
    made: list[DrivenRunner] = []

    def make(page: Page) -> DrivenRunner:
        made.append(DrivenRunner(tmp_path, page))
        made[0].do("ready")
        made[0].sign()
        return made[0]

    yield make
    made[0].close()


# -- on all hosts together --------------------------------------------------------------------------------------------


def test_a_step_done_together_begins_on_every_host_before_any_has_ended() -> None:
    running = [attempt_at(on(DEPLOY, host), AttemptState.RUNNING) for host in (1, 2, 3)]
    assert [begins(TOGETHER, written(*running[:n])) for n in range(4)] == [on(DEPLOY, n) for n in (1, 2, 3)] + [""]


def test_the_next_step_waits_for_all_hosts() -> None:
    two = done(on(DEPLOY, 1), on(DEPLOY, 2))
    assert begins(TOGETHER, written(*two, attempt_at(on(DEPLOY, 3), AttemptState.RUNNING))) == ""
    assert begins(TOGETHER, written(*two, *done(on(DEPLOY, 3)))) == "health"


def test_what_was_signed_is_checked_once_for_all_hosts_on_which_a_step_begins_together() -> None:
    pinned, checked = attempt_at("pin", AttemptState.DONE), attempt_at(CHECK, AttemptState.DONE, after=5)
    assert instruction(PREPARED, written(pinned)) == CheckEvidence(1)
    begun = [attempt_at(f"prepare@{host}", AttemptState.RUNNING, after=5) for host in HOSTS]
    following = [decide(PREPARED, written(pinned, checked, *begun[:n]), FIVE) for n in range(3)]
    assert [one.step.id for one in following if isinstance(one, BeginStep)] == [one.step for one in begun]
    other = attempt_at("another", AttemptState.DONE, after=5)
    assert decide(PREPARED, written(pinned, checked, other), FIVE) == CheckEvidence(2)


def test_while_people_decide_about_one_host_no_other_begins() -> None:
    assert instruction(TOGETHER, written(attempt_at(on(DEPLOY, 1), AttemptState.FAILED))) == Wait()


def test_a_host_runs_again_while_people_still_decide_about_another() -> None:
    failed = [attempt_at(on(DEPLOY, host), AttemptState.FAILED) for host in (1, 2)]
    again = fact("answer", on(DEPLOY, 1), said="again")
    found = instruction(TOGETHER, written(*failed, facts=(*SIGNED, again)))
    assert isinstance(found, BeginStep)
    assert (found.step.id, found.attempt) == (on(DEPLOY, 1), 2)


def test_the_failure_of_one_host_rolls_back_while_the_others_run() -> None:
    page = small(**{**TOGETHER_WORDS, 'takes = "10 min"': 'takes = "10 min"\non_failure = "roll back"'})
    attempts = (attempt_at(on(DEPLOY, 1), AttemptState.RUNNING), attempt_at(on(DEPLOY, 2), AttemptState.FAILED))
    found = instruction(page, written(*attempts))
    assert isinstance(found, RequestRollback)
    assert "(backend-2)" in found.reason


def test_each_host_gets_its_own_command_at_the_same_time(driven_on: Callable[[Page], DrivenRunner]) -> None:
    driven = driven_on(TOGETHER)
    for n in (1, 2, 3):
        driven.world.hang(f"deploy to backend-{n}")
    driven.runner.start()
    wait_until(lambda: sum(driven.world.begun.values()) == 3)
    assert {driven.last(on(DEPLOY, n)).state for n in (1, 2, 3)} == {AttemptState.RUNNING}
    for n in (1, 2, 3):
        driven.world.finish(f"deploy to backend-{n}")
    assert {driven.ended(on(DEPLOY, n)).state for n in (1, 2, 3)} == {AttemptState.DONE}


def test_after_a_crash_in_the_middle_each_host_ends_what_it_had_begun(
    driven_on: Callable[[Page], DrivenRunner],
) -> None:
    driven = driven_on(TOGETHER)
    for n in (1, 2, 3):
        driven.world.hang(f"deploy to backend-{n}")
    driven.runner.start()
    wait_until(lambda: sum(driven.world.begun.values()) == 3)
    driven.runner.detach()
    driven.runner = driven.new_runner()
    for n in (1, 2, 3):
        driven.world.finish(f"deploy to backend-{n}")
    driven.runner.start()
    assert {driven.ended(on(DEPLOY, n)).state for n in (1, 2, 3)} == {AttemptState.DONE}
    assert {times for key, times in driven.world.begun.items() if DEPLOY in key} == {1}


def test_only_the_hosts_that_were_touched_are_rolled_back(driven_on: Callable[[Page], DrivenRunner]) -> None:
    driven = driven_on(TOGETHER)
    driven.do(on(DEPLOY, 1))
    driven.do(on(DEPLOY, 2), AttemptState.FAILED)
    driven.store.add_fact(1, fact("rollback"))
    driven.runner.start()
    wait_until(lambda: driven.record.run.state == RunState.ROLLED_BACK)
    assert [bool(driven.record.last(on(BACK, n))) for n in (1, 2, 3)] == [True, True, False]


def test_in_the_rollback_no_host_waits_for_another() -> None:
    of = rolling_back(*done(on(DEPLOY, 1), on(DEPLOY, 2)), attempt_at(on(BACK, 1), AttemptState.RUNNING))
    assert begins(TOGETHER, of) == on(BACK, 2)


def test_a_step_that_is_done_once_undoes_what_began_on_any_host() -> None:
    words = {**TOGETHER_WORDS, 'commands = ["undeploy"]': 'commands = ["undeploy everywhere"]'}
    page = small(**{**words, 'host = "backend"\nundoes': 'host = "backend-1"\nundoes'})
    assert begins(page, rolling_back(*done(on(DEPLOY, 3)))) == BACK
    assert begins(page, rolling_back(attempt_at("health", AttemptState.FAILED))) == ""


# -- one host after the other -----------------------------------------------------------------------------------------


def test_a_host_is_in_again_before_the_next_one_is_out() -> None:
    assert order(ROLLING, written()) == [on(step, host) for host in (1, 2, 3) for step in TURN] + ["health"]


def test_a_failure_stops_before_the_next_host() -> None:
    failed = attempt_at(on("answers", 2), AttemptState.FAILED)
    assert instruction(ROLLING, written(*turn(1), *turn(2, upto=2), failed)) == Wait()


def test_the_rollback_takes_the_newest_host_first_and_leaves_untouched_ones_alone() -> None:
    of = rolling_back(*turn(1), *turn(2, upto=2))
    assert order(ROLLING, of) == [on(step, host) for host in (2, 1) for step in TURN_BACK]


def test_a_host_that_was_only_taken_out_comes_in_without_old_code() -> None:
    of = rolling_back(*turn(1, upto=1))
    assert order(ROLLING, of) == [on("back-out", 1), on("back-in", 1)]


def test_the_rollback_reaches_touched_hosts_only() -> None:
    needed = reach_step(ROLLING, written(*turn(1, upto=2))).box
    assert isinstance(needed, ReachBox)
    assert {name for sort, name in needed.needed if sort == "hosts"} == {"balancer", "backend-1"}


def test_a_rollback_waits_for_no_host_of_which_it_only_asks_what_runs() -> None:
    asks = 'repository = "$REPOSITORY"\nrunning = { on = "backend", command = "cat running" }\n'
    pin = f'### Pin\n\n```toml release\nhost = "backend-1"\n{asks}```\n\n## Deploy\n'
    page = small(**{**ROLLING_WORDS, "## Deploy\n": pin})
    needed = reach_step(page, written(*turn(1, upto=2))).box
    assert isinstance(needed, ReachBox)
    assert page.step("what runs").box.places() == {("hosts", host) for host in HOSTS}
    assert {name for sort, name in needed.needed if sort == "hosts"} == {"balancer", "backend-1"}


def test_a_host_whose_step_was_skipped_is_not_put_back_behind_the_balancer() -> None:
    failed = attempt_at(on("code", 2), AttemptState.FAILED)
    skip = fact("answer", on("code", 2), said="skip")
    of = written(*turn(1), *turn(2, upto=1), failed, facts=(*SIGNED, skip))
    assert order(ROLLING, of) == [on(step, 3) for step in TURN] + ["health"]


def test_what_a_person_did_by_hand_counts_for_the_rest_of_the_turn() -> None:
    failed = attempt_at(on("code", 2), AttemptState.FAILED)
    by_hand = fact("answer", on("code", 2), said="done")
    assert begins(ROLLING, written(*turn(1), *turn(2, upto=1), failed, facts=(*SIGNED, by_hand))) == on("answers", 2)


def test_people_who_go_on_without_a_host_are_not_asked_for_each_of_its_steps() -> None:
    away = Attempt(step=REACH, attempt=1, state=AttemptState.FAILED, began_at=NOON, outcome=AWAY)
    lost = Attempt(
        step=on("old-code", 2), attempt=1, state=AttemptState.FAILED, began_at=NOON, outcome={"inconclusive": True}
    )
    without = fact("answer", REACH, said="skip")
    agreed = fact("second", REACH, said="skip", person="U3")
    facts = (*SIGNED, fact("rollback"), without, agreed)
    of = written(
        *turn(1), *turn(2, upto=2), away, *done(on("back-out", 2)), lost, facts=facts, state=RunState.ROLLING_BACK
    )
    assert order(ROLLING, of) == [on(step, 1) for step in TURN_BACK]
    assert state_of(ROLLING, of, ROLLING.step(on("back-in", 2))) is StepState.SETTLED


def test_people_are_asked_for_another_host_that_goes_away_later() -> None:
    away = Attempt(step=REACH, attempt=1, state=AttemptState.FAILED, began_at=NOON, outcome=AWAY)
    lost = Attempt(
        step=on("old-code", 1), attempt=1, state=AttemptState.FAILED, began_at=NOON, outcome={"inconclusive": True}
    )
    answers = (fact("answer", REACH, said="skip"), fact("second", REACH, said="skip", person="U3"))
    begun = (*turn(1), away, *done(on("back-out", 1)), lost)
    assert instruction(ROLLING, rolling_back(*begun, facts=answers)) == Wait()


def test_a_host_that_goes_away_in_the_middle_stops_the_run_and_is_named(
    driven_on: Callable[[Page], DrivenRunner],
) -> None:
    driven = driven_on(ROLLING)
    driven.world.on_host("deploy to backend-2", Unreachable("Host “backend-2” cannot be reached."))
    driven.runner.start()
    failed = driven.ended(on("code", 2))
    assert (failed.state, failed.inconclusive) == (AttemptState.FAILED, True)
    asked = driven.events("wanted")[-1]
    assert (asked.title, asked.summary) == ("Put the code there (backend-2)", "Host “backend-2” cannot be reached.")
    assert driven.record.last(on("out", 3)) is None


# -- values -----------------------------------------------------------------------------------------------------------

KEEPS = {
    **TOGETHER_WORDS,
    "## Smoke tests\n": """### Use it

```toml run
host = "backend"
commands = ["show <mark> of <host>"]
together = true
```

## Smoke tests
""",
    'takes = "10 min"': 'values = { mark = { pattern = "mark=(.*)" } }\ntakes = "10 min"',
}


def test_what_a_step_keeps_on_a_host_is_used_on_that_host_only(driven_on: Callable[[Page], DrivenRunner]) -> None:
    driven = driven_on(small(**KEEPS))
    for n in (1, 2, 3):
        command = f"deploy to backend-{n}"
        driven.world.on_host(command, ended(f"$ {command}\nmark=m{n}\n"))
    seen: list[str] = []
    driven.world.on_host("^printf .* 'show ", lambda job: seen.append(job.script.splitlines()[-1]))
    driven.runner.start()
    assert {driven.ended(on("use-it", n)).state for n in (1, 2, 3)} == {AttemptState.DONE}
    assert sorted(seen) == ["show m1 of backend-1", "show m2 of backend-2", "show m3 of backend-3"]


def test_a_host_may_be_left_out_where_only_its_own_turn_needs_what_a_step_keeps() -> None:
    keeps = 'values = { mark = { pattern = "mark=(.*)" } }\ntakes = "10 min"'
    failed = attempt_at(on("code", 2), AttemptState.FAILED)
    for command, choices in (("take in <host>", 3), ("undeploy from <host>", 1)):
        text = ROLLING.text.replace('takes = "10 min"', keeps).replace(f'"{command}"', f'"{command} <mark>"')
        page = read_page(text, "small.md")
        assert len(choices_after(page, written(failed), page.step(on("code", 2)), failed)) == choices
