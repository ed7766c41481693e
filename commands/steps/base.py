"""The base of every step kind: shared fields, and what the run may ask of a step.

The run knows no kind by its name. All that it asks of a step is a field, a class variable or a method of `StepBox`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from commands.ports.page_text import PLACEHOLDER, Text
from commands.ports.preflight import PreflightCheck
from commands.steps.outcome import Context, Outcome, failed, stopped, unknown
from commands.steps.page_fields import SqlText, dollar_in, refuse_variables
from commands.steps.tool_migration import ToolMigration
from commands.steps.undo import Undo
from commands.steps.value_types import PLAIN_TYPES, ValueType
from commands.text.durations import Duration
from state.errors import Failed, LostTrack, Refused, Stopped, Unreachable
from state.frozen import dataclass

Members = Mapping[str, tuple[str, ...]]  # the names that stand for one name of the page
OnFailure = Literal["roll back", "ask", "tell"]
_OUTPUT_LINES = 12  # lines of a failed tool's output that the thread shows


class Strict(BaseModel):
    """Base of every part of a box. Values cannot be changed later.

    Unknown fields, wrong types and a `$NAME` that nothing would put in are refused.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)

    @field_validator("*")
    @classmethod
    def _is_put_in(cls, value: object, info: ValidationInfo) -> object:
        refuse_variables(value, dollar_in(cls.model_fields[str(info.field_name)]))
        return value


# the fields of a box that name a place, and their tables in `toml places`
PLACE_FIELDS = {"host": "hosts", "database": "databases", "web": "webs"}


class ChecklistItem(Strict):
    """One item of a checklist, and the role that must sign it."""

    text: str = Field(description="What the role confirms.", examples=["The rollback plan was read"])
    role: str = Field(description="The role that signs the item, by its name in `toml roles`.", examples=["dba"])


class Verify(Strict):
    """A query whose first cell must be right."""

    sql: SqlText = Field(
        description="One read-only query. Its first cell is compared, in all rows unless it has an `ORDER BY`.",
        examples=["SELECT count(*) FROM jobs WHERE state IS NULL"],
    )
    expect: int | str = Field(
        description="The value that the first cell must have.",
        examples=[0],
        json_schema_extra={"unit": "in the query's unit"},
    )
    says: str = Field(description="What the query shows, as messages name it.", examples=["jobs without a state"])


@dataclass(frozen=True, kw_only=True)
class AppliedFile:
    """A SQL file that a step applies, and the queries that must hold afterwards.

    With a `receipt` the same step of the same run never applies the file twice.
    """

    path: str
    verify: tuple[Verify, ...]
    receipt: bool


@dataclass(frozen=True, kw_only=True)
class PinnedRelease:
    """A release that a step pins: the host and its working copy, and the name under which the preflight keeps it."""

    host: str
    repository: Text
    found_as: str


# the values that say which commit should run: the new one, and the one from before
VERSIONS = frozenset({"commit", "running_before", "commit_before"})


class StepBox(Undo, Strict):
    """The base of every kind. A kind's docstring is shown to the page's authors: first what it does, then what to know.

    The fields here are those of every kind.
    """

    kind: ClassVar[str]
    # what a step of this kind has shown when it has succeeded, as a clause for the page's author
    proves: ClassVar[str] = ""
    # has a command on a host that goes on without the bot, so it must be ended there before a rollback
    has_job: ClassVar[bool] = False
    # waits for people or for a time of day, so it is never reported as slow
    waits: ClassVar[bool] = False
    # only asks people; their signatures are its result
    asks_people: ClassVar[bool] = False
    # makes a backup, with which production is compared after a rollback
    makes_backup: ClassVar[bool] = False
    # its summary is an announcement to the channel, posted only when the step ends
    is_announcement: ClassVar[bool] = False
    # after a failure, skipping it or calling it fixed by hand needs a second person
    needs_second_person: ClassVar[bool] = False
    # may be done once for each host of a group
    done_on_each: ClassVar[bool] = True
    # whether people may continue without it after a failure
    may_be_skipped: ClassVar[bool] = True
    # whether people may say that they did it by hand
    may_be_fixed: ClassVar[bool] = True
    # the name of its result among the evidence that people sign for ("backup"); empty if it gives none
    evidence_name: ClassVar[str] = ""
    # a value that may be any text is only data wherever its box may have one
    takes_any_text: ClassVar[bool] = False
    # it measures the values from before the deploy, which later values are compared with
    is_baseline: ClassVar[bool] = False
    # a baseline may run it before the deploy
    allowed_in_baseline: ClassVar[bool] = True
    # each sample includes everything from the sample before, like a log read from the restart on
    cumulative: ClassVar[bool] = False
    # the names of its measures, which alerts judge
    measured: ClassVar[frozenset[str]] = frozenset()
    # its measure `seconds` is the time that users wait for an answer
    measures_response_time: ClassVar[bool] = False
    # it runs other steps again, and its `failed_share` is the share of those that failed
    reruns_steps: ClassVar[bool] = False

    id: str = Field(
        default="",
        description=(
            "The step's name for other steps, alerts and the terminal. Without it, the words of the "
            "heading, in lower case, joined by dashes."
        ),
        examples=["migration"],
    )
    takes: Duration = Field(
        default=timedelta(0),
        description=(
            "How long the step is expected to take, for the timeline. In its first runs it is reported as "
            "slow after one and a half times that."
        ),
        examples=["5 min"],
    )
    limit: Duration = Field(
        default=timedelta(minutes=10),
        description="How long the step may take at most. Then it is ended and has failed.",
        examples=["30 min"],
    )
    on_failure: OnFailure = Field(
        default="ask",
        description=(
            "What a failure leads to: people decide, the run rolls back at once, or it is only reported "
            "and the run goes on."
        ),
    )
    asks: str = Field(
        default="",
        description="The role that decides when the step fails. Without it, the role of `toml decision`.",
        examples=["dba"],
    )
    sign: list[str] = Field(
        default_factory=list,
        description="The roles that must sign the step's result before the run continues.",
        examples=[["reviewer"]],
    )
    undoes: str = Field(
        default="",
        description=(
            "Only in the rollback: the step that this one undoes, by its id. If that step never began, "
            "this one is left out."
        ),
        examples=["migration"],
    )
    undone_by: Literal["nothing"] | None = Field(
        default=None,
        description=(
            "Says that no step of the rollback undoes this one; `why` is needed too. Without it, `gonogo "
            "check` warns of a change that nothing undoes."
        ),
    )
    why: str = Field(
        default="",
        description="With `undone_by`: why nothing undoes the step, and what people then do about what it changed.",
        examples=["A sent mail cannot be taken back"],
    )
    after: list[str] | None = Field(
        default=None,
        description=(
            "Only in the rollback: the steps that this one waits for, by id; `[]` waits for none. Without "
            "it, it waits for all steps above it."
        ),
        examples=[["stop-requests"]],
    )
    together: bool = Field(
        default=False,
        description="Only on a group of hosts, in a step that changes something: runs on all of them at the same time.",
    )
    every: Duration | None = Field(
        default=None,
        description="Only in the watch, where each check needs it: how often the check takes a sample.",
        examples=["15 min"],
    )
    always: bool = Field(
        default=False,
        description=(
            "Only in the smoke tests: when the watch repeats them, this step runs even after a failure, to clean up."
        ),
    )

    def plan(self) -> list[str]:
        """What will be run or asked, one line each: the page's own words, and what the bot's programs do.

        `<name>` stands for a value of an earlier step.
        """
        raise NotImplementedError

    def run(self, ctx: Context) -> Outcome:
        """Run the step. May raise the tools' errors; `execute` turns them into outcomes."""
        raise NotImplementedError

    def recover(self, ctx: Context) -> Outcome | None:
        """After a crash, find out how the interrupted attempt ended. None if that cannot be found out.

        Repeats no effect. A kind that changes nothing is simply run again. May raise the tools' errors.
        """
        return None if self.changes_production else execute(self, ctx)

    def recover_lost_attempt(self, ctx: Context, lost: Outcome) -> Outcome | None:
        """Like `recover`, after this process itself lost track of an attempt, which may still be in progress."""
        return self.recover(ctx)

    def clean_up_after_run(self, ctx: Context) -> None:
        """When the run is over, remove what a later step would have removed, if that step never began.

        May raise the tools' errors.
        """

    def recheck(self, ctx: Context, evidence: Mapping[str, str]) -> str:
        """Check again, right before production changes, what its result stands for. `evidence` is that of its attempt.

        Returns what has changed, as the end of a sentence; empty if nothing has. Changes nothing. May raise the tools'
        errors.
        """
        return ""

    def compare_after_rollback(self, ctx: Context) -> Outcome:
        """If it makes a backup: compare production with it, and with what production was right before the first change.

        Changes nothing. May raise the tools' errors.
        """
        raise NotImplementedError

    def recheck_plan(self) -> list[str]:
        """What `recheck` does, as plan lines."""
        return []

    def for_baseline(self) -> StepBox:
        """The check as a baseline runs it, before the deploy has changed anything."""
        return self

    def checks_before(self) -> tuple[str, ...]:
        """The checks of the watch, by id, that it makes before the deploy: they fit the old version too."""
        return ()

    def only_looks(self) -> bool:
        """Whether it checks something, so that it may be run again at any time and leaves nothing behind."""
        return not (self.changes_production or self.asks_people or self.is_announcement or self.waits)

    def waiting_time(self, countdown: int) -> timedelta:
        """How long it waits from its first beginning on; `countdown` are the minutes that the run announced."""
        return timedelta(0)

    def holds_now(self, ctx: Context) -> bool:
        """Whether what it does is there now, by a look that changes nothing. False where that cannot be seen."""
        return False

    def starts_service(self) -> bool:
        """Whether it starts a service of the application again, perhaps in another version."""
        return False

    def asks_version(self) -> bool:
        """Whether it compares what answers with the commit that should run."""
        return bool(VERSIONS & self.inputs())

    def stops_requests(self) -> bool:
        """Whether users are no longer served because of it."""
        return False

    def lets_requests_in(self) -> bool:
        """Whether users are served again because of it."""
        return False

    def value_types(self) -> Mapping[str, ValueType]:
        """The values that it sets for later steps, by name. One that does not fit its type ends the step."""
        return {}

    def outputs(self) -> tuple[str, ...]:
        """The names of the values that it sets for later steps."""
        return tuple(self.value_types())

    def inputs(self) -> set[str]:
        """The names of the values that it needs from earlier steps: every `<name>` in its text fields."""
        return set(PLACEHOLDER.findall(repr(self.model_dump())))

    def in_its_way(self, ctx: Context, name: str) -> tuple[str, ...]:
        """Why this step of the rollback, by this name, would refuse now: clauses. May raise the tools' errors."""
        return ()

    def take_boxes(self, boxes: Mapping[str, StepBox]) -> None:
        """Called once, when the page is read, with its steps by id."""

    def take_client_programs(self, words: Mapping[str, tuple[str, ...]]) -> bool:
        """Run a database's client programs through these words, which are by its address. False if none are for it."""
        return False

    def with_members(self, hosts: Members, webs: Members, steps: Members) -> StepBox:
        """The box with the members' names in the place of each group and step that its lists name."""
        return self

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        """What does not fit the page's other steps (by id), as a sentence for the page's author. Empty if all fits."""
        return ""

    def page_warning(self, boxes: Mapping[str, StepBox]) -> str:
        """What the author should know although it is allowed, as a sentence without its full stop. Empty if nothing."""
        return ""

    def closed_at(self, moment: datetime) -> str:
        """That the step will stop a deploy that begins at a local time, as a sentence; empty if it will not."""
        return ""

    def rollback_warning(self, forward: Mapping[str, StepBox]) -> str:
        """The same for a step of the rollback, beside the boxes of all other parts."""
        return ""

    def preflight(self) -> list[PreflightCheck]:
        """What must hold before the run starts. That its places can be reached is checked anyway."""
        return []

    def roles(self) -> set[str]:
        """The roles that must sign its result."""
        return set(self.sign)

    def checklist(self) -> tuple[ChecklistItem, ...]:
        """The items that the roles sign."""
        return ()

    def notified_roles(self) -> tuple[str, ...]:
        """The roles that are mentioned in the message with its result."""
        return ()

    def deleted_paths(self) -> tuple[str, ...]:
        """The web paths of the test data that it deletes again from production."""
        return ()

    def pinned_release(self, ref: str) -> PinnedRelease | None:
        """The release that it pins if a run starts with `ref`, or None."""
        return None

    def applied_file(self) -> AppliedFile | None:
        """The SQL file that it applies, or None."""
        return None

    def queries(self) -> tuple[str, ...]:
        """The SQL of the page that it asks a database, which must only read."""
        return ()

    def tool_migration(self) -> ToolMigration | None:
        """The migration by a framework's tool that it runs, or None."""
        return None

    def has_applied(self, ctx: Context, step: str) -> bool | None:
        """Whether the run, in which it is the step of this id, has migrated; None if only a receipt says that."""
        return None

    def data_return_env(self) -> Mapping[str, str] | None:
        """If it brings rows back from a backup: the variables that the script `return_rows` needs. Otherwise None."""
        return None

    def measures_of(self) -> frozenset[str]:
        """The names of its measures, those included that its own fields name."""
        return self.measured

    def may_measure(self, name: str) -> bool:
        """Whether it may have a measure of this name, as far as the page tells."""
        return name in self.measures_of()

    def keeps_rows_of(self, rows: Mapping[str, str]) -> bool:
        """Whether it keeps what a step with this `data_return_env` brings back, right before it is dropped."""
        return False

    def rehearsed_durations(
        self, boxes: Mapping[str, StepBox], measures: Mapping[str, float]
    ) -> Mapping[str, timedelta]:
        """If it rehearses other steps: how long each of those (by id) took, from its own `measures`."""
        return {}

    def places(self) -> set[tuple[str, str]]:
        """The places it uses, as (section, name): ("hosts", "backend"), ("databases", ...), ("webs", ...)."""
        return {(section, name) for field, section in PLACE_FIELDS.items() if (name := getattr(self, field, None))}


def execute(box: StepBox, ctx: Context) -> Outcome:
    """Run a step, and turn every error of a tool into an outcome."""
    try:
        return box.run(ctx)
    except Stopped as error:
        return stopped(str(error) or "Stopped by a person.")
    except LostTrack as error:
        return unknown(str(error))
    except Failed as error:
        lines = tuple(error.output.splitlines()[-_OUTPUT_LINES:])
        return failed(str(error), lines=lines, output=error.output)
    except Unreachable as error:
        return failed(str(error), inconclusive=True)
    except Refused as error:
        return failed(str(error))


def page_value_types(boxes: Mapping[str, StepBox]) -> dict[str, ValueType]:
    """The types of a page's values. If two steps set the same value, the type that allows more characters counts."""
    types: dict[str, ValueType] = {}
    for box in boxes.values():
        for name, kind in box.value_types().items():
            known = types.setdefault(name, kind)
            if kind is not known and known in PLAIN_TYPES:
                types[name] = ValueType.WORD if kind in PLAIN_TYPES else kind
    return types
