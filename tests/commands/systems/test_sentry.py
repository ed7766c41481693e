"""Sentry's answers: issues over all pages, requests to wait, and refusals with what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from commands.ports.page_text import PageText
from commands.ports.web import HttpRequest, HttpResponse
from commands.systems.sentry import MAX_PAGES, Project, SentryError
from state.errors import Unreachable

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ISSUE = {
    "title": "Error:\n  boom",
    "id": "7",
    "shortId": "API-7",
    "permalink": "https://dj.sentry.io/issues/7/",
    "level": "error",
    "count": "40",
    "firstSeen": "2026-11-23T12:03:00Z",
}
NEXT = '<https://elsewhere/?cursor=x>; rel="next"; results="true"; cursor="0:100:0"'
LAST = '<https://dj.sentry.io/?cursor=y>; rel="next"; results="false"; cursor="0:200:0"'


def answer(data: Any = None, status: int = 200, **headers: str) -> HttpResponse:
    """An answer of Sentry's API."""
    text = data if isinstance(data, str) else json.dumps(data)
    return HttpResponse(status=status, seconds=0.1, headers=headers, text=text)


@dataclass
class Answers:
    """A web tool that gives these answers, the last one again and again."""

    answers: list[HttpResponse]
    calls: list[HttpRequest] = field(default_factory=list)

    def request(self, place: str, call: HttpRequest) -> HttpResponse:
        self.calls.append(call)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def close(self) -> None:
        """Nothing is open."""

    def query(self, number: int) -> Mapping[str, list[str]]:
        """The query of one call."""
        return parse_qs(urlsplit(str(self.calls[number].path)).query)


def project(web: Answers, waits: list[float] | None = None) -> Project:
    """The project dj/api."""
    wait = (waits if waits is not None else []).append
    return Project(web=web, place="sentry", organization="dj", slug="api", token="$TOKEN", wait=wait)


def test_the_projects_number_is_asked_for_with_the_token() -> None:
    web = Answers([answer({"id": "17"})])
    assert project(web).number() == "17"
    assert web.calls[0].path == "/api/0/projects/dj/api/"
    assert web.calls[0].headers == {"Authorization": PageText("Bearer $TOKEN")}


@pytest.mark.fault("foreign words taken for the program's own")
@pytest.mark.parametrize("link", [{"permalink": "Not implemented"}, {"permalink": None}, {}])
def test_words_in_the_place_of_a_link_are_none(link: dict[str, Any]) -> None:
    entry = {**{name: value for name, value in ISSUE.items() if name != "permalink"}, **link}
    (issue,), _ = project(Answers([answer([entry])])).issues("17", "", NOON, NOON + timedelta(hours=1), "")
    assert (issue.short_id, issue.link) == ("API-7", "")


def test_issues_are_read_over_all_pages_by_the_cursor_alone() -> None:
    web = Answers([answer([ISSUE], Link=NEXT), answer([{**ISSUE, "shortId": "API-8"}], link=LAST)])
    issues, more = project(web).issues("17", "release:x", NOON, NOON + timedelta(hours=1), "production")
    assert ([issue.short_id for issue in issues], more) == (["API-7", "API-8"], False)
    assert web.query(0)["environment"] == ["production"]
    assert web.query(1)["cursor"] == ["0:100:0"]
    assert str(web.calls[1].path).startswith("/api/0/organizations/dj/issues/?"), "the token went to another address"


def test_no_more_than_ten_pages_are_read() -> None:
    web = Answers([answer([ISSUE], Link=NEXT)])
    issues, more = project(web).issues("17", "", NOON, NOON, "")
    assert (len(issues), more) == (MAX_PAGES, True)


def test_the_span_is_sent_in_utc() -> None:
    web = Answers([answer([])])
    bangkok = timezone(timedelta(hours=7))
    project(web).issues("17", "", NOON.astimezone(bangkok), NOON + timedelta(minutes=5), "")
    assert (web.query(0)["start"], web.query(0)["end"]) == (["2026-11-23T12:00:00"], ["2026-11-23T12:05:00"])


def test_an_issue_counts_the_events_that_match_and_keeps_its_first_appearance_ever() -> None:
    lifetime = {"firstSeen": "2026-11-01T08:00:00Z"}
    web = Answers([answer([{**ISSUE, "filtered": {"count": "3"}, "lifetime": lifetime}])])
    (issue,), _ = project(web).issues("17", "release:x", NOON, NOON, "")
    assert (issue.title, issue.events, issue.first_seen.day) == ("Error: boom", 3, 1)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "2"}, 2.0), ({"retry-after": "0"}, 0.1), ({}, 5.0), ({"Retry-After": "soon"}, 5.0)],
)
def test_a_request_that_came_too_soon_is_repeated_after_a_wait(headers: dict[str, str], seconds: float) -> None:
    waits: list[float] = []
    web = Answers([answer(status=429, **headers), answer({"id": "17"})])
    assert project(web, waits).number() == "17"
    assert waits == [seconds]


@pytest.mark.parametrize(
    ("reply", "message", "todo"),
    [
        (
            answer({"detail": "Invalid query."}, 400),
            "The error tracker rejects the query (400): Invalid query.",
            "check `environment` and `release` in the box",
        ),
        (
            answer({"detail": "Invalid token"}, 401),
            "The error tracker does not know the token $TOKEN (401): Invalid token.",
            "create a new one and set it",
        ),
        (
            answer("", 403),
            "The token $TOKEN may not read dj/api (403).",
            "give it the scopes project:read and event:read, and give its owner access to the project",
        ),
        (
            answer("<html>", 404),
            "The error tracker has no project dj/api, or the token may not see it (404).",
            "check both names",
        ),
        (
            answer("", 302),
            "The error tracker redirects to another address.",
            "set the address that answers without a redirect",
        ),
        (answer("", 502), "The error tracker answers 502.", "check that it is up"),
        (
            answer("<html>Log in</html>"),
            "The error tracker answers with a web page instead of data.",
            "set the address under which Sentry's API answers",
        ),
        (
            answer([1]),
            "The error tracker does not answer like Sentry's API.",
            "set the address of a Sentry server",
        ),
    ],
)
def test_a_refusal_says_why_and_what_to_do(reply: HttpResponse, message: str, todo: str) -> None:
    with pytest.raises(SentryError) as caught:
        project(Answers([reply])).number()
    assert (str(caught.value), caught.value.todo) == (message, todo)


@pytest.mark.parametrize("data", [{"results": 1}, [{"title": "x"}], ["x"], [{**ISSUE, "count": "many"}]])
def test_a_list_that_is_not_sentrys_is_refused(data: Any) -> None:
    with pytest.raises(SentryError, match="The error tracker's list of issues is not that of Sentry's API"):
        project(Answers([answer(data)])).issues("17", "", NOON, NOON, "")


def test_a_sentry_that_cannot_be_reached_is_named() -> None:
    class Gone(Answers):
        def request(self, place: str, call: HttpRequest) -> HttpResponse:
            raise Unreachable("no route")

    with pytest.raises(SentryError, match=r"The error tracker does not answer\."):
        project(Gone([])).number()
