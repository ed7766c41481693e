"""Checks of a commit that must be green, like those of CI, asked of a status API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from commands.ports.page_text import PLACEHOLDER, PageText
from commands.ports.web import HttpRequest, HttpResponse, Web
from commands.steps.base import Strict
from commands.steps.page_fields import WebPath
from commands.steps.shared_fields import Headers, WebName
from commands.steps.values import fill_json, page_texts
from commands.systems.http_answers import field, field_errors, status_of
from commands.systems.json_lists import has_more, list_in
from commands.text.phrases import on_web
from state.errors import ToolError

_LIMIT = 8.0  # seconds for one answer
_SHOWN = 160  # characters of what an answer holds instead


class CommitCheck(Strict):
    """One GET request about `<commit>`, and what its JSON answer must have. A list must be there as a whole."""

    web: WebName
    path: WebPath = Field(
        description="The path of the GET request; it must hold `<commit>`.",
        examples=["/repos/my-team/shop/commits/<commit>/check-runs"],
    )
    headers: Headers = Field(default_factory=dict)
    expect: dict[str, Any] = Field(
        min_length=1,
        description=(
            "Fields of the JSON answer (`a.b` if nested) and their values; of a list of values any one is right."
        ),
        examples=[{"conclusion": ["success", "skipped"]}],
    )
    entries: str = Field(
        default="",
        description=(
            'The field of the answer that has a list, "." if it is one itself. `expect` then holds for '
            "each entry, and there must be one."
        ),
        examples=["check_runs"],
    )
    names: list[str] = Field(
        default_factory=list,
        description="Entries that must be in the list, by their field `name`.",
        examples=[["test"]],
    )

    @model_validator(mode="after")
    def _is_about_the_commit(self) -> Self:
        if "<commit>" not in self.path:
            raise ValueError("path: must hold <commit>, so that the answer is about the release")
        if others := set(PLACEHOLDER.findall(self.path + repr(self.headers))) - {"commit"}:
            raise ValueError(f"path: knows the value <commit> alone, not <{min(others)}>")
        if self.names and not self.entries:
            raise ValueError("names: needs entries as well, which says where the answer has its list")
        return self

    def plan(self) -> str:
        """The request and what must come, as one line."""
        fields = ", ".join(f"{path} = {_choices(value)}" for path, value in self.expect.items())
        if not self.entries:
            return f"GET {on_web(self.web, self.path)}, expects {fields}"
        names = f", among them {', '.join(self.names)}" if self.names else ""
        return f"GET {on_web(self.web, self.path)}, expects {fields} of each of its {self.entries}{names}"

    def problem(self, web: Web, commit: str) -> str:
        """Why the commit is not green, as a clause; empty if it is."""
        values = {"commit": commit}
        request = HttpRequest(path=PageText(self.path, values), headers=page_texts(self.headers, values), limit=_LIMIT)
        try:
            answer = web.request(self.web, request)
        except ToolError as error:
            return f"“{self.web}” does not say whether it is green: {str(error).rstrip('.')}"
        if answer.status != 200:
            return f"“{self.web}” answers {status_of(answer)} instead of 200"
        try:
            data = answer.json()
        except (ValueError, RecursionError):
            return f"the answer of “{self.web}” is not JSON"
        expect = fill_json(self.expect, values)
        return self._entries_problem(answer, data, expect) if self.entries else _problem(data, expect)

    def _entries_problem(self, answer: HttpResponse, data: Any, expect: Mapping[str, Any]) -> str:
        entries = list_in(data, self.entries)
        if not entries:
            return "it has no checks yet" if entries == [] else f"the answer of “{self.web}” has no list {self.entries}"
        if has_more(answer, data, len(entries)):
            return f"“{self.web}” lists only {len(entries)} of its checks; ask for fewer, or for more on one page"
        named = {field(entry, "name") for entry in entries if isinstance(field(entry, "name"), str)}
        if missing := [name for name in self.names if name not in named]:
            return f"it has no check named {missing[0]}"
        for entry in entries:
            if why := _problem(entry, expect):
                return f"{str(field(entry, 'name') or field(entry, 'context') or 'a check')[:80]}: {why}"
        return ""


def first_problem(checks: list[CommitCheck], web: Web, commit: str) -> str:
    """Why the commit is not green in one of the checks, as a clause; empty if it is in all of them."""
    return next((why for check in checks if (why := check.problem(web, commit))), "")


def _problem(data: Any, expect: Mapping[str, Any]) -> str:
    for path, value in expect.items():
        choices = value if isinstance(value, list) else [value]
        errors = [field_errors(data, {path: choice}) for choice in choices]
        if all(errors):
            found = errors[0][0].split(" instead of ")[0]
            return f"{found[:_SHOWN]} instead of {_choices(value)}"
    return ""


def _choices(value: Any) -> str:
    return " or ".join(map(str, value)) if isinstance(value, list) else str(value)
