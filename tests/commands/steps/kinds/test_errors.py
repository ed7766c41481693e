"""`errors` against a small server with Sentry's protocol."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from commands.ports.preflight import PreflightContext
from commands.steps.base import execute
from commands.steps.outcome import Context, Outcome
from tests.commands.steps.builders import box, context, plan
from tests.world import World

ERRORS = 'web = "sentry"\norganization = "dj"\nproject = "api"\ntoken = "$SENTRY_TOKEN"\n'
COMMIT = "2" * 40
TOKEN = "sntrys_secret"


@dataclass
class Sentry:
    """Sentry with some issues, two on a page. `answers` replaces the answer to a request, by its number from 1."""

    issues: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[int, tuple[int, dict[str, str], str]] = field(default_factory=dict)
    scopes: set[str] = field(default_factory=lambda: {"project:read", "event:read"})
    queries: list[dict[str, list[str]]] = field(default_factory=list)
    requests: int = 0
    dropped: list[list[int]] | None = field(default_factory=list)
    counted: list[dict[str, list[str]]] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str, token: str) -> tuple[int, dict[str, str], str]:
        self.requests += 1
        if self.requests in self.answers:
            return self.answers[self.requests]
        if token != f"Bearer {TOKEN}":
            return 401, {}, '{"detail": "Invalid token"}'
        parts = urlsplit(path)
        if parts.path == "/api/0/projects/dj/api/":
            return self._if("project:read", {}, {"id": "45", "slug": "api"})
        if parts.path == "/api/0/projects/dj/api/stats/" and self.dropped is not None:
            self.counted.append(parse_qs(parts.query))
            return self._if("project:read", {}, self.dropped)
        if parts.path.startswith("/api/0/organizations/dj/issues/"):
            name = parts.path.split("/")[6]
            asked = parse_qs(parts.query, keep_blank_values=True)
            return self._if("event:read", {}, self._one(name)) if name else self._list(asked)
        return 404, {}, '{"detail": "The requested resource does not exist"}'

    def _list(self, query: dict[str, list[str]]) -> tuple[int, dict[str, str], str]:
        self.queries.append(query)
        if query["project"] != ["45"] or not ("start" in query and "end" in query):
            return 400, {}, '{"detail": "start and end are both required"}'
        release = query["query"][0].removeprefix('release:"').removesuffix('"')
        listed = [one for one in self.issues if not release or release in one["releases"]]
        first = int(query.get("cursor", ["0:0:0"])[0].split(":")[1])
        last = first + 2
        link = (
            f'<{self.url}/x/?&cursor=0:0:1>; rel="previous"; results="{str(first > 0).lower()}"; cursor="0:0:1", '
            f'<http://elsewhere.invalid/?&cursor=0:{last}:0>; rel="next"; '
            f'results="{str(last < len(listed)).lower()}"; cursor="0:{last}:0"'
        )
        return self._if("event:read", {"Link": link}, [_entry(one, release) for one in listed[first:last]])

    def _one(self, name: str) -> dict[str, Any]:
        """An issue with what has happened to it."""
        (came,) = (one.get("came_back", []) for one in self.issues if one["name"] == name)
        activity = [{"type": "set_resolved", "dateCreated": "2030-01-01T00:00:00Z"}]
        activity += [{"type": "set_regression", "dateCreated": at.isoformat()} for at in came]
        return {"id": name, "activity": activity}

    def _if(self, scope: str, headers: dict[str, str], data: Any) -> tuple[int, dict[str, str], str]:
        if scope not in self.scopes:
            return 403, {}, '{"detail": "You do not have permission to perform this action."}'
        return 200, headers, json.dumps(data)


def _entry(one: dict[str, Any], release: str) -> dict[str, Any]:
    """An issue as Sentry lists it. `count` is of all releases; `filtered` exists only if the query has a filter."""
    seen = one["first"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    name = one["name"]
    return {
        "id": name, "substatus": "regressed" if "came_back" in one else "ongoing", "count": "1000",
        "shortId": f"API-{name}", "title": f"Error: {name}", "level": "error",
        "permalink": f"https://dj.sentry.io/issues/{name}/", "firstSeen": "2030-01-01T00:00:00Z",
        "lifetime": {"count": "5000", "firstSeen": seen},
        **({"issueCategory": one["category"]} if "category" in one else {}),
        "filtered": {"count": str(one["events"]), "firstSeen": "2030-01-01T00:00:00Z"} if release else None,
    }  # fmt: skip


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    sentry = Sentry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, text = sentry.answer(self.path, self.headers["Authorization"] or "")
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sentry.url = f"http://127.0.0.1:{server.server_port}"
    yield sentry
    server.shutdown()
    server.server_close()


def context_with(sentry: Sentry, token: str = TOKEN) -> Context:
    web = HttpWeb({"sentry": WebPlace(url=sentry.url)}, {"SENTRY_TOKEN": token}, Redactor([token]))
    ctx = context(World())
    return replace(ctx, tools=replace(ctx.tools, web=web))


def issue(ctx: Context, name: str, minutes: int, events: int = 3, release: str = COMMIT) -> dict[str, Any]:
    """An issue that was first seen some minutes after the run began."""
    return {
        "name": name,
        "first": ctx.run.began_at + timedelta(minutes=minutes),
        "events": events,
        "releases": [release],
    }


def run_step(ctx: Context, more: str = "") -> Outcome:
    return execute(box("errors", ERRORS + more), ctx)


@pytest.mark.fault("foreign words taken for the program's own")
def test_what_sentry_lists_beside_errors_is_named_and_fails_nothing(sentry: Sentry) -> None:
    ctx = context_with(sentry)
    slow = {**issue(ctx, "slow", 5), "category": "db_query"}
    sentry.issues = [slow, {**issue(ctx, "said", -60), "category": "feedback"}]
    outcome = run_step(ctx)
    assert (outcome.state, outcome.measures) == ("done", {"issues": 0.0, "events": 0.0})
    assert outcome.lines == (
        "no error, but db_query: API-slow Error: slow (error, 3 times) https://dj.sentry.io/issues/slow/",
    )
    sentry.issues += [{**issue(ctx, "real", 5), "category": "error"}]
    outcome = run_step(ctx)
    assert (outcome.state, outcome.measures["issues"]) == ("failed", 1.0)
    assert [line.partition(" Error")[0] for line in outcome.lines] == ["API-real", "no error, but db_query: API-slow"]


def test_the_plan_shows_the_question_and_not_the_token() -> None:
    text = plan(box("errors", ERRORS))
    assert text.startswith("asks sentry (Sentry) for the events of release <commit> of dj/api since the run began")
    assert text.endswith("expects at most 0 new issues")
    assert "TOKEN" not in text


def test_new_issues_of_the_release_are_counted_on_all_pages_and_listed_with_links(sentry: Sentry) -> None:
    ctx = context_with(sentry)
    sentry.issues = [issue(ctx, str(n), n) for n in range(1, 8)]
    sentry.issues += [issue(ctx, "known", -9, events=40), issue(ctx, "other", 9, release="1" * 40)]
    outcome = run_step(ctx)
    assert (outcome.state, outcome.measures) == ("failed", {"issues": 7, "events": 61}), outcome.summary
    assert outcome.summary == "7 new issues in the error tracker since the run began (61 events in total)."
    assert outcome.lines[0] == "API-7 Error: 7 (error, 3 times) https://dj.sentry.io/issues/7/", "not the newest first"
    assert outcome.lines[-1] == "and 2 more"
    assert [query.get("cursor") for query in sentry.queries] == [None, ["0:2:0"], ["0:4:0"], ["0:6:0"]]


def test_what_a_prepared_statement_says_after_a_migration_is_told_as_that(sentry: Sentry) -> None:
    ctx = context_with(sentry)
    sentry.issues = [issue(ctx, "cached plan must not change result type", 1)]
    assert "prepared statements are older than the migration: restart what says so." in run_step(ctx).summary
    sentry.issues = [issue(ctx, "cached page must not change", 1)]
    assert run_step(ctx).summary.endswith("(3 events in total).")


def test_the_question_covers_the_time_from_the_start_of_the_run_until_now_in_utc(sentry: Sentry) -> None:
    ctx = context_with(sentry)
    run_step(ctx, 'environment = "production"')
    query = sentry.queries[0]
    assert query["start"] == [ctx.run.began_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")]
    # the World's clock runs on during the request
    end = datetime.fromisoformat(query["end"][0]).replace(tzinfo=UTC)
    late = ctx.tools.clock.now() - end
    assert timedelta() <= late < timedelta(hours=1), f"the question ends {late} before now"
    assert (query["environment"], query["query"]) == (["production"], [f'release:"{COMMIT}"'])


def test_an_older_issue_with_new_events_does_not_fail_the_step(sentry: Sentry) -> None:
    ctx = context_with(sentry)
    sentry.issues = [issue(ctx, "known", -5, events=8)]
    outcome = run_step(ctx)
    assert (outcome.state, outcome.measures) == ("done", {"issues": 0, "events": 8})
    assert outcome.summary == "No new issue in the error tracker since the run began (8 events in total)."


@pytest.mark.fault("not looked at, and said to be fine")
def test_an_older_issue_that_was_resolved_and_came_back_since_the_run_began_is_new(sentry: Sentry) -> None:
    ctx = context_with(sentry)
    began = ctx.run.began_at
    sentry.issues = [
        issue(ctx, "known", -90, events=8),
        {**issue(ctx, "fixed", -80), "came_back": [began - timedelta(days=9), began + timedelta(minutes=2)]},
        {**issue(ctx, "before", -70), "came_back": [began - timedelta(minutes=2)]},
        issue(ctx, "new", 3),
    ]
    outcome = run_step(ctx)
    assert (outcome.state, outcome.measures["issues"]) == ("failed", 2)
    assert outcome.summary == (
        "2 new issues, 1 of them resolved before, in the error tracker since the run began (17 events in total)."
    )
    assert [line.split(" Error")[0] for line in outcome.lines] == ["came back: API-fixed", "API-new"]


@pytest.mark.fault("the first of several for all")
def test_of_many_issues_that_came_back_those_that_were_not_asked_about_are_named(sentry: Sentry) -> None:
    ctx = context_with(sentry)
    before = {"came_back": [ctx.run.began_at - timedelta(days=1)]}
    sentry.issues = [{**issue(ctx, f"i{n}", -n), **before} for n in range(1, 13)]
    outcome = run_step(ctx)
    assert outcome.state == "done", outcome.summary
    assert outcome.not_compared[:1] == ("whether 2 more issues came back that were resolved",)


def test_an_issue_of_another_form_is_no_data(sentry: Sentry) -> None:
    ctx = context_with(sentry)
    sentry.issues = [{**issue(ctx, "fixed", -80), "came_back": []}]
    sentry.answers[4] = (200, {}, '{"activity": [{"type": "set_regression"}]}')
    outcome = run_step(ctx)
    assert (outcome.inconclusive, outcome.measures) == (True, {})


def test_with_an_empty_release_the_events_of_all_releases_count(sentry: Sentry) -> None:
    ctx = context_with(sentry)
    sentry.issues = [issue(ctx, "other", 2, release="")]
    outcome = run_step(ctx, 'release = ""\nat_most = 1')
    assert (outcome.state, outcome.measures) == ("done", {"issues": 1, "events": 1000})
    assert sentry.queries[0]["query"] == [""], "without a query, Sentry assumes is:unresolved"


def test_a_short_rate_limit_is_waited_out(sentry: Sentry) -> None:
    sentry.answers[2] = (429, {"Retry-After": "1"}, '{"detail": "You are attempting to use this endpoint too often"}')
    ctx = context_with(sentry)
    began = ctx.tools.clock.now()
    assert run_step(ctx).state == "done"
    assert ctx.tools.clock.now() - began >= timedelta(seconds=1)
    assert sentry.requests == 4


def test_a_rate_limit_longer_than_the_steps_limit_measures_nothing(sentry: Sentry) -> None:
    sentry.answers[1] = (429, {"Retry-After": "600"}, "")
    outcome = run_step(context_with(sentry))
    assert (outcome.state, outcome.inconclusive, outcome.measures) == ("failed", True, {})
    assert "rate limit (429) demands a wait of 10 min, longer than this step's `limit`" in outcome.summary


@pytest.mark.parametrize(
    ("status", "text", "summary"),
    [
        (400, '{"detail": "Invalid environment"}', "rejects the query (400): Invalid environment"),
        (403, "{}", "The token $SENTRY_TOKEN may not read dj/api (403)"),
        (404, "{}", "has no project dj/api"),
        (302, "", "redirects to another address"),
        (302, '{"slug": "web", "detail": {"code": "resource-moved"}}', "calls the project dj/api web now"),
        (502, "<html>", "answers 502"),
        (200, "<html>Log in</html>", "answers with a web page instead of data"),
        (200, "[]", "does not answer like Sentry's API"),
    ],
)
def test_a_refusal_is_reported_with_its_reason_and_measures_nothing(
    sentry: Sentry, status: int, text: str, summary: str
) -> None:
    sentry.answers[1] = (status, {}, text)
    outcome = run_step(context_with(sentry))
    assert (outcome.state, outcome.inconclusive, outcome.measures) == ("failed", True, {})
    assert summary in outcome.summary


def test_an_answer_of_another_form_does_not_count_as_no_issues(sentry: Sentry) -> None:
    for text in ('{"results": 1}', '[{"title": "x"}]', "null", '["x"]'):
        sentry.answers[sentry.requests + 2] = (200, {}, text)
        outcome = run_step(context_with(sentry))
        assert (outcome.inconclusive, outcome.measures) == (True, {}), text


def test_a_tracker_that_does_not_answer_measures_nothing(sentry: Sentry) -> None:
    ctx = context_with(replace(sentry, url="http://127.0.0.1:1"))
    outcome = run_step(ctx)
    assert (outcome.state, outcome.inconclusive) == ("failed", True)
    assert outcome.summary == "The error tracker does not answer. It is not known whether there are new errors."


def test_a_wrong_token_is_reported_by_its_name_and_never_shown(sentry: Sentry) -> None:
    outcome = run_step(context_with(sentry, token="sntrys_old"))
    assert outcome.summary.startswith("The error tracker does not know the token $SENTRY_TOKEN (401): Invalid token.")
    assert "sntrys_" not in repr(outcome)


def test_the_preflight_checks_that_the_token_may_read_the_issues(sentry: Sentry) -> None:
    (check,) = box("errors", ERRORS).preflight()
    ctx = PreflightContext(tools=context_with(sentry).tools, ref="main")
    (result,) = check.run_preflight(ctx)
    assert (result.level, result.summary) == ("ok", "the error tracker's token may read the issues of dj/api")
    sentry.scopes = {"project:read"}
    (result,) = check.run_preflight(ctx)
    assert (result.level, result.todo) == (
        "fail",
        "give it the scopes project:read and event:read, and give its owner access to the project",
    )
    sentry.answers[sentry.requests + 1] = (429, {"Retry-After": "30"}, "")
    (result,) = check.run_preflight(ctx)
    assert result.level == "warn", "a busy tracker must not block the start of a run"


@pytest.mark.fault("not looked at, and said to be fine")
def test_no_new_issue_is_no_data_while_the_tracker_drops_events(sentry: Sentry) -> None:
    ctx = context_with(sentry)
    began = int(ctx.run.began_at.timestamp())
    sentry.dropped = [[began // 3600 * 3600, 2_000], [began, 419]]
    outcome = run_step(ctx)
    assert (outcome.state, outcome.inconclusive) == ("failed", True)
    assert outcome.summary == (
        f"The error tracker dropped 2,419 events since {ctx.run.began_at:%H}:00 UTC (quota or rate limit), so it is "
        "not known whether there are new errors. Look at the quota and the rate limits in its statistics."
    )
    (asked,) = sentry.counted
    assert (asked["stat"], asked["since"]) == (["rejected"], [str(began // 3600 * 3600)])
    sentry.issues = [issue(ctx, "new", 1)]
    assert not run_step(ctx).inconclusive, "an issue that is there is known"


@pytest.mark.fault("not looked at, and said to be fine")
def test_what_the_tracker_does_not_say_is_named(sentry: Sentry) -> None:
    ctx = context_with(sentry)
    silent = "whether the application reports to the error tracker: it has no event"
    drops = "whether the error tracker drops events for a quota or a rate limit"
    late = "errors of the last minute or so: they may still be on their way to the error tracker"
    assert run_step(ctx).not_compared == (f'{silent} of release "{COMMIT}"', late)
    sentry.issues = [issue(ctx, "known", -9)]
    assert run_step(ctx).not_compared == (late,)
    assert run_step(replace(ctx, after_change=False)).not_compared == (), "the watch asks again"
    sentry.dropped = None
    assert run_step(ctx, 'release = ""\n').not_compared == (drops, late)


@pytest.mark.fault("found too late, known before")
def test_the_doctor_warns_of_events_that_are_dropped_now(sentry: Sentry) -> None:
    sentry.dropped = [[0, 7]]
    (check,) = box("errors", ERRORS).preflight()
    right, dropped = check.run_preflight(PreflightContext(tools=context_with(sentry).tools, ref="main"))
    assert (right.level, dropped.level) == ("ok", "warn")
    assert dropped.summary.startswith("the error tracker dropped 7 events since ")
