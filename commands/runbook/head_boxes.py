"""The boxes of the page's head: the runbook, its roles, watch, rollback, criteria and decision."""

from __future__ import annotations

import zoneinfo
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from commands.runbook.drill_table import DrillTable
from commands.runbook.freeze import FreezeField
from commands.runbook.option import Option
from commands.steps.base import Strict
from commands.steps.page_fields import EnvName, SqlText
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


def _names_what_it_fixes(text: str) -> str:
    if text and "<commit>" not in text and "<run>" not in text:
        raise ValueError('must name what it fixes; write <commit> or <run> in it, as in "Fixes deploy <run>"')
    return text


def _zone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # OSError of a folder of zones, such as "Asia"
        raise ValueError(f'{name!r} is not a time zone; write for example "Asia/Bangkok"') from None
    return name


class RunbookBox(Strict):
    """`toml runbook`, under the page's title: what is deployed, who may start it, and how the team is told."""

    target: str = Field(
        min_length=1,
        description="What is deployed, as messages name it. A target has one run at a time.",
        examples=["Shop production"],
    )
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        description="The time zone of the times in messages, and of the hours of a `window`.", examples=["Asia/Bangkok"]
    )
    ref: str = Field(
        default="main",
        description="The branch, tag or commit that is deployed if the start names none.",
        examples=["main"],
    )
    channel: EnvName = Field(
        default="$GONOGO_CHANNEL",
        description="The variable with the Slack channel of the runs.",
        examples=["$GONOGO_CHANNEL"],
    )
    starters: list[str] = Field(
        default_factory=list,
        description="The roles that may start a run. Without it, every role may.",
        examples=[["lead"]],
    )
    four_eyes: bool = Field(
        default=False, description="Whether the person who started a run may let nothing continue in it."
    )
    one_person_per_role: bool = Field(
        default=False, description="Whether a person signs a step in one of its roles only."
    )
    valid: Annotated[Duration, AfterValidator(_not_too_short)] | None = Field(
        default=None,
        description=(
            "How long a signature counts. An older one falls when the first change would begin. Without "
            "it, none falls by its age."
        ),
        examples=["2 h"],
    )
    after_rollback: Annotated[Duration, AfterValidator(_long_enough)] | None = Field(
        default=None,
        description=(
            "How long production is watched after a rollback, by the checks that a `baseline` measured before the "
            "deploy, and by what says that the old version runs. Without it, not at all."
        ),
        examples=["15 min"],
    )
    status_every: Annotated[Duration, AfterValidator(_not_too_often)] = Field(
        default=timedelta(minutes=15),
        description="How often the status is posted during the watch; at least 1 min.",
        examples=["30 min"],
    )
    countdown: Annotated[Duration, AfterValidator(_whole_minutes)] = Field(
        default=timedelta(0),
        description=(
            "How long the team is warned before the deploy, in whole minutes, if the start says nothing "
            "else. Without it, not at all."
        ),
        examples=["10 min"],
    )
    fixes: Annotated[str, AfterValidator(_names_what_it_fixes)] = Field(
        default="",
        max_length=100,
        description=(
            "What the message of a commit holds that fixes one which was rolled back: its text as it is, with "
            "`<commit>` or `<run>` in it. Without it, only git's own reverts count."
        ),
        examples=["Fixes deploy <run>"],
    )
    freeze: list[FreezeField] = Field(
        default_factory=list,
        description="Times in which a start needs a reason and a second person; rolling back never does.",
        examples=[[{"from": "2026-12-20 00:00", "to": "2027-01-04 09:00", "why": "Year-end sale"}]],
    )
    option: Option | None = Field(
        default=None,
        description="How this page compares with another one; the form of `/deploy start` shows it.",
        examples=[
            {
                "name": "Option A",
                "risk": "MEDIUM",
                "time": "2 hours",
                "rollback": "< 15 min",
                "testing": "smoke tests only",
                "recommendation": "confident teams",
                "choose_if": ["The backup is proven"],
            }
        ],
    )
    drill: DrillTable = Field(
        default_factory=dict,
        description=(
            "The variable that a drill uses in place of each one of the places and steps; a `*` ends a beginning that "
            "many share. Without it, a drill of the page needs a sandbox (docs/drill.md)."
        ),
        examples=[{"PROD_*": "$DRILL_*"}],
    )


class Role(Strict):
    """A role that may sign, and is called in an emergency."""

    title: str = Field(description="The role as messages name it.", examples=["Database admin"])
    people: EnvName = Field(
        description="The variable with the Slack ids of its people or user groups, with commas.", examples=["$SHOP_DBA"]
    )
    phone: EnvName = Field(
        description="The variable with the role's phone number, shown beside its people where they are called.",
        examples=["$SHOP_DBA_PHONE"],
    )
    action: str = Field(description="What the role does in an emergency.", examples=["Backup and recovery"])
    handover: bool = Field(
        default=False,
        description=(
            "Whether whoever holds the role may hand it over to another member of the channel, for one run. "
            "Without it, nobody may."
        ),
    )


class RolesBox(Strict):
    """`toml roles`, under “Emergency contacts”: who signs, decides and is called, by role."""

    roles: dict[str, Role] = Field(
        min_length=1,
        description="The roles by name: `[dba]`, and its fields below. There must be one at least.",
        examples=[
            {
                "dba": {
                    "title": "Database admin",
                    "people": "$SHOP_DBA",
                    "phone": "$SHOP_DBA_PHONE",
                    "action": "Backup and recovery",
                }
            }
        ],
    )


class WatchBox(Strict):
    """`toml watch`, under “Watch”: how long production is watched."""

    lasts: Duration = Field(description="How long production is watched after the smoke tests.", examples=["4 h"])


class Loses(Strict):
    """A query that counts what a rollback would lose: what was made since the change.

    What it counts right after the change is not lost: the change itself made that. `<since>` is when the first of the
    changing steps began: a timestamp in `sql`, T+ in `says`.
    """

    database: str = Field(
        description="The database that is asked, by its name under `[databases]` in Places.", examples=["production"]
    )
    sql: SqlText = Field(
        description=(
            "One read-only query. Its first cell counts what would be lost. `<since>` is when the change began. "
            "If a column without a time zone holds UTC, write `<since> AT TIME ZONE 'UTC'`."
        ),
        examples=["SELECT count(*) FROM approvals WHERE created_at > <since>"],
    )
    says: str = Field(description="What it counts, as messages name it.", examples=["approvals made since <since>"])
    after: list[str] = Field(
        default_factory=list,
        description=(
            "The steps that make the change, by id; what they make themselves is not lost. Without it, "
            "the steps of the deploy that change the database."
        ),
        examples=[["migration"]],
    )


class RollbackBox(Strict):
    """`toml rollback`, under “Rollback”: how long it may take, and what it would lose."""

    within: Duration = Field(
        description="How long the whole rollback may take. The plan names it, and the card counts against it.",
        examples=["15 min"],
    )
    warning: str = Field(
        default="The previous version comes back.",
        description="What the rollback button warns of.",
        examples=["Orders of the new kind are lost."],
    )
    loses: Loses | None = Field(
        default=None,
        description="A query that counts what a rollback would lose. Without it, nobody says.",
        examples=[{"database": "production", "sql": "SELECT count(*) FROM approvals", "says": "approvals"}],
    )


class Criterion(Strict):
    """One GO or NO-GO line: a statement, and what shows it."""

    text: str = Field(description="The statement that people read.", examples=["The API answers within 1 s"])
    shown_by: list[str] = Field(
        default_factory=list,
        description=(
            "The steps, checks or alerts that show it, by id or name. Without it and `max_alerts`, people answer."
        ),
        examples=[["response-time"]],
    )
    above: float | None = Field(
        default=None,
        description="The line's own limit for the measure of its alerts. Without it, the limits of the alerts.",
        examples=[1.0],
        json_schema_extra={"unit": "in the measure's unit"},
    )
    within: Duration | None = Field(
        default=None,
        description="Only samples of the last so long of the watch count. Without it, all.",
        examples=["1 h"],
    )
    max_alerts: Annotated[int, Field(ge=0)] | None = Field(
        default=None,
        description="How many alerts the whole watch may have, failing checks without an alert included.",
        examples=[0],
        json_schema_extra={"unit": "alerts"},
    )

    @property
    def for_people(self) -> bool:
        """Whether nothing but a person can show it."""
        return not self.shown_by and self.max_alerts is None


class CriteriaBox(Strict):
    """`toml criteria`, under “Success criteria”: what GO and NO-GO mean."""

    go: list[Criterion] = Field(
        min_length=1,
        description="The lines that must all hold for GO.",
        examples=[[{"text": "Every smoke test passed", "shown_by": ["health"]}]],
    )
    no_go: list[Criterion] = Field(
        default_factory=list,
        description="The lines of which a single one means NO-GO.",
        examples=[[{"text": "Users report that they cannot log in"}]],
    )


class DecisionBox(Strict):
    """`toml decision`, under “Decision”: who decides KEEP or ROLLBACK, and what KEEP starts."""

    role: str = Field(
        description="The role that decides KEEP or ROLLBACK, and whatever no other role is asked for.",
        examples=["lead"],
    )
    items: list[str] = Field(
        default_factory=list,
        description="The last items that it confirms with KEEP.",
        examples=[["No complaints from users"]],
    )
    starts: str = Field(
        default="",
        description="The page that KEEP starts, by its file name. Without it, none.",
        examples=["option-a.md"],
    )
