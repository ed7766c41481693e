"""Entries in a JSON list of a web place: found after a crash, deleted in a clean-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from commands.ports.page_text import PageText, Text
from commands.ports.web import HttpRequest
from commands.steps.base import Strict
from commands.steps.execution import pause
from commands.steps.outcome import Context
from commands.steps.page_fields import VariableTexts, WebPath
from commands.steps.shared.kept_values import Kept, keep
from commands.steps.values import fill_json, page_texts
from commands.systems.http_answers import field
from commands.systems.json_lists import ROOT, Listed, listed
from commands.text.field_words import Short
from commands.text.json_words import json_words
from commands.text.phrases import on_web
from commands.text.same_json import same_json
from state.errors import BadValue, ToolError

_DELETED = (200, 202, 204, 404)  # statuses
_TRIES = 3  # requests for the list at least, while the entry may still appear
_INTERVAL = 1  # seconds between them


class Trace(Strict):
    """How to find out after a crash whether a request was served.

    It was if the JSON list at `path` has an entry with all the fields and values of `where`.
    """

    path: WebPath = Field(description="The path of the list, asked with GET.", examples=["/api/jobs"])
    headers: VariableTexts | None = Field(
        default=None,
        description="HTTP headers of this request. Without them, those of the step.",
        examples=[{"Authorization": "Bearer $API_TOKEN"}],
    )
    entries: str = Field(
        default=ROOT,
        description='The field of the answer that has the list; "." if the answer is the list itself.',
        examples=["jobs"],
    )
    where: dict[str, Any] = Field(
        min_length=1,
        description="Fields of an entry and the values that it must have in all of them.",
        examples=[{"title": "Test"}],
    )

    def condition(self) -> str:
        """What an entry must have, as text: "subject = Test 1, status = open"."""
        return ", ".join(f"{path} = {json_words(value)}" for path, value in self.where.items())

    def listing(self, web: str) -> str:
        """The request for the list, for the plan: "GET /jobs on api", or "`data` of GET /jobs on api"."""
        return f"{'' if self.entries == ROOT else f'`{self.entries}` of '}GET {on_web(web, self.path)}"

    def find(self, ctx: Context, web: str, headers: Mapping[str, str]) -> Listed:
        """The matching entries of the list, and why there may be others. Raises the tools' errors."""
        own = headers if self.headers is None else self.headers
        where = fill_json(self.where, ctx.values, ctx.numbers)
        request = HttpRequest(path=PageText(self.path, ctx.values), headers=page_texts(own, ctx.values))
        found = listed(ctx.tools.web.request(web, request), self.entries)
        matching = [
            entry
            for entry in found.entries
            if all(same_json(field(entry, path), value) for path, value in where.items())
        ]
        return replace(found, entries=matching)

    def wait_and_find(self, ctx: Context, web: str, headers: Mapping[str, str], within: float = 0) -> Listed:
        """`find` for a request that may still be in progress: an empty result is asked for again, 3 times at least.

        So it is until the attempt began `within` seconds ago: a slow service may serve the request only then.
        """
        clock = ctx.tools.clock
        since = (clock.now() - ctx.tried_at).total_seconds() if ctx.tried_at else within
        left = min(max(within - since, 0), within)  # the clock may have jumped
        began, tries = clock.monotonic(), 1
        while not ((found := self.find(ctx, web, headers)).entries or found.doubt):
            if tries >= _TRIES and clock.monotonic() - began >= left:
                break
            tries += 1
            pause(ctx, _INTERVAL)
        return found


class Each(Trace):
    """The entries of a JSON list for which the request is sent; their values count, not those of an earlier step."""

    values: dict[str, Kept] = Field(
        min_length=1,
        description="Values of the entry that the request uses, by name: each the name of a field, or a table.",
        examples=[{"job": "id"}],
    )

    def context_of(self, ctx: Context, entry: Any) -> Context:
        """The context with the entry's values. Raises BadValue."""
        return replace(ctx, values={**ctx.values, **keep(self.values, entry, f"an entry of {self.path}")})


class CleanUp(Strict):
    """A path that is sent a DELETE afterwards. In its place the box may have the path alone."""

    path: WebPath = Field(description="The path that is sent a DELETE.", examples=["/api/jobs/<job>"])
    headers: VariableTexts | None = Field(
        default=None,
        description="HTTP headers of this request. Without them, those of the step.",
        examples=[{"Authorization": "Bearer $API_TOKEN"}],
    )

    def run(self, ctx: Context, web: str, values: Mapping[str, str], headers: Mapping[str, str]) -> str:
        """Delete it. `values` are of the answer, `headers` of the request.

        Returns what is left behind, as the end of a sentence; empty if nothing is.
        """
        path = PageText(self.path, {**ctx.values, **values})
        return delete_entry(ctx, web, path, headers if self.headers is None else self.headers)


def _path_alone(value: object) -> object:
    return {"path": value} if isinstance(value, str) else value


CleanUpPath = Annotated[CleanUp, BeforeValidator(_path_alone), Short.TEXT]


def delete_only_entry(found: Listed, path: str, delete: Callable[[Any], str]) -> str:
    """Delete the one entry that a request without an answer created; `found` are those that fit, of the list `path`.

    `delete` returns what is left behind. Returns what became of it, as a sentence to append.
    """
    entries = found.entries
    if not entries and found.doubt:
        return f" It is not known whether it created an entry: {path} {found.doubt}."
    if not entries:
        return " It created no entry so far. If one appears later, delete it by hand."
    if len(entries) > 1:
        return f" {len(entries)} entries match its `trace`, so none was deleted. Delete them by hand."
    try:
        problem = delete(entries[0])
    except BadValue as error:
        problem = f"it is left behind: {error}"
    return f" It created an entry, and {problem}" if problem else " It created an entry, which was deleted."


def delete_entry(ctx: Context, web: str, path: Text, headers: Mapping[str, str]) -> str:
    """Delete what a request created. Returns what is left behind, as the end of a sentence; empty if nothing is."""
    try:
        request = HttpRequest(path=path, method="DELETE", headers=page_texts(headers, ctx.values))
        status = ctx.tools.web.request(web, request).status
    except (ToolError, BadValue) as error:
        return f"what it created is left behind at {path}: {error}"
    return "" if status in _DELETED else f"what it created is left behind at {path}: DELETE answered {status}."
