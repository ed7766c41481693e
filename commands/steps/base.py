"""What every step kind has: the common fields of its box, and the three things a kind can do (plan, run, look)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from commands.ports.preflight import Check
from commands.ports.tools import Finished, Job
from commands.steps.outcome import Context, Outcome, failed, stopped, unknown
from commands.text.durations import Duration
from state.errors import Failed, LostTrack, Refused, Stopped, Unreachable

_NAME = re.compile(r"<([a-z][a-z0-9_]*)>")

OnFailure = Literal["roll back", "ask", "tell"]


def _secret_name(value: str) -> str:
    if not re.fullmatch(r"\$[A-Z][A-Z0-9_]*", value):
        raise ValueError(f'{value!r} must be the name of an environment variable, written "$NAME"')
    return value


EnvName = Annotated[str, AfterValidator(_secret_name)]


class Strict(BaseModel):
    """Base of every part of a box: unknown fields and wrong types are refused, nothing is changed later."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, arbitrary_types_allowed=True)


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
    # whether going on in spite of its failure needs a second person
    two_to_skip: ClassVar[bool] = False

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
        """Do it. May raise the tools' errors; `act` turns them into outcomes."""
        raise NotImplementedError

    def look(self, ctx: Context) -> Outcome | None:
        """After a crash: what became of the attempt, or None where looking cannot tell. Repeats no effect.

        What changes nothing is simply made again.
        """
        return None if self.changes else act(self, ctx)

    def give_back(self, ctx: Context) -> None:
        """When the run is over: clear away what a later step would have cleared, had it begun. May raise the tools' errors."""

    def found_out(self, ctx: Context, lost: Outcome) -> Outcome | None:
        """`look` for an attempt of which this very process lost track, and which may still be on its way."""
        return self.look(ctx)

    def beforehand(self) -> StepBox:
        """The check as a baseline makes it, before the deploy has changed anything."""
        return self

    def gives(self) -> tuple[str, ...]:
        """The names of the values it leaves for later steps."""
        return ()

    def moments(self) -> tuple[str, ...]:
        """Which of these are moments by the bot's own clock, so that they go with it when it jumps."""
        return ()

    def needs(self) -> set[str]:
        """The names of the values of earlier steps that it uses, found in its text fields."""
        return set(_NAME.findall(repr(self.model_dump())))

    def wrong_beside(self, boxes: Mapping[str, StepBox]) -> str:
        """What in it does not fit the page's other steps (by id), as the sentence for its author; empty when all does."""
        return ""

    def checks(self) -> list[Check]:
        """What must be so before the run begins, for the doctor to look at; nothing where only the places must answer."""
        return []

    def roles(self) -> set[str]:
        """The roles that must sign its result."""
        return set(self.sign)

    def places(self) -> set[tuple[str, str]]:
        """The places it uses, as (sort, name): ("hosts", "backend"), ("databases", ...), ("webs", ...)."""
        sorts = {"host": "hosts", "database": "databases", "web": "webs"}
        return {(sort, value) for field, sort in sorts.items() if (value := getattr(self, field, None))}


def fill(text: str, values: Mapping[str, str], quote: Callable[[str], str] = str) -> str:
    """Put the values of earlier steps in place of their `<name>`; unknown names stay. `quote` makes each one safe."""
    return _NAME.sub(lambda found: quote(values[found[1]]) if found[1] in values else found[0], text)


def fill_shell(text: str, values: Mapping[str, str]) -> str:
    """`fill` for a shell command: each value is quoted."""
    return fill(text, values, shlex.quote)


def fill_json(data: Any, values: Mapping[str, str]) -> Any:
    """`fill` for every text inside a JSON value."""
    if isinstance(data, str):
        return fill(data, values)
    if isinstance(data, list):
        return [fill_json(item, values) for item in data]
    if isinstance(data, dict):
        return {key: fill_json(item, values) for key, item in data.items()}
    return data


def act(box: StepBox, ctx: Context) -> Outcome:
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
        return failed(str(error), unasked=True)
    except Refused as error:
        return failed(str(error))


def on_host(host: str, script: str, env: Mapping[str, str] | None = None) -> list[str]:
    """A script as plan lines: every line that will run on the host, then what its variables stand for."""
    given = ", ".join(f"{name}={value}" for name, value in (env or {}).items())
    return [f"on {host}: {line}" for line in script.splitlines()] + ([f"with {given}"] if given else [])


def run_job(box: StepBox, ctx: Context, host: str, script: str, env: Mapping[str, str]) -> Finished:
    """Run a script as the one job of this attempt; where the job exists it is attached to, never started twice."""
    filled = {name: fill(value, ctx.values) for name, value in env.items()}
    job = Job(key=ctx.key, script=script, env=filled, limit=box.limit.total_seconds())
    return ctx.tools.shell.run(host, job, stop=ctx.stop, hear=ctx.hear)


def look_at_job(box: StepBox, ctx: Context, host: str) -> Outcome:
    """After a crash: judge the job of this attempt if it ended, stay with it if it runs, and begin it if it never began.

    The job's folder on the host decides which it is, whoever else may still be on the way there.
    """
    if ctx.tools.shell.look(host, ctx.key).state == "dead":
        return unknown("The command is gone from the host and left no exit code; look at the host before you decide.")
    return act(box, ctx)


_TOLD = r"^([a-z][a-z0-9_]*)=(.*)$"


def told(output: str) -> dict[str, str]:
    """The `name=value` lines of a script's output, later ones over earlier ones."""
    return dict(re.findall(_TOLD, output, re.MULTILINE))


def for_people(lines: Iterable[str]) -> tuple[str, ...]:
    """The lines of a script's output that tell no value."""
    return tuple(line for line in lines if not re.match(_TOLD, line))


def wait_out(ctx: Context, lasts: timedelta) -> None:
    """Wait until so much time has passed since the step first began. Raises Stopped when a person stops the step."""
    pause(ctx, (ctx.counts_from + lasts - ctx.tools.clock.now()).total_seconds())


def pause(ctx: Context, seconds: float) -> None:
    """Wait some seconds from now. Raises Stopped when a person stops the step."""
    # by the clock that nobody can set: the time of day may jump while it waits
    until = ctx.tools.clock.steady() + seconds
    while (left := until - ctx.tools.clock.steady()) > 0:
        if ctx.stop.wait(min(left, 0.1)):
            raise Stopped("Stopped by a person while it waited.")
