"""`errors`: asks the error tracker (Sentry) for what is new since the deploy began."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from commands.ports.preflight import PreflightCheck, PreflightContext, PreflightResult, blocked, passed, warned
from commands.steps.base import EnvName, StepBox
from commands.steps.execution import pause
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.values import fill
from commands.systems.sentry import Issue, Project, SentryError
from commands.text.durations import Duration, format_duration, parse_duration

_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class _Known:
    """Doctor: whether the token is known and may read the project."""

    web: str
    organization: str
    project: str
    token: str
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        return ("webs", self.web)

    def examine(self, ctx: PreflightContext) -> list[PreflightResult]:
        project = Project(
            web=ctx.tools.web, place=self.web, organization=self.organization,
            slug=self.project, token=self.token, wait=_never,
        )  # fmt: skip
        try:
            number = project.number()
            # a second in which nothing can be: the same question as in the watch, whose right is another one
            now = ctx.tools.clock.now()
            project.issues(number, "", now - timedelta(seconds=1), now, "")
        except _Hasty as error:
            return warned(str(error), "look again in a minute")
        except SentryError as error:
            return blocked(str(error), error.todo)
        return passed(f"the error tracker's token may read the issues of {self.organization}/{self.project}")


class ErrorsStep(StepBox):
    """Issues first seen since the run began, more than `at_most` of them, fail it; known ones that go on are only counted.

    `web` is Sentry's address, `organization` and `project` their short names (slugs), `token` names the variable that holds
    one with the scopes project:read and event:read. Only events of `release` count ("" takes every release), and of
    `environment` where one is named. Measures `issues` (new ones) and `events` (of new and known issues).
    """

    kind: ClassVar[str] = "errors"

    web: str
    organization: str = Field(min_length=1)
    project: str = Field(min_length=1)
    token: EnvName
    release: str = "<commit>"
    environment: str = ""
    at_most: int = Field(default=0, ge=0)
    limit: Duration = parse_duration("2 min")

    def plan(self) -> list[str]:
        what = f"the events of release {self.release}" if self.release else "all events"
        where = f" in {self.environment}" if self.environment else ""
        project = f"{self.organization}/{self.project}{where}"
        asks = f"asks {self.web} (Sentry) for {what} of {project} since the run began"
        return [f"{asks}, expects at most {self.at_most} new issues"]

    def preflight(self) -> list[PreflightCheck]:
        return [_Known(web=self.web, organization=self.organization, project=self.project, token=self.token)]

    def run(self, ctx: Context) -> Outcome:
        project = Project(
            web=ctx.tools.web, place=self.web, organization=self.organization,
            slug=self.project, token=self.token, wait=_Patience(ctx, self.limit.total_seconds()),
        )  # fmt: skip
        query = f'release:"{fill(self.release, ctx.values)}"' if self.release else ""
        since = ctx.run.began_at
        try:
            number = project.number()
            found, more = project.issues(number, query, since, ctx.tools.clock.now(), self.environment)
        except SentryError as error:
            return failed(f"{error} Nothing is known of new errors.", inconclusive=True)
        new = sorted((one for one in found if one.first_seen >= since), key=lambda one: one.first_seen, reverse=True)
        return self._judge(new, sum(one.events for one in found), more)

    def _judge(self, new: list[Issue], events: int, more: bool) -> Outcome:
        measures = {"issues": float(len(new)), "events": float(events)}
        known = "more than are counted here" if more else f"{events} events in all"
        if not new:
            return done(f"No new issue in the error tracker since the run began ({known}).", measures=measures)
        summary = (
            f"{len(new)} new issue{'s' if len(new) > 1 else ''} in the error tracker since the run began ({known})."
        )
        lines = tuple(_line(one) for one in new[:_SHOWN])
        lines += (f"and {len(new) - _SHOWN} more",) if len(new) > _SHOWN else ()
        return (failed if len(new) > self.at_most else done)(summary, lines=lines, measures=measures)


def _line(issue: Issue) -> str:
    times = f"{issue.events} time{'' if issue.events == 1 else 's'}"
    return f"{issue.short_id} {issue.title[:120]} ({issue.level}, {times}) {issue.link}"


class _Hasty(SentryError):
    """Sentry asks for more patience than there is."""


class _Patience:
    """Waits as long as Sentry says, within the step's own limit."""

    def __init__(self, ctx: Context, seconds: float) -> None:
        self._ctx = ctx
        self._left = seconds

    def __call__(self, seconds: float) -> None:
        self._left -= seconds
        if self._left < 0:
            wait = format_duration(timedelta(seconds=seconds))
            raise _Hasty(f"The error tracker was asked too often (429) and wants {wait} of peace.")
        pause(self._ctx, seconds)


def _never(_: float) -> None:
    raise _Hasty("The error tracker was asked too often (429); whether the token is good is not known.")
