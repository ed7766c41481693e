"""The part of Sentry's web API that a deploy needs: one project and its issues."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from commands.ports.page_text import PageText
from commands.ports.web import HttpRequest, HttpResponse, Web
from commands.systems.http_answers import status_of
from commands.text.printable import printable
from state.errors import LostTrack, ToolError, Unreachable
from state.frozen import dataclass

PAGE_SIZE = 100  # the most issues that Sentry puts on one page
MAX_PAGES = 10  # a release with more new issues than ten pages needs no exact number
_LONGEST_LINK = 10_000  # characters of the header that names the next page
_LONGEST_NAME = 100  # characters of a project's name that are shown
_HOUR = 3600  # seconds
_DEFAULT_WAIT = 5.0  # seconds, after a 429 without a Retry-After header


class SentryError(ToolError):
    """Sentry did not give the answer that was asked for. The message says why, and `todo` what to do about it."""

    def __init__(self, message: str, todo: str = "") -> None:
        super().__init__(message)
        self.todo = todo


@dataclass(frozen=True, kw_only=True)
class Issue:
    """One kind of error: `events` within the time span, `first_seen` ever, `link` to its page, or empty.

    `regressed`: it was resolved and has come back, in the last days or right now. Older servers do not say it, nor the
    `category`, which tells errors from slow queries, feedback of users and other things; for them it is "error".
    """

    title: str
    short_id: str
    link: str
    level: str
    events: int
    first_seen: datetime
    number: str
    regressed: bool
    category: str = "error"


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project on the web place `place`; `token` is the `$NAME` of its token, as on the page.

    `wait` is called with the seconds to wait when Sentry asks for fewer requests. It raises if that is too long.
    """

    web: Web
    place: str
    organization: str
    slug: str
    token: str
    wait: Callable[[float], None]

    def number(self) -> str:
        """The project's id, which the query for its issues needs. Raises SentryError."""
        data = self._json(self._get(f"projects/{quote(self.organization)}/{quote(self.slug)}/", {}))
        if not isinstance(data, dict) or not str(data.get("id", "")).isdigit():
            raise SentryError(
                "The error tracker does not answer like Sentry's API.", "set the address of a Sentry server"
            )
        return str(data["id"])

    def issues(
        self, number: str, query: str, start: datetime, end: datetime, environment: str
    ) -> tuple[list[Issue], bool]:
        """Every issue with events in the span, newest first, and whether there are more than were read.

        Raises SentryError.
        """
        params = {"project": number, "query": query, "sort": "new", "limit": str(PAGE_SIZE)}
        params |= {"start": _utc(start), "end": _utc(end)} | ({"environment": environment} if environment else {})
        issues: list[Issue] = []
        for _ in range(MAX_PAGES):
            answer = self._get(f"organizations/{quote(self.organization)}/issues/", params)
            entries = self._json(answer)
            try:
                issues += [_issue(entry) for entry in entries]
            except (TypeError, KeyError, ValueError, AttributeError):
                raise SentryError("The error tracker's list of issues is not that of Sentry's API.") from None
            cursor = _next_cursor(_header(answer.headers, "link"))
            if not cursor:
                return issues, False
            # only the cursor is used, not the whole link: the token must go to no other address than the page's
            params["cursor"] = cursor
        return issues, True

    def came_back(self, issue: Issue, since: datetime) -> bool:
        """Whether an issue that was resolved came back since then. Raises SentryError."""
        data = self._json(self._get(f"organizations/{quote(self.organization)}/issues/{quote(issue.number)}/", {}))
        try:
            moments = [one["dateCreated"] for one in data["activity"] if one["type"] == "set_regression"]
            return any(datetime.fromisoformat(moment) >= since for moment in moments)
        except (TypeError, KeyError, ValueError):
            raise SentryError("The error tracker's issue is not that of Sentry's API.") from None

    def dropped(self, start: datetime, end: datetime) -> int | None:
        """How many events Sentry refused for a quota or rate limit since the hour of `start`; None if it does not say.

        Sentry counts them by the hour.
        """
        since = int(start.timestamp()) // _HOUR * _HOUR
        params = {"stat": "rejected", "resolution": "1h", "since": str(since), "until": str(int(end.timestamp()))}
        try:
            counted = self._json(self._get(f"projects/{quote(self.organization)}/{quote(self.slug)}/stats/", params))
            return sum(int(number) for _, number in counted)
        except (SentryError, TypeError, ValueError, OverflowError):
            return None

    def _get(self, path: str, params: Mapping[str, str]) -> HttpResponse:
        query = f"?{urlencode(params)}" if params else ""
        call = HttpRequest(
            path=f"/api/0/{path}{query}", headers={"Authorization": PageText(f"Bearer {self.token}")}, limit=20
        )
        while True:
            try:
                answer = self.web.request(self.place, call)
            except (Unreachable, LostTrack):
                raise SentryError("The error tracker does not answer.", "check its address and the network") from None
            if answer.status != 429:
                break
            self.wait(_retry_after(answer.headers))
        if answer.status != 200:
            raise _status_error(answer, self.organization, self.slug, self.token)
        return answer

    def _json(self, answer: HttpResponse) -> Any:
        try:
            return answer.json()
        except ValueError:
            raise SentryError(
                "The error tracker answers with a web page instead of data.",
                "set the address under which Sentry's API answers",
            ) from None


def _status_error(answer: HttpResponse, organization: str, slug: str, token: str) -> SentryError:
    project = f"{organization}/{slug}"
    known = {
        400: ("The error tracker rejects the query (400)", "check `environment` and `release` in the box"),
        401: (f"The error tracker does not know the token {token} (401)", "create a new one and set it"),
        403: (
            f"The token {token} may not read {project} (403)",
            "give it the scopes project:read and event:read, and give its owner access to the project",
        ),
        404: (f"The error tracker has no project {project}, or the token may not see it (404)", "check both names"),
    }
    if answer.status in known:
        summary, todo = known[answer.status]
        return SentryError(f"{summary}{_detail(answer)}.", todo)
    if renamed := _renamed(answer):
        return SentryError(
            f"The error tracker calls the project {project} {renamed} now.", "set its new name as `project`"
        )
    if 300 <= answer.status < 400:
        return SentryError(
            "The error tracker redirects to another address.", "set the address that answers without a redirect"
        )
    return SentryError(f"The error tracker answers {status_of(answer)}.", "check that it is up")


def _renamed(answer: HttpResponse) -> str:
    """The new name of a project that was renamed, or empty."""
    try:
        data = answer.json() if 300 <= answer.status < 400 else None
    except ValueError:
        return ""
    slug = data.get("slug") if isinstance(data, dict) else None
    return printable(slug)[:_LONGEST_NAME] if isinstance(slug, str) else ""


def _detail(answer: HttpResponse) -> str:
    """Sentry's own reason, shortened, or empty."""
    try:
        data = answer.json()
    except ValueError:
        return ""
    detail = data.get("detail") if isinstance(data, dict) else None
    return f": {detail.rstrip('.')[:120]}" if isinstance(detail, str) else ""


def _issue(entry: Mapping[str, Any]) -> Issue:
    """One entry of the list. If the query has a filter, `filtered` counts the matching events, and `count` all."""
    counts = entry.get("filtered") or entry
    lifetime = entry.get("lifetime") or entry
    link = str(entry.get("permalink"))  # GlitchTip, which has Sentry's API, has words there
    return Issue(
        title=" ".join(str(entry["title"]).split()),
        short_id=str(entry["shortId"]),
        link=link if link.startswith("http") else "",
        level=str(entry.get("level") or ""),
        events=int(counts["count"]),
        first_seen=datetime.fromisoformat(str(lifetime["firstSeen"])),
        number=str(entry["id"]),
        regressed=entry.get("substatus") == "regressed",
        category=str(entry.get("issueCategory") or "error"),
    )


def _next_cursor(link: str) -> str:
    """The cursor of the next page, from a header like <https://…>; rel="next"; results="true"; cursor="…", or empty."""
    for entry in link[:_LONGEST_LINK].split(","):
        fields = dict(field.strip().partition("=")[::2] for field in entry.split(";")[1:])
        if (fields.get("rel"), fields.get("results")) == ('"next"', '"true"'):
            return fields.get("cursor", "").strip('"')
    return ""


def _retry_after(headers: Mapping[str, str]) -> float:
    value = _header(headers, "retry-after")
    return max(float(value), 0.1) if re.fullmatch(r"\d+(\.\d+)?", value) else _DEFAULT_WAIT


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
