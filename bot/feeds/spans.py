"""The spans of a run's trace, from its events alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta

from state.events import (
    Ask,
    KeepDecided,
    PeopleAsked,
    RollbackRequested,
    RunMoved,
    RunStarted,
    StepAgreed,
    StepAnswered,
    StepBegan,
    StepEnded,
    StepSigned,
)
from state.frozen import dataclass
from state.records import ACTIVE, AttemptState, Event, Run, RunState

Value = str | int | bool
AttemptKey = tuple[str, int]
ROOT = "run"
CUT = "cut"  # the outcome of an attempt of which nothing was written when the run was over
UNANSWERED = "unanswered"
# what each act of a person answers, where it is known by step and attempt
_ANSWERS = {StepSigned: Ask.SIGN, StepAnswered: Ask.ANSWER, StepAgreed: Ask.AGREE}
_FAILED = {AttemptState.FAILED, AttemptState.UNKNOWN, CUT, RunState.ROLLED_BACK, RunState.ABORTED, RunState.ENDED}


@dataclass(frozen=True, kw_only=True)
class RunSpan:
    """One span. Its id comes from `key`, so one that is written again is the same span."""

    name: str
    key: str
    began: datetime
    ended: datetime
    outcome: str
    attributes: Mapping[str, Value] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether it counts as an error."""
        return self.outcome in _FAILED

    @property
    def is_root(self) -> bool:
        """Whether it is the span of the whole run."""
        return self.key == ROOT


def trace_id(run: Run) -> int:
    """The id of the run's trace: 16 bytes, never 0."""
    return _number(f"gonogo trace {run.key} {run.target}", 16)


def span_id(run: Run, key: str) -> int:
    """The id of a span of the run's trace: 8 bytes, never 0."""
    return _number(f"gonogo span {run.key} {run.target} {key}", 8)


def nanoseconds(at: datetime) -> int:
    """A time in nanoseconds since 1970, exactly."""
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000


class RunSpans:
    """Takes the events of a run in order. `kinds` are those of its page's steps, by id."""

    def __init__(self, run: Run, kinds: Mapping[str, str]) -> None:
        self._kinds = kinds
        self._run: dict[str, Value] = {"gonogo.run": run.id, "gonogo.target": run.target, "gonogo.page": run.page}
        self._run["gonogo.drill"] = bool(run.drill)
        self._began_at = run.began_at
        self._running: dict[AttemptKey, tuple[datetime, StepBegan]] = {}
        self._asked: dict[AttemptKey, tuple[datetime, PeopleAsked]] = {}
        self._waited: set[AttemptKey] = set()  # questions that somebody has answered

    def take(self, event: Event) -> list[RunSpan]:
        """The spans that end with an event."""
        data = event.data
        match data:
            case RunStarted():
                self._began_at = event.at
            case StepBegan():
                self._running[event.step, data.attempt] = event.at, data
            case StepEnded():
                return [self._ended(event, data)]
            case PeopleAsked():
                return self._replaced(event, data)
            case StepSigned() | StepAnswered() | StepAgreed() | KeepDecided() | RollbackRequested():
                return self._acted(event)
            case RunMoved():
                return self._moved(event, data)
        return []

    def _ended(self, event: Event, data: StepEnded) -> RunSpan:
        key = event.step, data.attempt
        began, _ = self._running.pop(key, (event.at - timedelta(seconds=max(0.0, data.seconds)), None))
        return self._attempt(key, data.part, began, event.at, data.state)

    def _attempt(self, key: AttemptKey, part: str, began: datetime, ended: datetime, outcome: str) -> RunSpan:
        step, attempt = key
        return self._span(
            f"step {step}",
            f"{step} {attempt}",
            (began, ended),
            outcome,
            {**self._step(step, attempt), "gonogo.step.part": part},
        )

    def _acted(self, event: Event) -> list[RunSpan]:
        """The wait for a person, which ends with their act; nothing if nobody was asked for it."""
        data = event.data
        if isinstance(data, (KeepDecided, RollbackRequested)):
            found = [key for key, (_, asked) in self._asked.items() if asked.ask == Ask.DECIDE]
        else:
            key, ask = (event.step, getattr(data, "attempt", 1)), _ANSWERS[type(data)]
            found = [key] if key in self._asked and self._asked[key][1].ask == ask else []
        role = getattr(data, "role", "")
        self._waited.update(found)
        return [
            self._wait(key, event.at, "refused" if getattr(data, "refused", False) else "acted", role) for key in found
        ]

    def _replaced(self, event: Event, data: PeopleAsked) -> list[RunSpan]:
        """A question takes the place of an earlier one about the same attempt: an answer that needs a second person."""
        key = event.step or data.step, data.attempt
        self._asked[key] = event.at, data
        self._waited.discard(key)
        return []

    def _wait(self, key: AttemptKey, until: datetime, outcome: str, role: str = "") -> RunSpan:
        began, asked = self._asked[key]
        step, attempt = key
        roles = role or ", ".join(asked.roles)
        return self._span(
            f"wait {asked.ask}",
            f"wait {step} {attempt} {asked.ask} {began.isoformat()} {role}",
            (began, until),
            outcome,
            {**self._step(step, attempt), "gonogo.wait.roles": roles},
        )

    def _moved(self, event: Event, data: RunMoved) -> list[RunSpan]:
        """The whole run, once it is over, and what was still open then."""
        if data.state in ACTIVE or data.watch:
            return []
        cut = [self._attempt(key, data.part, at, event.at, CUT) for key, (at, data) in self._running.items()]
        waits = [self._wait(key, event.at, UNANSWERED) for key in self._asked if key not in self._waited]
        self._running, self._asked, self._waited = {}, {}, set()
        return [
            *cut,
            *waits,
            self._span(f"deploy {self._run['gonogo.target']}", ROOT, (self._began_at, event.at), data.state, {}),
        ]

    def _step(self, step: str, attempt: int) -> dict[str, Value]:
        kind = self._kinds.get(step, "")
        return {"gonogo.step": step, "gonogo.attempt": attempt, **({"gonogo.step.kind": kind} if kind else {})}

    def _span(
        self, name: str, key: str, times: tuple[datetime, datetime], outcome: str, attributes: Mapping[str, Value]
    ) -> RunSpan:
        began, ended = times
        whole = {**self._run, **attributes, "gonogo.outcome": outcome}
        return RunSpan(name=name, key=key, began=min(began, ended), ended=ended, outcome=outcome, attributes=whole)


def _number(text: str, size: int) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:size]) or 1
