"""Entries in a JSON list of a web place: found after a crash, deleted in a clean-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field

from commands.ports.page_text import PageText, Text
from commands.ports.web import HttpRequest
from commands.steps.base import Strict
from commands.steps.execution import pause
from commands.steps.outcome import Context
from commands.steps.page_fields import VariableText
from commands.steps.shared.kept_values import Kept, keep
from commands.steps.values import fill_json, page_texts
from commands.systems.http_answers import field
from state.errors import BadValue, ToolError

_DELETED = (200, 202, 204, 404)  # statuses
_TRIES = 3  # requests for the list, while the entry may still appear
_INTERVAL = 1  # seconds between them


class Trace(Strict):
    """How to find out after a crash whether a request was served.

    It was if the JSON list at `path` has an entry with all the fields and values of `where`.
    """

    path: VariableText
    where: dict[str, Any] = Field(min_length=1)

    def condition(self) -> str:
        """What an entry must have, as text: "subject = Test 1, status = open"."""
        return ", ".join(f"{path} = {value}" for path, value in self.where.items())

    def find(self, ctx: Context, web: str, headers: Mapping[str, str]) -> list[Any] | None:
        """The matching entries of the list. None if the answer is not a JSON list. Raises the tools' errors."""
        where = fill_json(self.where, ctx.values, ctx.numbers)
        request = HttpRequest(path=PageText(self.path, ctx.values), headers=page_texts(headers, ctx.values))
        try:
            entries = ctx.tools.web.request(web, request).json()
        except ValueError:
            return None
        if not isinstance(entries, list):
            return None
        return [entry for entry in entries if all(field(entry, path) == value for path, value in where.items())]

    def wait_and_find(self, ctx: Context, web: str, headers: Mapping[str, str]) -> list[Any] | None:
        """`find` for a request that may still be in progress: an empty result is asked for again, 3 times in all."""
        for _ in range(_TRIES):
            entries = self.find(ctx, web, headers)
            if entries is None or entries:
                return entries
            pause(ctx, _INTERVAL)
        return []


class Each(Trace):
    """Repeats a request for every matching entry.

    `values` (name = field) come from the entry, in place of the values that an earlier step set.
    """

    values: dict[str, Kept] = Field(min_length=1)

    def context_of(self, ctx: Context, entry: Any) -> Context:
        """The context with the entry's values. Raises BadValue."""
        return replace(ctx, values={**ctx.values, **keep(self.values, entry, f"an entry of {self.path}")})


def delete_only_entry(entries: list[Any] | None, path: str, delete: Callable[[Any], str]) -> str:
    """Delete the one entry that a request without an answer created; `entries` are those that fit, of the list `path`.

    `delete` returns what is left behind. Returns what became of it, as a sentence to append.
    """
    if entries is None:
        return f" It is not known whether it created an entry: {path} gave no list."
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
