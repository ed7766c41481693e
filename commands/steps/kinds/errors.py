"""`errors`: asks the error tracker (Sentry) for issues that are new since the run began."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from pydantic import Field

from commands.ports.preflight import PreflightCheck, PreflightContext, PreflightResult, blocked, passed, warned
from commands.steps.base import StepBox
from commands.steps.execution import pause
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import EnvName
from commands.steps.shared_fields import WebName
from commands.steps.values import fill
from commands.systems.postgres.stale_plans import stale_plans
from commands.systems.sentry import Issue, Project, SentryError
from commands.text.durations import Duration, format_duration, parse_duration
from commands.text.numbers import format_count
from commands.text.phrases import agree, capitalized
from commands.text.printable import printable
from state.frozen import dataclass
from state.records import AttemptState

_TODO_DROPPED = "look at the quota and the rate limits in its statistics"
_LATE = "errors of the last minute or so: they may still be on their way to the error tracker"
_LISTED = 5  # issues that the thread lists
_ASKED = 10  # issues that were resolved, of which each is asked when it came back


@dataclass(frozen=True, kw_only=True)
class TokenMayRead:
    """Preflight: whether the token is valid and may read the project and its issues."""

    web: str
    organization: str
    project: str
    token: str
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The error tracker."""
        return ("webs", self.web)

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Ask for the project, and for its issues."""
        project = Project(
            web=ctx.tools.web, place=self.web, organization=self.organization,
            slug=self.project, token=self.token, wait=_do_not_wait,
        )  # fmt: skip
        try:
            number = project.number()
            # issues need a scope of their own, so the watch's question is asked too, for a second without any issue
            now = ctx.tools.clock.now()
            project.issues(number, "", now - timedelta(seconds=1), now, "")
            dropped = project.dropped(now, now)
        except _RateLimited as error:
            return warned(str(error), "check again in a minute")
        except SentryError as error:
            return blocked(str(error), error.todo)
        found = passed(f"the error tracker's token may read the issues of {self.organization}/{self.project}")
        if dropped:
            found += warned(f"{_dropped(dropped, now)}, so new errors may not be seen", _TODO_DROPPED)
        return found


class ErrorsStep(StepBox):
    """Asks the error tracker (Sentry's API) for issues that are new since the run began.

    An issue that was resolved before and has come back since then is new, too; other older ones are only counted. What
    Sentry lists beside errors, such as slow queries, feedback and outages, is named and fails nothing.
    What the tracker does not answer is no data, and neither is "no new issue" while it drops events of the project,
    because a quota is used up or a rate limit is reached.
    """

    kind: ClassVar[str] = "errors"
    proves: ClassVar[str] = "the error tracker has not more new issues of the release than allowed"
    done_on_each: ClassVar[bool] = False
    measured: ClassVar[frozenset[str]] = frozenset({"issues", "events"})

    web: WebName
    organization: str = Field(min_length=1, description="The organization's slug in Sentry.", examples=["my-team"])
    project: str = Field(min_length=1, description="The project's slug in Sentry.", examples=["shop"])
    token: EnvName = Field(
        description="The variable with a token that has the scopes `project:read` and `event:read`.",
        examples=["$SENTRY_TOKEN"],
    )
    release: str = Field(
        default="<commit>",
        description='Only events of this release count. `""` counts every release.',
        examples=["<commit>"],
    )
    environment: str = Field(
        default="",
        description="Only events of this environment count. Without it, those of every one.",
        examples=["production"],
    )
    at_most: int = Field(
        default=0,
        ge=0,
        description="How many new issues are still fine.",
        examples=[2],
        json_schema_extra={"unit": "new issues"},
    )
    limit: Duration = Field(
        default=parse_duration("2 min"),
        description="How long the step may take at most, with the waits that Sentry's rate limit demands.",
        examples=["5 min"],
    )

    def plan(self) -> list[str]:
        events = f"the events of release {self.release}" if self.release else "all events"
        environment = f" in {self.environment}" if self.environment else ""
        project = f"{self.organization}/{self.project}{environment}"
        return [
            (
                f"asks {self.web} (Sentry) for {events} of {project} since the run began, "
                f"expects at most {format_count(self.at_most, 'new issue')}"
            )
        ]

    def preflight(self) -> list[PreflightCheck]:
        return [TokenMayRead(web=self.web, organization=self.organization, project=self.project, token=self.token)]

    def run(self, ctx: Context) -> Outcome:
        project = Project(
            web=ctx.tools.web, place=self.web, organization=self.organization,
            slug=self.project, token=self.token, wait=_WaitWithinLimit(ctx, self.limit.total_seconds()),
        )  # fmt: skip
        query = f'release:"{fill(self.release, ctx.values)}"' if self.release else ""
        since = ctx.run.began_at
        try:
            number = project.number()
            now = ctx.tools.clock.now()
            found, truncated = project.issues(number, query, since, now, self.environment)
            issues = [one for one in found if one.category == "error"]
            dropped = project.dropped(since, now)
            regressed = [one for one in issues if one.first_seen < since and one.regressed]
            back = [one for one in regressed[:_ASKED] if project.came_back(one, since)]
        except SentryError as error:
            return failed(f"{error} It is not known whether there are new errors.", inconclusive=True)
        new = sorted((one for one in issues if one.first_seen >= since), key=lambda one: one.first_seen, reverse=True)
        outcome = self._judge(new, back, sum(one.events for one in issues), truncated)
        others = [one for one in found if one.category != "error" and one.first_seen >= since]
        outcome = replace(outcome, lines=(*outcome.lines, *_of_others(others)))
        if dropped and outcome.state == AttemptState.DONE:
            what = f"{capitalized(_dropped(dropped, since))}, so it is not known whether there are new errors"
            return failed(f"{what}. {capitalized(_TODO_DROPPED)}.", measures=outcome.measures, inconclusive=True)
        unseen = "whether the error tracker drops events for a quota or a rate limit" if dropped is None else ""
        more = len(regressed[_ASKED:])
        not_asked = f"whether {format_count(more, 'more issue')} came back that {agree(more, 'was', 'were')} resolved"
        silent = "" if found else f"whether the application reports to the error tracker: it has no event{_of(query)}"
        late = _LATE if ctx.after_change else ""  # the watch asks again and again
        return replace(outcome, not_compared=tuple(filter(None, (unseen, silent, not_asked if more else "", late))))

    def _judge(self, new: list[Issue], back: list[Issue], events: int, truncated: bool) -> Outcome:
        count = len(new) + len(back)
        measures = {"issues": float(count), "events": float(events)}
        total = f"{'more than ' if truncated else ''}{format_count(events, 'event')} in total"
        if not count:
            return done(f"No new issue in the error tracker since the run began ({total}).", measures=measures)
        came = f", {len(back)} of them resolved before," if back else ""
        summary = f"{format_count(count, 'new issue')}{came} in the error tracker since the run began ({total})."
        summary += stale_plans(one.title for one in (*back, *new))
        lines = (*(f"came back: {_line(one)}" for one in back), *(_line(one) for one in new))
        rest = (f"and {count - _LISTED} more",) if count > _LISTED else ()
        return (failed if count > self.at_most else done)(summary, lines=(*lines[:_LISTED], *rest), measures=measures)


def _dropped(count: int, since: datetime) -> str:
    """What Sentry dropped, as a clause; it counts by the hour."""
    hour = since.astimezone(UTC).strftime("%H:00 UTC")
    return f"the error tracker dropped {format_count(count, 'event')} since {hour} (quota or rate limit)"


def _of_others(issues: list[Issue]) -> list[str]:
    """New issues that are no errors, such as a slow query or what a user wrote; they fail nothing."""
    rest = [f"and {len(issues) - _LISTED} more that are no errors"] if len(issues) > _LISTED else []
    return [f"no error, but {printable(one.category)[:40]}: {_line(one)}" for one in issues[:_LISTED]] + rest


def _of(query: str) -> str:
    return f" of {query.replace(':', ' ', 1)}" if query else " since the run began"


def _line(issue: Issue) -> str:
    times = format_count(issue.events, "time")
    return f"{issue.short_id} {issue.title[:120]} ({issue.level}, {times}) {issue.link}".rstrip()


class _RateLimited(SentryError):
    """Sentry's rate limit makes the bot wait longer than it may."""


class _WaitWithinLimit:
    """Waits as long as Sentry's rate limit demands. Raises _RateLimited if that exceeds the step's own limit."""

    def __init__(self, ctx: Context, seconds: float) -> None:
        self._ctx = ctx
        self._remaining = seconds

    def __call__(self, seconds: float) -> None:
        self._remaining -= seconds
        if self._remaining < 0:
            wait = format_duration(timedelta(seconds=seconds))
            raise _RateLimited(
                f"The error tracker's rate limit (429) demands a wait of {wait}, longer than this step's `limit`."
            )
        pause(self._ctx, seconds)


def _do_not_wait(_: float) -> None:
    raise _RateLimited("The error tracker's rate limit (429) was reached; it is not known whether the token is valid.")
