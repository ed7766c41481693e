"""What every step kind has: the common fields of its box, what it can do, and what the rest of the run must know of it.

The run knows no kind by its name: all that it asks of one is a property or a method here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from commands.ports.preflight import PreflightCheck
from commands.steps.outcome import Context, Outcome, failed, stopped, unknown
from commands.steps.values import VALUE
from commands.text.durations import Duration
from state.errors import Failed, LostTrack, Refused, Stopped, Unreachable

OnFailure = Literal["roll back", "ask", "tell"]


def _secret_name(value: str) -> str:
    if not re.fullmatch(r"\$[A-Z][A-Z0-9_]*", value):
        raise ValueError(f'{value!r} must be the name of an environment variable, written "$NAME"')
    return value


EnvName = Annotated[str, AfterValidator(_secret_name)]


class Strict(BaseModel):
    """Base of every part of a box: unknown fields and wrong types are refused, nothing is changed later."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, arbitrary_types_allowed=True)


class ChecklistItem(Strict):
    """One line of a checklist, and the role that answers for it."""

    text: str
    role: str


class Verify(Strict):
    """A query whose first cell must be `expect`; `says` names it in messages."""

    sql: str
    expect: int | str
    says: str


@dataclass(frozen=True, kw_only=True)
class AppliedFile:
    """A SQL file that a step applies, with the queries that must hold afterwards, and whether a receipt makes it happen once."""

    path: str
    verify: tuple[Verify, ...]
    receipt: bool


class StepBox(Strict):
    """The fields that every kind has.

    `takes` is what the timeline expects, `limit` when the step is given up. `sign` names the roles that must sign
    the result before the run goes on, `asks` the one that decides when it fails (where it names none, the deciding role).
    `undoes` (in the rollback) names the step without which there is nothing to undo;
    `after` (there too) names the steps that it waits for, where it need not wait for all above it.
    `every` (in the watch) is how often a check is made. `always` (in the smoke tests) runs it in the watch's
    repetition even after a failure, to clean up.
    """

    kind: ClassVar[str]
    # whether production may be changed by it; what changes nothing may simply be run again after a crash
    changes: ClassVar[bool] = False
    # whether it waits for people or for a time of day, so that it is never slow
    waits: ClassVar[bool] = False
    # whether it only asks people, whose signatures are its result
    asks_people: ClassVar[bool] = False
    # whether its summary is the message itself, told to the channel when it ends and not before
    announces: ClassVar[bool] = False
    # whether going on in spite of its failure needs a second person
    skip_needs_two: ClassVar[bool] = False
    # whether what it measures is what was usual before the deploy
    is_baseline: ClassVar[bool] = False
    # whether a baseline can make it before the deploy
    fits_baseline: ClassVar[bool] = True
    # whether each sample holds all that the one before held, as a log read from the restart on
    cumulative: ClassVar[bool] = False
    # whether its `seconds` are how long users wait for an answer
    times_answers: ClassVar[bool] = False
    # whether its samples make up a share of failures of their own
    repeats: ClassVar[bool] = False

    id: str = ""
    takes: Duration = timedelta(0)
    limit: Duration = timedelta(minutes=10)
    on_failure: OnFailure = "ask"
    asks: str = ""
    sign: list[str] = Field(default_factory=list)
    undoes: str = ""
    after: list[str] | None = None
    every: Duration | None = None
    always: bool = False

    def plan(self) -> list[str]:
        """The exact words that will be run or asked, one a line, with `<name>` where an earlier step gives the value."""
        raise NotImplementedError

    def run(self, ctx: Context) -> Outcome:
        """Do it. May raise the tools' errors; `execute` turns them into outcomes."""
        raise NotImplementedError

    def recover(self, ctx: Context) -> Outcome | None:
        """After a crash: what became of the attempt, or None where looking cannot tell. Repeats no effect.

        What changes nothing is simply made again.
        """
        return None if self.changes else execute(self, ctx)

    def clean_up_after_run(self, ctx: Context) -> None:
        """When the run is over: clear away what a later step would have cleared, had it begun. May raise the tools' errors."""

    def recover_lost(self, ctx: Context, lost: Outcome) -> Outcome | None:
        """`recover` for an attempt of which this very process lost track, and which may still be on its way."""
        return self.recover(ctx)

    def for_baseline(self) -> StepBox:
        """The check as a baseline makes it, before the deploy has changed anything."""
        return self

    def outputs(self) -> tuple[str, ...]:
        """The names of the values it leaves for later steps."""
        return ()

    def inputs(self) -> set[str]:
        """The names of the values of earlier steps that it uses, found in its text fields."""
        return set(VALUE.findall(repr(self.model_dump())))

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        """What in it does not fit the page's other steps (by id), as the sentence for its author; empty when all does."""
        return ""

    def preflight(self) -> list[PreflightCheck]:
        """What must be so before the run begins, for the doctor to look at; nothing where only the places must answer."""
        return []

    def roles(self) -> set[str]:
        """The roles that must sign its result."""
        return set(self.sign)

    def checklist(self) -> tuple[ChecklistItem, ...]:
        """What its signatures are for, item by item."""
        return ()

    def called_roles(self) -> tuple[str, ...]:
        """The roles that are called when it ends."""
        return ()

    def cleans_up(self) -> tuple[str, ...]:
        """The addresses of what it removes again from production."""
        return ()

    def applied_file(self) -> AppliedFile | None:
        """The SQL file that it applies, or None."""
        return None

    def row_return(self) -> Mapping[str, str] | None:
        """What it asks a backup for when it brings rows back, as the variables of `return_rows`; None where it does not."""
        return None

    def rehearsed(self, boxes: Mapping[str, StepBox], measures: Mapping[str, float]) -> Mapping[str, timedelta]:
        """How long other steps (by id) took when it rehearsed them, by what it measured; empty where it rehearses nothing."""
        return {}

    def places(self) -> set[tuple[str, str]]:
        """The places it uses, as (sort, name): ("hosts", "backend"), ("databases", ...), ("webs", ...)."""
        sorts = {"host": "hosts", "database": "databases", "web": "webs"}
        return {(sort, value) for field, sort in sorts.items() if (value := getattr(self, field, None))}


def execute(box: StepBox, ctx: Context) -> Outcome:
    """Run a step and turn every error of a tool into the outcome it means."""
    try:
        return box.run(ctx)
    except Stopped as error:
        return stopped(str(error) or "Stopped by a person.")
    except LostTrack as error:
        return unknown(str(error))
    except Failed as error:
        return failed(str(error), lines=tuple(error.output.splitlines()[-12:]), output=error.output)
    except Unreachable as error:
        return failed(str(error), inconclusive=True)
    except Refused as error:
        return failed(str(error))
