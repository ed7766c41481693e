"""Outcome: how an attempt at a step ended, as a value; and what a step is handed to work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import Any

from commands.ports.tools import Hear, Tools, unheard
from state.records import DONE, FAILED, STOPPED, UNKNOWN, Run


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an attempt ended.

    `says` is one sentence for the thread; `lines` are the telling lines of its output; `output` is the long output,
    posted as a file. `values` are kept for later steps (`<name>` on the page), `measures` are judged by the alerts.
    `unasked` says that nothing was learned, because whom it asks could not be reached, or (where there are measures)
    because its answer tells nothing.
    """

    state: str
    says: str
    lines: tuple[str, ...] = ()
    output: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    unasked: bool = False

    def as_data(self) -> dict[str, Any]:
        """The parts kept in the record beside state and sentence."""
        data = asdict(self)
        del data["state"], data["says"]
        return {name: value for name, value in data.items() if value}


def done(says: str, **more: Any) -> Outcome:
    """The step did what it is for."""
    return Outcome(state=DONE, says=says, **more)


def failed(says: str, **more: Any) -> Outcome:
    """The step did not do what it is for, and this is known."""
    return Outcome(state=FAILED, says=says, **more)


def unknown(says: str, **more: Any) -> Outcome:
    """The step was begun and how it ended is not known."""
    return Outcome(state=UNKNOWN, says=says, **more)


def stopped(says: str, **more: Any) -> Outcome:
    """The step was stopped by a person before its end."""
    return Outcome(state=STOPPED, says=says, **more)


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a step kind is handed: the tools, the run, and how to be stopped and to keep files.

    `key` is the same for the same attempt of the same run, whoever runs it: effects are done once under it. `began_at`
    is when the first attempt at this step began, as it was written then; the clock has `jumped` so far since. `repeat`
    runs a part's steps once more (or, with True, takes up where a cut repetition may have left them), `measure` one
    check of the watch; both give titles with outcomes. `beside` are the page's boxes, by id. `hear` takes what a running
    step shows so far. `missing` is what the steps of the rollback above it have not restored: names, and the sentence of each.
    """

    tools: Tools
    run: Run
    key: str
    title: str
    began_at: datetime
    time_zone: str
    values: Mapping[str, str]
    stop: Event
    file: Callable[[str], str | None]
    keep_file: Callable[[str, str], str]
    repeat: Callable[[str, bool], list[tuple[str, Outcome]]]
    measure: Callable[[str], tuple[str, Outcome]]
    beside: Mapping[str, Any]
    hear: Hear = unheard
    missing: Mapping[str, str] = field(default_factory=dict)
    jumped: timedelta = timedelta(0)

    @property
    def counts_from(self) -> datetime:
        """When the first attempt began, by the clock as it goes now: from then till now is the time that really passed."""
        return self.began_at + self.jumped

    @property
    def step_key(self) -> str:
        """The same for every attempt of this run at this step: by it a receipt is known."""
        return self.key.rsplit("/", 1)[0]
