"""How an attempt at a step ended (`Outcome`), and what a step works with (`Context`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, field
from datetime import datetime
from threading import Event
from typing import Any

from commands.ports.shell import OutputListener, ignore_output
from commands.ports.tools import Tools
from state.frozen import dataclass
from state.records import AttemptState, Run
from state.shortening import shortened

# characters; what a host or a server sent may stand in each of them
LONGEST_SUMMARY, LONGEST_LINE, LONGEST_OUTPUT = 2_000, 1_000, 1_000_000
LONGEST_COMPARED = 120
MOST_LINES = 300
_COMMIT = re.compile(r"\b([0-9a-f]{10})[0-9a-f]{30}(?:[0-9a-f]{24})?\b")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an attempt ended.

    - `summary`: one sentence for the thread.
    - `lines`: the most important lines of the output.
    - `output`: the long output, posted as a file.
    - `values`: set for later steps, which use them as `<name>` on the page.
    - `timestamps`: like `values`, but moments by the bot's clock in ISO 8601. If that clock jumps, they are corrected.
    - `measures`: judged by the alerts.
    - `evidence`: what people sign for, by name ("commit", "backup"): a hash or a short text.
    - `changed`: if it checked evidence: the steps whose results have changed, by id, with a sentence each.
    - `compared`: what it looked at on what serves, and found as it should be, in a few words each ("api answers with
      88d43ce"). Empty if it only did something.
    - `loss`: what was counted around it of what a rollback loses (see `commands.rollback.loss`).
    - `missing`, `not_compared`: after a rollback, what is not as before, and what it could not look at and why.
    - `applied_nothing`: it found nothing to apply, by what it asked before and after; so nothing of it is left to undo.
    - `inconclusive`: nothing was learned. The target could not be reached, or (for a check) its answer proves nothing.
    """

    state: AttemptState
    summary: str
    lines: tuple[str, ...] = ()
    output: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    timestamps: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)
    evidence: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, str] = field(default_factory=dict)
    compared: tuple[str, ...] = ()
    loss: Mapping[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()
    applied_nothing: bool = False
    inconclusive: bool = False

    def __post_init__(self) -> None:
        cut = {
            "summary": shortened(self.summary, LONGEST_SUMMARY),
            "lines": tuple(shortened(line, LONGEST_LINE) for line in self.lines[:MOST_LINES]),
            "compared": tuple(
                shortened(_COMMIT.sub(r"\1", what), LONGEST_COMPARED) for what in self.compared[:MOST_LINES]
            ),
            "missing": tuple(shortened(what, LONGEST_LINE) for what in self.missing[:MOST_LINES]),
            "not_compared": tuple(shortened(what, LONGEST_LINE) for what in self.not_compared[:MOST_LINES]),
            "output": shortened(self.output, LONGEST_OUTPUT),
        }
        for name, value in cut.items():
            object.__setattr__(self, name, value)

    def as_data(self) -> dict[str, Any]:
        """What the record stores besides state and summary, without empty fields."""
        data = asdict(self)
        del data["state"], data["summary"]
        return {name: value for name, value in data.items() if value}


def done(summary: str, **more: Any) -> Outcome:
    """The step succeeded."""
    return Outcome(state=AttemptState.DONE, summary=summary, **more)


def failed(summary: str, **more: Any) -> Outcome:
    """The step failed, and that is certain."""
    return Outcome(state=AttemptState.FAILED, summary=summary, **more)


def unknown(summary: str, **more: Any) -> Outcome:
    """The step began, and it is not known how it ended."""
    return Outcome(state=AttemptState.UNKNOWN, summary=summary, **more)


def stopped(summary: str, **more: Any) -> Outcome:
    """A person stopped the step before it ended."""
    return Outcome(state=AttemptState.STOPPED, summary=summary, **more)


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a step is given for one attempt.

    - `key`: identifies the attempt. It is the same whenever the attempt is recovered, so effects happen once per key.
    - `began_at`: when the first attempt at this step began; `tried_at`: when this one did, if it is known.
    - `stamp`: the same moment as text for file names. It never changes, even if the clock jumps.
    - `stop`: set when a person stops the step.
    - `file`, `save_file`: read and store the run's files, by path.
    - `rerun_part`: runs a part's steps again, and returns each title with its outcome. With True it recovers an
      interrupted rerun instead.
    - `run_check`: runs one check of the watch, and returns its title with the outcome.
    - `boxes`: the page's steps, by id.
    - `after_change`: False where the watch repeats the step: nothing has just been started, so nothing is waited for.
    - `numbers`: the names of the values that are numbers by their types.
    - `on_output`: called with the output of a step that is still running.
    - `found_at_start`: what the preflight found and kept, by name. Empty if the run was started without one.
    - `not_undone`: in a rollback, what the run changed and none of its steps undoes, one sentence each.
    - `unsettled`: the keys of the attempts right before this one whose end is unknown: their jobs may still be running.
      True if they had the same values, so that what one of them did counts for this attempt too.
    - `not_restored`: what the rollback steps above this one failed to restore, by name, with a sentence each.
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
    rerun_part: Callable[[str, bool], list[tuple[str, Outcome]]]
    run_check: Callable[[str], tuple[str, Outcome]]
    boxes: Mapping[str, Any]
    on_output: OutputListener = ignore_output
    not_restored: Mapping[str, str] = field(default_factory=dict)
    not_undone: tuple[str, ...] = ()
    unsettled: Mapping[str, bool] = field(default_factory=dict)
    numbers: frozenset[str] = frozenset()
    after_change: bool = True
    tried_at: datetime | None = None
    found_at_start: Mapping[str, str] = field(default_factory=dict)

    @property
    def step_key(self) -> str:
        """The same for all attempts of this run at this step. Receipts are stored under it."""
        return self.key.rsplit("/", 1)[0]
