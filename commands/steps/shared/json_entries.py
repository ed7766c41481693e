"""Entries in a JSON list of a web place: found after a crash, deleted in a clean-up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field

from commands.ports.web import HttpRequest
from commands.steps.base import Strict
from commands.steps.execution import pause
from commands.steps.outcome import Context
from commands.steps.values import fill, fill_json
from commands.systems.http_answers import field
from state.errors import ToolError

_DELETED = (200, 202, 204, 404)  # statuses
_TRIES = 3  # requests for the list, while the entry may still appear
_INTERVAL = 1  # seconds between them


class Trace(Strict):
    """How to find out after a crash whether a request was served.

    It was if the JSON list at `path` has an entry with all the fields and values of `where`.
    """

    path: str
    where: dict[str, Any] = Field(min_length=1)

    def condition(self) -> str:
        """What an entry must have, as text: "subject = Test 1, status = open"."""
        return ", ".join(f"{path} = {value}" for path, value in self.where.items())

    def find(self, ctx: Context, web: str, headers: Mapping[str, str]) -> list[Any] | None:
        """The matching entries of the list. None if the answer is not a JSON list. Raises the tools' errors."""
        where = fill_json(self.where, ctx.values)
        try:
            entries = ctx.tools.web.request(web, HttpRequest(path=fill(self.path, ctx.values), headers=headers)).json()
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

    values: dict[str, str] = Field(min_length=1)

    def context_of(self, ctx: Context, entry: Any) -> Context:
        """The context with the entry's values."""
        return replace(
            ctx, values={**ctx.values, **{name: str(field(entry, path)) for name, path in self.values.items()}}
        )


def delete_entry(ctx: Context, web: str, path: str, headers: Mapping[str, str]) -> str:
    """Delete what a request created. Returns what is left behind, as the end of a sentence; empty if nothing is."""
    try:
        status = ctx.tools.web.request(web, HttpRequest(path=path, method="DELETE", headers=headers)).status
    except ToolError as error:
        return f"what it created is left behind at {path}: {error}"
    return "" if status in _DELETED else f"what it created is left behind at {path}: DELETE answered {status}."
