"""The page as typed values: parts, places, roles, alerts, criteria, and the steps in order."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from commands.runbook.alert_rule import AlertRule
from commands.runbook.places import PlacesBox
from commands.steps.base import StepBox, Strict
from commands.steps.page_fields import EnvName, SqlText, variables_in
from commands.text.durations import Duration


def _not_too_often(every: timedelta) -> timedelta:
    if every < timedelta(minutes=1):
        raise ValueError('is too often; write at least "1 min"')
    return every


def _not_too_short(valid: timedelta) -> timedelta:
    if valid < timedelta(minutes=5):
        raise ValueError('is too short for people to sign; write at least "5 min"')
    return valid


def _whole_minutes(countdown: timedelta) -> timedelta:
    if countdown % timedelta(minutes=1) or countdown > timedelta(minutes=240):
        raise ValueError('must be whole minutes, at most "4 h"')
    return countdown


def _long_enough(watch: timedelta) -> timedelta:
    if watch < timedelta(minutes=1):
        raise ValueError('is too short to see anything; write at least "1 min"')
    return watch


def _zone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # OSError of a folder of zones, such as "Asia"
        raise ValueError(f'{name!r} is not a time zone; write for example "Asia/Bangkok"') from None
    return name


class Part(StrEnum):
    """The parts of a page that hold steps, by their headings, in the order of a run."""

    BEFORE = "before"
    DEPLOY = "deploy"
    SMOKE_TESTS = "smoke tests"
    WATCH = "watch"
    ROLLBACK = "rollback"


class Option(Strict):
    """How this page compares with its alternative: the rows of the table that `/deploy start` shows."""

    name: str
    risk: str
    time: str
    rollback: str
    testing: str
    recommendation: str
    choose_if: list[str] = Field(min_length=1)


class RunbookBox(Strict):
    """`toml runbook`, under the page's title: what is deployed where, and how often the status is posted.

    `starters` names the roles that may start a run; without it, every role may. With `four_eyes` nobody may let a run
    continue that they started themselves. With `one_person_per_role` a person signs a step in one role only. `valid` is
    how long a signature counts: an older one falls when the first step that changes production would begin.
    `countdown` is how long the team is warned before the deploy, unless whoever starts the run says otherwise.
    `after_rollback` is how long production is watched after a rollback; without it, not at all.
    """

    target: str = Field(min_length=1)
    time_zone: Annotated[str, AfterValidator(_zone)]
    ref: str = "main"
    channel: EnvName = "$GONOGO_CHANNEL"
    starters: list[str] = Field(default_factory=list)
    four_eyes: bool = False
    one_person_per_role: bool = False
    valid: Annotated[Duration, AfterValidator(_not_too_short)] | None = None
    after_rollback: Annotated[Duration, AfterValidator(_long_enough)] | None = None
    status_every: Annotated[Duration, AfterValidator(_not_too_often)] = timedelta(minutes=15)
    countdown: Annotated[Duration, AfterValidator(_whole_minutes)] = timedelta(0)
    option: Option | None = None


class Role(Strict):
    """A role that may sign and is called in an emergency; `people` are Slack user or group ids, with commas."""

    title: str
    people: EnvName
    phone: EnvName
    action: str


class RolesBox(Strict):
    """`toml roles`: the emergency contacts, by role."""

    roles: dict[str, Role] = Field(min_length=1)


class WatchBox(Strict):
    """`toml watch`: how long the watch takes."""

    lasts: Duration


class Loses(Strict):
    """A query whose first cell counts what a rollback would lose; `says` names what it counts, made since the change.

    What it counts right after the change is not lost: the change itself made that. `after` names the steps of the
    deploy that make the change; without it, they are those that change the database. `<since>` is when the first of
    them began: a timestamp in `sql`, T+ in `says`.
    """

    database: str
    sql: SqlText
    says: str
    after: list[str] = Field(default_factory=list)


class RollbackBox(Strict):
    """`toml rollback`: the time budget of the rollback, and the warning that its button shows."""

    within: Duration
    warning: str = "The previous version comes back."
    loses: Loses | None = None


class Criterion(Strict):
    """One GO or NO-GO line: a statement, and the steps, checks or alerts that show it. Without any, people answer.

    `above` is the line's own limit for the measure of the alerts it names, instead of theirs. With `within`, only the
    samples of that last span of the watch's time count, and of a log only its new lines. `max_alerts` is how many
    alerts the whole watch may have, failing checks without a rule included.
    """

    text: str
    shown_by: list[str] = Field(default_factory=list)
    above: float | None = None
    within: Duration | None = None
    max_alerts: Annotated[int, Field(ge=0)] | None = None

    @property
    def for_people(self) -> bool:
        """Whether nothing but a person can show it."""
        return not self.shown_by and self.max_alerts is None


class CriteriaBox(Strict):
    """`toml criteria`: what GO and NO-GO mean."""

    go: list[Criterion] = Field(min_length=1)
    no_go: list[Criterion] = Field(default_factory=list)


class DecisionBox(Strict):
    """`toml decision`: who decides KEEP or ROLLBACK, on which last items, and the page that KEEP starts (Option B)."""

    role: str
    items: list[str] = Field(default_factory=list)
    starts: str = ""


@dataclass(frozen=True, kw_only=True)
class PageStep:
    """A step of the page: its id (from the heading, in any script), title, line, part and box.

    A step on a group is one step for each of its hosts: `host` is that host's name, `written` the step as it is on the
    page, and `turn` the box that does the hosts one by one, if it is named there.
    """

    id: str
    title: str
    line: int
    part: Part
    box: StepBox
    host: str = ""
    written: PageStep | None = None
    turn: PageStep | None = None

    def gives_values_to(self, other: PageStep) -> bool:
        """Whether another step may use its values: those of a host of a group are that host's own."""
        return self.host in {"", other.host}

    def together_with(self, other: PageStep) -> bool:
        """Whether both are one step of the page, on hosts of a group at the same time."""
        return self.written is not None and self.written == other.written and self.turn is None


@dataclass(frozen=True, kw_only=True)
class Page:
    """A whole runbook page, checked."""

    name: str
    title: str
    text: str
    runbook: RunbookBox
    places: PlacesBox
    roles: dict[str, Role]
    steps: tuple[PageStep, ...]
    watch: WatchBox | None
    rollback: RollbackBox
    alerts: tuple[AlertRule, ...]
    criteria: CriteriaBox | None
    decision: DecisionBox

    def part(self, name: Part) -> tuple[PageStep, ...]:
        """The steps of a part, in order."""
        return tuple(step for step in self.steps if step.part == name)

    @property
    def forward(self) -> tuple[PageStep, ...]:
        """The steps that run one after another before the watch."""
        return self.part(Part.BEFORE) + self.part(Part.DEPLOY) + self.part(Part.SMOKE_TESTS)

    def step(self, step_id: str) -> PageStep:
        """A step by its id. Raises KeyError."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def env_names(self) -> Iterator[str]:
        """The environment variables that the page names, with their `$`, each once."""
        yield from dict.fromkeys(name for box in self._boxes() for name in variables_in(box))

    def step_env_names(self) -> Iterator[str]:
        """The environment variables that the steps name themselves, with their `$`, each once."""
        yield from dict.fromkeys(name for step in self.steps for name in variables_in(step.box))

    def _boxes(self) -> list[Strict]:
        return [self.runbook, self.places, *self.roles.values(), *(step.box for step in self.steps)]


STAGES = {part: part.value.capitalize() for part in Part}


def stage_of(part: str) -> str:
    """A part as people read it; any other word is returned unchanged."""
    return next((title for known, title in STAGES.items() if known == part), part)
