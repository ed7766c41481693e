"""Sentry's web API, as far as a deploy asks it: one project, and its issues in a span of time, page by page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from commands.ports.web import HttpRequest, HttpResponse, Web
from state.errors import LostTrack, ToolError, Unreachable

PAGE = 100  # the most issues that one answer holds
PAGES = 10  # answers that are read; a release with more new trouble than that needs no exact number
_NEXT = re.compile(r'<[^>]*>\s*;\s*rel="next"\s*;\s*results="true"\s*;\s*cursor="([^"]+)"')
_HASTE = 5.0  # seconds to wait where a refusal for haste does not say how long


class NotTold(ToolError):
    """Sentry did not tell what it was asked; the sentence says why, and `todo` what to do about it."""

    def __init__(self, sentence: str, todo: str = "") -> None:
        super().__init__(sentence)
        self.todo = todo


@dataclass(frozen=True, kw_only=True)
class Issue:
    """A kind of error: `events` in the span of time that was asked for, `first_seen` ever, `link` to its page."""

    title: str
    short_id: str
    link: str
    level: str
    events: int
    first_seen: datetime


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project at `web` (the place), with the token's name as it stands on the page.

    `nap` is called with the seconds to wait where Sentry refuses for haste; it raises where that is too long.
    """

    web: Web
    place: str
    organization: str
    slug: str
    token: str
    nap: Callable[[float], None]

    def number(self) -> str:
        """The project's id, by which its issues are asked for. Raises NotTold."""
        data = self._json(self._ask(f"projects/{quote(self.organization)}/{quote(self.slug)}/", {}))
        if not isinstance(data, dict) or not str(data.get("id", "")).isdigit():
            raise NotTold("The error tracker's answer is not that of Sentry's API.", "name Sentry's own address")
        return str(data["id"])

    def issues(
        self, number: str, query: str, start: datetime, end: datetime, environment: str
    ) -> tuple[list[Issue], bool]:
        """Every issue with events in the span, newest first, and whether there are more than were read. Raises NotTold."""
        asked = {"project": number, "query": query, "sort": "new", "limit": str(PAGE)}
        asked |= {"start": _stamp(start), "end": _stamp(end)} | ({"environment": environment} if environment else {})
        found: list[Issue] = []
        for _ in range(PAGES):
            answer = self._ask(f"organizations/{quote(self.organization)}/issues/", asked)
            listed = self._json(answer)
            try:
                found += [_issue(one) for one in listed]
            except (TypeError, KeyError, ValueError, AttributeError):
                raise NotTold("The error tracker's list of issues is not that of Sentry's API.") from None
            following = _NEXT.search(_header(answer.headers, "link"))
            if not following:
                return found, False
            # only the cursor is taken: the token goes to the address of the page's place and nowhere else
            asked["cursor"] = following[1]
        return found, True

    def _ask(self, path: str, asked: Mapping[str, str]) -> HttpResponse:
        words = f"?{urlencode(asked)}" if asked else ""
        call = HttpRequest(path=f"/api/0/{path}{words}", headers={"Authorization": f"Bearer {self.token}"}, limit=20)
        while True:
            try:
                answer = self.web.request(self.place, call)
            except (Unreachable, LostTrack):
                raise NotTold("The error tracker does not answer.", "look at its address and at the network") from None
            if answer.status != 429:
                break
            self.nap(_wait(answer.headers))
        if answer.status != 200:
            raise _refusal(answer, self.organization, self.slug, self.token)
        return answer

    def _json(self, answer: HttpResponse) -> Any:
        try:
            return answer.json()
        except ValueError:
            raise NotTold(
                "The error tracker answers with a page instead of data.", "name the address of its API, as a browser's"
            ) from None


def _refusal(answer: HttpResponse, organization: str, slug: str, token: str) -> NotTold:
    where = f"{organization}/{slug}"
    known = {
        400: ("The error tracker does not understand the question", "look at `environment` and `release` in the box"),
        401: (f"The error tracker does not know the token {token} (401)", "make a new one and set it"),
        403: (
            f"The token {token} may not read {where} (403)",
            "give it the scopes project:read and event:read, and its owner the project",
        ),
        404: (f"The error tracker has no project {where}, or the token may not see it (404)", "look at both names"),
    }
    if answer.status in known:
        summary, todo = known[answer.status]
        return NotTold(f"{summary}{_detail(answer)}.", todo)
    if 300 <= answer.status < 400:
        return NotTold("The error tracker sends on to another address.", "name the address that answers itself")
    return NotTold(f"The error tracker answers {answer.status}.", "look at it")


def _detail(answer: HttpResponse) -> str:
    """What Sentry says itself, where it does, in a few words."""
    try:
        data = answer.json()
    except ValueError:
        return ""
    said = data.get("detail") if isinstance(data, dict) else None
    return f": {said.rstrip('.')[:120]}" if isinstance(said, str) else ""


def _issue(one: Mapping[str, Any]) -> Issue:
    """An entry of the list. Where the question holds a filter, `filtered` counts what passes it, and `count` all events."""
    counted = one.get("filtered") or one
    ever = one.get("lifetime") or one
    return Issue(
        title=" ".join(str(one["title"]).split()),
        short_id=str(one["shortId"]),
        link=str(one["permalink"]),
        level=str(one.get("level") or ""),
        events=int(counted["count"]),
        first_seen=datetime.fromisoformat(str(ever["firstSeen"])),
    )


def _wait(headers: Mapping[str, str]) -> float:
    said = _header(headers, "retry-after")
    return max(float(said), 0.1) if re.fullmatch(r"\d+(\.\d+)?", said) else _HASTE


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
