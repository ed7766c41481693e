"""Entries of a JSON list that a web place answers: how a request is found again, and what is cleaned up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from commands.ports.web import HttpRequest
from commands.steps.base import Strict
from commands.steps.outcome import Context
from commands.steps.values import fill, fill_json
from commands.systems.http_answers import field


class Trace(Strict):
    """How to see after a crash that the request was served: `path` answers a JSON list with an entry that holds all of `where`."""

    path: str
    where: dict[str, Any] = Field(min_length=1)

    def shown(self) -> str:
        """What an entry must hold, in words for the plan."""
        return ", ".join(f"{path} = {value}" for path, value in self.where.items())

    def listed(self, ctx: Context, web: str, headers: Mapping[str, str]) -> list[Any] | None:
        """The entries that hold it now; None where what comes is no list. Raises the tools' errors."""
        where = fill_json(self.where, ctx.values)
        try:
            found = ctx.tools.web.request(web, HttpRequest(path=fill(self.path, ctx.values), headers=headers)).json()
        except ValueError:
            return None
        if not isinstance(found, list):
            return None
        return [one for one in found if all(field(one, path) == value for path, value in where.items())]


class Each(Trace):
    """The request is made for every entry of that list, with `values` of it (name = field) in place of those of an earlier step."""

    values: dict[str, str] = Field(min_length=1)
