"""Preflight: whether the answers of now have the fields that the steps of the page read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from commands.ports.page_text import PLACEHOLDER, PageText
from commands.ports.preflight import PreflightContext, PreflightResult, passed, warned
from commands.ports.web import HttpRequest, HttpResponse
from commands.systems.field_names import field_missing
from commands.systems.http_answers import stand_in, status_of
from commands.systems.json_lists import ROOT, list_in
from state.errors import ToolError
from state.frozen import dataclass

_TODO = "correct the page, unless only the new version answers it"
_ENTRIES = 20  # entries of a list that are looked at; one of them must have the field


@dataclass(frozen=True, kw_only=True)
class Reads:
    """The fields that one step reads of one answer to GET. `by` names where the page says so ("`expect` of `http`").

    With `entries` they are fields of the entries of that list. `always`: every version of the service answers so.
    """

    path: str
    fields: tuple[str, ...]
    by: str
    headers: tuple[tuple[str, str], ...] = ()
    statuses: tuple[int, ...] = (200,)
    entries: str = ""
    always: bool = False

    def is_known(self) -> bool:
        """Whether the request can be sent before a run, which has no values yet."""
        return not any(PLACEHOLDER.search(text) for pair in (("", self.path), *self.headers) for text in pair)


@dataclass(frozen=True, kw_only=True)
class AnswerFieldsCheck:
    """Asks a web place for each answer once, within the seconds that the preflight has for it."""

    web: str
    reads: tuple[Reads, ...]
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The web place."""
        return ("webs", self.web)

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Ask, and compare. An answer that says nothing about the service as it is now is left out."""
        clock, answers = ctx.tools.clock, dict[tuple[object, ...], HttpResponse | None]()
        until = clock.monotonic() + ctx.seconds_for_advice
        found: dict[str, None] = {}
        there: dict[str, None] = {}
        for one in dict.fromkeys(one for one in self.reads if one.is_known()):
            request = (one.path, one.headers)
            if request not in answers and (left := until - clock.monotonic()) > 0:
                answers[request] = self._ask(ctx, one, left)
            if (answer := answers.get(request)) is None or stand_in(answer) or answer.cut:
                continue
            problems = list(_problems(answer, one))
            found |= dict.fromkeys(problems)
            there |= {} if problems or answer.status not in one.statuses else {one.path: None}
        right = passed(f"has the fields that steps read, in its answers to {', '.join(there)}") if there else []
        return [*right, *(result for problem in found for result in warned(problem, _TODO))]

    def _ask(self, ctx: PreflightContext, one: Reads, seconds: float) -> HttpResponse | None:
        headers = {name: PageText(text) for name, text in one.headers}
        try:
            return ctx.tools.web.request(
                self.web, HttpRequest(path=PageText(one.path), headers=dict(headers), limit=seconds)
            )
        except ToolError:
            return None  # whether it answers at all is another check


def _problems(answer: HttpResponse, one: Reads) -> Iterator[str]:
    """What the answer of now lacks, one clause each."""
    if answer.status not in one.statuses:
        if one.always:
            yield f"answers {status_of(answer)} to {one.path}, of which {one.by} reads {_named(one)}"
        return
    try:
        data = answer.json()
    except ValueError:
        yield f"its answer to {one.path} is not JSON, and {one.by} reads {_named(one)} of it"
        return
    if not one.entries:
        for field in one.fields:
            if has := field_missing(data, field):
                yield f"its answer to {one.path} has no field `{field}`, which {one.by} reads; {has}"
        return
    yield from _problems_of_list(data, one)


def _named(one: Reads) -> str:
    return f"`{one.fields[0]}`" if one.fields else "a list"


def _problems_of_list(data: Any, one: Reads) -> Iterator[str]:
    entries = list_in(data, one.entries)
    if entries is None and one.entries == ROOT:
        yield f"its answer to {one.path} is not a list, and {one.by} reads one"
    elif entries is None:
        has = field_missing(data, one.entries) or f"`{one.entries}` is something else"
        yield f"its answer to {one.path} has no list `{one.entries}`, which {one.by} reads; {has}"
    elif entries:
        for field in one.fields:
            lacking = [field_missing(entry, field) for entry in entries[:_ENTRIES]]
            if all(lacking):
                what = f"no entry of its answer to {one.path} has the field `{field}`, which {one.by} reads"
                yield f"{what}; {lacking[0].replace('it has', 'the first has', 1)}"
