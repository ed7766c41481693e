"""`errors` against a little server that speaks Sentry's protocol: bearer token, pages by Link header, 429, and refusals."""

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
from tests.commands.steps.making import box, context, plan
from tests.world import World

BOX = 'web = "sentry"\norganization = "dj"\nproject = "api"\ntoken = "$SENTRY_TOKEN"\n'
COMMIT = "2" * 40
TOKEN = "sntrys_secret"


@dataclass
class Sentry:
    """What the stand-in holds, two issues a page, and what it was asked."""

    issues: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[int, tuple[int, dict[str, str], str]] = field(default_factory=dict)
    scopes: set[str] = field(default_factory=lambda: {"project:read", "event:read"})
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    requests: int = 0
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
        if parts.path == "/api/0/organizations/dj/issues/":
            return self._list(parse_qs(parts.query, keep_blank_values=True))
        return 404, {}, '{"detail": "The requested resource does not exist"}'

    def _list(self, asked: dict[str, list[str]]) -> tuple[int, dict[str, str], str]:
        self.asked.append(asked)
        if asked["project"] != ["45"] or not ("start" in asked and "end" in asked):
            return 400, {}, '{"detail": "start and end are both required"}'
        release = asked["query"][0].removeprefix('release:"').removesuffix('"')
        listed = [one for one in self.issues if not release or release in one["releases"]]
        first = int(asked.get("cursor", ["0:0:0"])[0].split(":")[1])
        last = first + 2
        link = (
            f'<{self.url}/x/?&cursor=0:0:1>; rel="previous"; results="{str(first > 0).lower()}"; cursor="0:0:1", '
            f'<http://elsewhere.invalid/?&cursor=0:{last}:0>; rel="next"; '
            f'results="{str(last < len(listed)).lower()}"; cursor="0:{last}:0"'
        )
        return self._if("event:read", {"Link": link}, [_entry(one, release) for one in listed[first:last]])

    def _if(self, scope: str, headers: dict[str, str], data: Any) -> tuple[int, dict[str, str], str]:
        if scope not in self.scopes:
            return 403, {}, '{"detail": "You do not have permission to perform this action."}'
        return 200, headers, json.dumps(data)


def _entry(one: dict[str, Any], release: str) -> dict[str, Any]:
    """An issue as Sentry lists it: `count` is of every release, and `filtered` there only where the query filters."""
    seen = one["first"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    name = one["name"]
    return {
        "id": "1", "shortId": f"API-{name}", "title": f"Error: {name}", "level": "error", "count": "1000",
        "permalink": f"https://dj.sentry.io/issues/{name}/", "firstSeen": "2030-01-01T00:00:00Z",
        "lifetime": {"count": "5000", "firstSeen": seen},
        "filtered": {"count": str(one["events"]), "firstSeen": "2030-01-01T00:00:00Z"} if release else None,
    }  # fmt: skip


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    held = Sentry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, text = held.answer(self.path, self.headers["Authorization"] or "")
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    held.url = f"http://127.0.0.1:{server.server_port}"
    yield held
    server.shutdown()
    server.server_close()


def context_at(sentry: Sentry, token: str = TOKEN) -> Context:
    web = HttpWeb({"sentry": WebPlace(url=sentry.url)}, {"SENTRY_TOKEN": token}, Redactor([token]))
    whole = context(World())
    return replace(whole, tools=replace(whole.tools, web=web))


def made(ctx: Context, name: str, minutes: int, events: int = 3, release: str = COMMIT) -> dict[str, Any]:
    """An issue first seen so many minutes after the run began."""
    return {
        "name": name,
        "first": ctx.run.began_at + timedelta(minutes=minutes),
        "events": events,
        "releases": [release],
    }


def ask(ctx: Context, more: str = "") -> Outcome:
    return execute(box("errors", BOX + more), ctx)


def test_the_plan_says_what_is_asked_and_not_the_token() -> None:
    text = plan(box("errors", BOX))
    assert text.startswith("asks sentry (Sentry) for the events of release <commit> of dj/api since the run began")
    assert "TOKEN" not in text


def test_new_issues_of_the_release_are_counted_over_all_pages_and_shown_with_links(sentry: Sentry) -> None:
    ctx = context_at(sentry)
    sentry.issues = [made(ctx, str(n), n) for n in range(1, 8)]
    sentry.issues += [made(ctx, "known", -9, events=40), made(ctx, "other", 9, release="1" * 40)]
    found = ask(ctx)
    assert (found.state, found.measures) == ("failed", {"issues": 7, "events": 61}), found.summary
    assert found.lines[0] == "API-7 Error: 7 (error, 3 times) https://dj.sentry.io/issues/7/", "not the newest first"
    assert found.lines[-1] == "and 2 more"
    assert [one.get("cursor") for one in sentry.asked] == [None, ["0:2:0"], ["0:4:0"], ["0:6:0"]]


def test_the_span_asked_for_is_from_the_runs_begin_to_now_in_utc(sentry: Sentry) -> None:
    ctx = context_at(sentry)
    ask(ctx, 'environment = "production"')
    asked = sentry.asked[0]
    assert asked["start"] == [ctx.run.began_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")]
    # the World's clock runs on while it is asked
    end = datetime.fromisoformat(asked["end"][0]).replace(tzinfo=UTC)
    late = ctx.tools.clock.now() - end
    assert timedelta() <= late < timedelta(hours=1), f"the span ends {late} before now"
    assert (asked["environment"], asked["query"]) == (["production"], [f'release:"{COMMIT}"'])


def test_what_was_known_before_and_goes_on_does_not_fail_it(sentry: Sentry) -> None:
    ctx = context_at(sentry)
    sentry.issues = [made(ctx, "known", -5, events=8)]
    found = ask(ctx)
    assert (found.state, found.measures) == ("done", {"issues": 0, "events": 8})


def test_without_a_release_every_event_counts(sentry: Sentry) -> None:
    ctx = context_at(sentry)
    sentry.issues = [made(ctx, "other", 2, release="")]
    found = ask(ctx, 'release = ""\nat_most = 1')
    assert (found.state, found.measures) == ("done", {"issues": 1, "events": 1000})
    assert sentry.asked[0]["query"] == [""], "Sentry takes a missing query for is:unresolved"


def test_a_refusal_for_haste_is_waited_out(sentry: Sentry) -> None:
    sentry.answers[2] = (429, {"Retry-After": "1"}, '{"detail": "You are attempting to use this endpoint too often"}')
    ctx = context_at(sentry)
    began = ctx.tools.clock.now()
    assert ask(ctx).state == "done"
    assert ctx.tools.clock.now() - began >= timedelta(seconds=1)
    assert sentry.requests == 3


def test_a_wait_longer_than_the_limit_is_given_up_and_measures_nothing(sentry: Sentry) -> None:
    sentry.answers[1] = (429, {"Retry-After": "600"}, "")
    found = ask(context_at(sentry))
    assert (found.state, found.inconclusive, found.measures) == ("failed", True, {})
    assert "wants 10 min of peace" in found.summary


@pytest.mark.parametrize(
    ("status", "text", "summary"),
    [
        (400, '{"detail": "Invalid environment"}', "rejects the query (400): Invalid environment"),
        (403, "{}", "The token $SENTRY_TOKEN may not read dj/api (403)"),
        (404, "{}", "has no project dj/api"),
        (302, "", "redirects to another address"),
        (502, "<html>", "answers 502"),
        (200, "<html>Log in</html>", "answers with a web page instead of data"),
        (200, "[]", "does not answer like Sentry's API"),
    ],
)
def test_what_cannot_be_asked_is_said_and_never_measured(sentry: Sentry, status: int, text: str, summary: str) -> None:
    sentry.answers[1] = (status, {}, text)
    found = ask(context_at(sentry))
    assert (found.state, found.inconclusive, found.measures) == ("failed", True, {})
    assert summary in found.summary


def test_a_list_of_something_else_is_not_taken_for_no_issues(sentry: Sentry) -> None:
    for text in ('{"results": 1}', '[{"title": "x"}]', "null", '["x"]'):
        sentry.answers[sentry.requests + 2] = (200, {}, text)
        found = ask(context_at(sentry))
        assert (found.inconclusive, found.measures) == (True, {}), text


def test_a_tracker_that_does_not_answer_measures_nothing(sentry: Sentry) -> None:
    ctx = context_at(replace(sentry, url="http://127.0.0.1:1"))
    found = ask(ctx)
    assert (found.state, found.inconclusive) == ("failed", True)
    assert found.summary == "The error tracker does not answer. Nothing is known of new errors."


def test_a_wrong_token_is_named_and_never_shown(sentry: Sentry) -> None:
    found = ask(context_at(sentry, token="sntrys_old"))
    assert found.summary.startswith("The error tracker does not know the token $SENTRY_TOKEN (401): Invalid token.")
    assert "sntrys_" not in repr(found)


def test_the_doctor_says_whether_the_token_may_read_the_projects_issues(sentry: Sentry) -> None:
    (check,) = box("errors", BOX).preflight()
    looking = PreflightContext(tools=context_at(sentry).tools, ref="main")
    (found,) = check.examine(looking)
    assert (found.level, found.summary) == ("ok", "the error tracker's token may read the issues of dj/api")
    sentry.scopes = {"project:read"}
    (found,) = check.examine(looking)
    assert (found.level, found.todo) == (
        "fail",
        "give it the scopes project:read and event:read, and give its owner access to the project",
    )
    sentry.answers[sentry.requests + 1] = (429, {"Retry-After": "30"}, "")
    (found,) = check.examine(looking)
    assert found.level == "warn", "a busy tracker must not keep a deploy from starting"
