"""The context of an attempt: its values, key, files and progress, and a part that it repeats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from commands.run.context import ContextFactory, missing_input
from commands.run.recovery import CANNOT_TELL
from commands.start.request import StartRequest
from commands.start.starter import start
from commands.steps.outcome import Context, done, failed
from state.errors import BadRecord, LostTrack
from state.facts import Actor, Door
from state.records import Attempt, AttemptState, RunState
from state.sqlite.store import Store
from tests.pages import NOON, fact, small
from tests.production import answer
from tests.world import World

WHO = Actor(person="U1", door=Door.SLACK)
SMOKE_TESTS = """path = "/health"
values = { job = "id" }
on_failure = "roll back"
```

### Seen by people?

```toml gate
id = "seen"
item = [{ text = "It looks well", role = "dba" }]
```

### Use it

```toml http
web = "api"
path = "/jobs/<job>"
values = { shown = "id" }
```

### Clean up

```toml http
web = "api"
path = "/jobs/<job>"
method = "DELETE"
always = true
"""
PAGE = small(**{'path = "/health"\non_failure = "roll back"\n': SMOKE_TESTS})
DEPLOY = PAGE.step("put-the-code-there")


class Case:
    """Run 1 of the page, with what makes its contexts."""

    def __init__(self, folder: Path) -> None:
        self.world = World(rate=0)
        self.world.on_web("GET api /health", answer(data={"id": 7}))
        self.world.on_web("GET api /jobs", answer(data={"id": 8}))
        self.world.on_web("DELETE api /jobs", answer(200))
        self.store = Store(folder / "gonogo.db")
        people = {role: frozenset({"U2"}) for role in PAGE.roles}
        self.run = start(self.store, PAGE, StartRequest(ref="v2", notice_minutes=5), WHO, people, NOON)
        self.factory = ContextFactory(self.store, PAGE, self.run.id, self.world.tools())
        self.stop = Event()

    def context(self, step: str = DEPLOY.id, attempt: int = 1) -> Context:
        return self.factory.context(PAGE.step(step), attempt, self.stop)

    def done(self, step: str, **values: str) -> None:
        """Write a successful attempt with its values."""
        self.store.begin_attempt(self.run.id, step, 1, NOON)
        ended = Attempt(step=step, attempt=1, state=AttemptState.DONE, began_at=NOON, outcome={"values": values})
        self.store.end_attempt(self.run.id, ended, NOON)

    def repeat(self, *, interrupted: bool = False) -> dict[str, tuple[str, str]]:
        """The state and summary of each smoke test that is repeated, by its title."""
        results = self.context("response-time").repeat("smoke tests", interrupted)
        return {title: (outcome.state.value, outcome.summary) for title, outcome in results}


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    made = Case(tmp_path)
    yield made
    made.store.close()


def test_the_values_are_the_runs_own_and_those_of_earlier_steps(case: Case) -> None:
    assert case.context().values == {"ref": "v2", "run": "1", "countdown": "5"}
    case.done("ready", commit="abc", countdown="9")
    assert case.context().values == {"ref": "v2", "run": "1", "countdown": "9", "commit": "abc"}


def test_the_same_attempt_has_the_same_key_in_every_process(case: Case) -> None:
    later = ContextFactory(case.store, PAGE, 1, case.world.tools()).context(DEPLOY, 2, Event())
    assert later.key == case.context(attempt=2).key == f"{case.run.key}/put-the-code-there/2"
    assert case.context(attempt=2).step_key == case.context(attempt=1).step_key


def test_a_context_knows_its_step_its_run_and_how_to_be_stopped(case: Case) -> None:
    ctx = case.context()
    assert (ctx.title, ctx.run, ctx.time_zone) == ("Put the code there", case.run, "Asia/Bangkok")
    assert ctx.stop is case.stop
    assert ctx.boxes == {step.id: step.box for step in PAGE.steps}
    assert ctx.tools.clock is case.world.clock


def test_a_step_began_with_its_first_attempt_or_begins_now(case: Case) -> None:
    assert (case.context().began_at, case.context().stamp) == (case.world.clock.now(), "")
    case.done("ready")
    for attempt in (1, 2):
        case.store.begin_attempt(1, DEPLOY.id, attempt, NOON + timedelta(minutes=attempt))
    again = case.context(attempt=2)
    assert (again.began_at, again.stamp) == (NOON + timedelta(minutes=1), "20261123T120100Z")


def test_files_are_kept_with_the_run(case: Case) -> None:
    assert case.context().file("plan.sql") is None
    case.context().save_file("plan.sql", "SELECT 1")
    assert case.context(attempt=2).file("plan.sql") == case.store.file(1, "plan.sql") == "SELECT 1"


def test_the_progress_shown_is_the_last_5_lines_of_200_characters(case: Case) -> None:
    case.store.begin_attempt(1, DEPLOY.id, 1, NOON)
    case.context().on_output("\n".join(str(number) * 300 for number in range(7)))
    (attempt,) = case.store.record(1).attempts
    assert attempt.progress == "\n".join(str(number) * 200 for number in range(2, 7))


def test_progress_that_cannot_be_written_is_left_out(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise BadRecord("the disk is full")

    ctx = case.context()
    monkeypatch.setattr(case.store, "show_progress", full)
    ctx.on_output("line")


def test_a_rollback_step_knows_what_the_steps_before_it_did_not_restore(case: Case) -> None:
    page = small(
        **{
            'commands = ["undeploy"]': 'commands = ["undeploy"]\n```\n\n### Tell\n\n```toml run\nhost = "backend"\n'
            'commands = ["tell"]'
        }
    )
    case.done(DEPLOY.id)
    case.store.add_fact(1, fact("rollback"))
    case.store.move_run(1, RunState.ROLLING_BACK, NOON)
    case.store.begin_attempt(1, "put-the-old-code-back", 1, NOON)
    undone = Attempt(step="put-the-old-code-back", attempt=1, state=AttemptState.FAILED, began_at=NOON, summary="no")
    case.store.end_attempt(1, undone, NOON)
    factory = ContextFactory(case.store, page, 1, case.world.tools())
    assert list(factory.context(page.step("tell"), 1, Event()).missing.values()) == [
        "“Put the old code back” failed: no"
    ]
    assert factory.context(page.step("health"), 1, Event()).missing == {}


def test_a_measured_check_runs_under_its_own_title_and_key(case: Case) -> None:
    title, outcome = case.context("ready").measure("response-time")
    assert (title, outcome.state) == ("Response time", "done")
    assert case.world.calls[-1] == ("GET", "api", "/jobs")


def test_a_repetition_runs_the_part_with_new_values_and_asks_nobody(case: Case) -> None:
    case.done("health", job="6")
    assert [state for state, _ in case.repeat().values()] == ["done"] * 3
    assert list(case.repeat()) == ["Health", "Use it", "Clean up"]
    assert [path for _, _, path in case.world.calls[:3]] == ["/health", "/jobs/7", "/jobs/7"]


def test_the_jobs_of_a_repetition_are_keyed_by_its_own_attempt_and_step(case: Case) -> None:
    page = small(**{'http\nweb = "api"\npath = "/health"': 'run\nhost = "backend"\ncommands = ["probe"]'})
    ctx = ContextFactory(case.store, page, 1, case.world.tools()).context(page.step("response-time"), 4, Event())
    assert [title for title, _ in ctx.repeat("smoke tests", False)] == ["Health"]
    assert list(case.world.begun) == [f"{case.run.key}/response-time/4/health"]


def test_after_a_failure_a_repetition_only_cleans_up(case: Case) -> None:
    case.world.on_web("GET api /jobs", answer(500))
    assert {title: state for title, (state, _) in case.repeat().items()} == {
        "Health": "done",
        "Use it": "failed",
        "Clean up": "done",
    }
    case.world.on_web("GET api /health", answer(500))
    assert list(case.repeat()) == ["Health", "Clean up"]


def test_a_repetition_never_uses_a_value_of_the_first_time(case: Case) -> None:
    case.done("health", job="6")
    case.world.on_web("GET api /health", answer(500))
    state, summary = case.repeat()["Clean up"]
    assert state == "failed"
    assert summary == (
        "<job> has no value, because the step that provides it did not succeed. "
        "What this step cleans up may still be there."
    )
    assert [method for method, _, _ in case.world.calls if method == "DELETE"] == []


def test_a_lost_connection_in_a_repetition_is_resolved(case: Case) -> None:
    case.world.on_web("DELETE api /jobs", LostTrack("no answer"))
    assert case.repeat()["Clean up"][0] == "unknown", "a DELETE whose answer was lost is not a failure"


def test_an_interrupted_repetition_recovers_its_steps_instead_of_running_them(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(PAGE.step("health").box), "recover", lambda *_: done("recovered", values={"job": "5"}))
    assert case.repeat(interrupted=True) == dict.fromkeys(("Health", "Use it", "Clean up"), ("done", "recovered"))
    assert case.world.calls == []


def test_a_step_that_recovery_cannot_tell_about_fails_in_an_interrupted_repetition(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(PAGE.step("health").box), "recover", lambda *_: None)
    assert case.repeat(interrupted=True)["Health"] == ("failed", CANNOT_TELL)


def test_a_step_lacks_its_first_missing_input_by_name(case: Case) -> None:
    use = PAGE.step("use-it")
    step = replace(use, box=use.box.model_copy(update={"path": "/<b>/<a>/<ref>"}))
    assert missing_input(step, case.context()) == failed(
        "<a> has no value, because the step that provides it did not succeed."
    )
    assert missing_input(DEPLOY, case.context()) is None
