"""Outcome: how an attempt at a step ended, as a value; and what a step is handed to work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from threading import Event
from typing import Any

from commands.ports.shell import OutputListener, ignore_output
from commands.ports.tools import Tools
from state.records import AttemptState, Run


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an attempt ended.

    `summary` is one sentence for the thread; `lines` are the telling lines of its output; `output` is the long output,
    posted as a file. `values` are kept for later steps (`<name>` on the page), and so are `timestamps`: moments by the bot's
    own clock, in ISO 8601, which go with it when it jumps. `measures` are judged by the alerts. `inconclusive` says that
    nothing was learned, because whom it asks could not be reached, or (where there are measures) because its answer
    tells nothing.
    """

    state: AttemptState
    summary: str
    lines: tuple[str, ...] = ()
    output: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    timestamps: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    inconclusive: bool = False

    def as_data(self) -> dict[str, Any]:
        """The parts kept in the record beside state and sentence."""
        data = asdict(self)
        del data["state"], data["summary"]
        return {name: value for name, value in data.items() if value}


def done(summary: str, **more: Any) -> Outcome:
    """The step did what it is for."""
    return Outcome(state=AttemptState.DONE, summary=summary, **more)


def failed(summary: str, **more: Any) -> Outcome:
    """The step did not do what it is for, and this is known."""
    return Outcome(state=AttemptState.FAILED, summary=summary, **more)


def unknown(summary: str, **more: Any) -> Outcome:
    """The step was begun and how it ended is not known."""
    return Outcome(state=AttemptState.UNKNOWN, summary=summary, **more)


def stopped(summary: str, **more: Any) -> Outcome:
    """The step was stopped by a person before its end."""
    return Outcome(state=AttemptState.STOPPED, summary=summary, **more)


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a step kind is handed: the tools, the run, and how to be stopped and to keep files.

    `key` is the same for the same attempt of the same run, whoever runs it: effects are done once under it. `began_at`
    is when the first attempt at this step began, `stamp` the same for names on hosts: it stays as it was written. `repeat`
    runs a part's steps once more (or, with True, takes up where a cut repetition may have left them), `measure` one
    check of the watch; both give titles with outcomes. `boxes` are the page's boxes, by id. `on_output` takes what a running
    step shows so far. `missing` is what the steps of the rollback above it have not restored: names, and the sentence of each.
    """

    tools: Tools
    run: Run
    key: str
    title: str
    began_at: datetime
    stamp: str
    time_zone: str
    values: Mapping[str, str]
    stop: Event
    file: Callable[[str], str | None]
    save_file: Callable[[str, str], str]
    repeat: Callable[[str, bool], list[tuple[str, Outcome]]]
    measure: Callable[[str], tuple[str, Outcome]]
    boxes: Mapping[str, Any]
    on_output: OutputListener = ignore_output
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def step_key(self) -> str:
        """The same for every attempt of this run at this step: by it a receipt is known."""
        return self.key.rsplit("/", 1)[0]
