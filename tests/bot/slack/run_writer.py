"""Writes runs into a record for a test, as the engine and people would."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.doors.alike import Alike
from bot.doors.deps import Deps
from commands.progress.step_state import DECISION, WATCH
from commands.run import countdown_writes
from commands.run import events as run_events
from commands.runbook import Page
from commands.signoff.actions import RunActions
from commands.start.objections import Objection, ObjectionSort, facts_of
from commands.start.preflight import PreflightReport
from commands.start.request import StartRequest
from commands.start.starter import start
from commands.start.watch_speed import WatchSpeed
from commands.steps.outcome import Outcome, done, failed
from commands.watch.countdown import StartCountdown, due_countdown
from state.facts import Actor, Door
from state.records import Attempt, AttemptState, Run, RunState
from state.sqlite.store import Store
from state.store import RecordStore
from tests.pages import event, small

STARTER, DBA, LEAD, GUEST = "U01STARTER", "U02DBA", "U05LEAD", "U09GUEST"
CHANNEL = "C01DEPLOY"
HOLDERS = {"dba": [DBA], "lead": [LEAD]}
# the starter holds a role too, or nobody could start; no message mentions the starter for it
PEOPLE = {"dba": frozenset({DBA, STARTER}), "lead": frozenset({LEAD})}
PAGE = small()
FREEZE = Objection(sort=ObjectionSort.FREEZE, summary="shop is frozen until Mon 09:00 by Lee: the big sale.")
# the steps of the small page
READY, DEPLOY, HEALTH, CHECK = "ready", "put-the-code-there", "health", "response-time"
ROLLBACK = "put-the-old-code-back"


def in_slack(person: str) -> Actor:
    """Somebody who acts in Slack."""
    return Actor(person=person, door=Door.SLACK)


def deps_of(store: RecordStore, page: Page = PAGE, **changes: object) -> Deps:
    """What the doors need, with the small page, its two roles and their people."""
    values: dict[str, object] = {
        "store": store,
        "pages": lambda: {page.name: page},
        "people": lambda _: PEOPLE,
        "mentions": lambda _: HOLDERS,
        "phones": lambda _: {"dba": "+66 2 555 0101", "lead": "+66 2 555 0102"},
        "missing": lambda _: [],
        "mask": lambda _, text: text.replace("hunter-of-the-environment", "••••"),
        "channel": lambda _: CHANNEL,
        "places": lambda _: {},
        "now": lambda: datetime.now(UTC),
        "preflight": lambda page, ref: PreflightReport(),
        "speed": WatchSpeed(),
        "way_back": "",
        "alike": Alike(store),
    }
    return Deps(**{**values, **changes})  # type: ignore[arg-type]


@dataclass
class RunWriter:
    """Writes runs into a record, with the facts and events that the engine would write."""

    store: Store
    deps: Deps
    page: Page
    starter: str = field(default=STARTER, kw_only=True)

    def start_run(self, *against: Objection, drill: str = "") -> Run:
        """A new run, started by the starter although this speaks against it."""
        people = self.deps.people(self.page)
        request = StartRequest(channel=CHANNEL, drill=drill)
        starter, now = in_slack(self.starter), self.deps.now()
        report = PreflightReport(against=facts_of(against, starter, now, "the fix cannot wait"))
        return start(self.store, self.page, request, starter, people, now, report)

    def begin_step(self, run: Run, step: str, attempt: int = 1) -> None:
        """An attempt at a step begins."""
        events = run_events.step_began(self.page, self.page.step(step), attempt)
        self.store.begin_attempt(run.id, step, attempt, self.deps.now(), *events)

    def end_step(self, run: Run, step: str, outcome: Outcome | None = None, attempt: int = 1) -> None:
        """An attempt at a step ends, well unless an outcome is given."""
        now, result = self.deps.now(), outcome or done("It is there.")
        ended = Attempt(
            step=step,
            attempt=attempt,
            state=result.state,
            began_at=now,
            summary=result.summary,
            outcome=result.as_data(),
        )
        events = run_events.step_ended(self.page, self.store.record(run.id), self.page.step(step), ended, result, 1.5)
        self.store.end_attempt(run.id, ended, now, *events)

    def run_step(self, run: Run, step: str, outcome: Outcome | None = None, attempt: int = 1) -> None:
        """An attempt at a step begins and ends."""
        self.begin_step(run, step, attempt)
        self.end_step(run, step, outcome, attempt)

    def run_at_gate(self) -> Run:
        """A run that waits for the signatures of its first gate."""
        run = self.start_run()
        self.run_step(run, READY)
        return run

    def add_events(self, run: Run, *kinds: str) -> None:
        """Bare events of these kinds."""
        self.store.add_events(run.id, self.deps.now(), *(event(kind) for kind in kinds))

    def actions(self, run: Run) -> RunActions:
        """What people can do to a run."""
        return RunActions(self.store, self.page, run.id, self.deps.people(self.page))

    def begin_watch(self, run: Run) -> None:
        """The watch begins."""
        began = event("watch", {"lasts": "1 h", "speed": 1.0})
        self.store.begin_attempt(run.id, WATCH, 1, self.deps.now(), began)

    def run_check(self, run: Run, *seconds: float, text: str = "answered") -> None:
        """The check of the watch runs once for each response time; above 5 s it fails."""
        for attempt, value in enumerate(seconds, start=1):
            outcome = (failed if value > 5 else done)(text, measures={"seconds": value})
            self.run_step(run, CHECK, outcome, attempt)

    def start_countdown(self, run: Run) -> None:
        """The countdown starts that the measurements call for."""
        now = self.deps.now()
        due = due_countdown(self.page, self.store.record(run.id), now)
        assert isinstance(due, StartCountdown), f"no alert calls for a rollback: {due}"
        countdown_writes.write_countdown(self.store, self.page, run.id, due, now)

    def run_with_countdown(self) -> Run:
        """A run in its watch, with an alert that counts down to a rollback."""
        run = self.start_run()
        self.begin_watch(run)
        self.run_check(run, 6.0, 7.0)
        self.start_countdown(run)
        return run

    def ask_decision(self, run: Run) -> None:
        """The watch is over, and the lead is asked for KEEP or ROLLBACK."""
        now = self.deps.now()
        watch = Attempt(step=WATCH, attempt=1, state=AttemptState.DONE, began_at=now)
        self.store.end_attempt(run.id, watch, now, event("watch over"))
        data = {"kind": "decide", "step": DECISION, "roles": ["lead"], "attempt": 1, "title": "KEEP or ROLLBACK"}
        asked = event("wanted", {**data, "asked_items": ["Users report no issues"]}, step=DECISION)
        self.store.begin_attempt(run.id, DECISION, 1, now, asked)

    def move_run(self, run: Run, state: RunState, reason: str = "") -> None:
        """The run moves to another state."""
        data = {"state": state, "clock": "5 min", "since_rollback": "3 min 12 s", "reason": reason}
        self.store.move_run(run.id, state, self.deps.now(), event("moved", data))
