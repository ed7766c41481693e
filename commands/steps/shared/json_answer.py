"""The base of kinds that send a request: which answer is right, and what is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from commands.ports.web import HttpResponse
from commands.steps.base import StepBox
from commands.steps.page_fields import HttpMethod, WebPath
from commands.steps.shared.kept_values import Kept, keep, kept_types
from commands.steps.shared_fields import WebName
from commands.steps.value_types import ValueType
from commands.systems.http_answers import (
    SHAPES,
    Shape,
    is_api,
    is_for_programs,
    is_page,
    own_verdict,
    shape_error,
    status_of,
)
from commands.systems.json_lists import ROOT
from commands.text.phrases import on_web
from commands.text.redaction import is_secret_name

_WITHOUT_BODY = (204, 304)  # statuses


class JsonAnswerStep(StepBox):
    """A step whose request must be answered in the way that the page says."""

    web: WebName
    path: WebPath = Field(description="The path of the request, with its query.", examples=["/api/health"])
    method: HttpMethod = Field(default="GET", description="The method of the request.", examples=["POST"])
    status: int | list[int] = Field(
        default=200,
        description="The status that is right, or a list of them.",
        examples=[[200, 204]],
        json_schema_extra={"unit": "HTTP status"},
    )
    answers: Shape | None = Field(
        default=None,
        description=(
            "The form that the answer must have. Without it, a path with `api` in it must not be answered "
            "with a web page."
        ),
    )
    entries: str = Field(
        default=ROOT,
        description=(
            'With `answers = "list"`: the field of the answer that has the list. Without it, the answer '
            "is the list itself."
        ),
        examples=["jobs"],
    )
    expect: dict[str, Any] = Field(
        default_factory=dict,
        description=(
            'Fields of the JSON answer (`a.b` if nested) and their values. `"<number>"` accepts any '
            'number, `"<text>"` any text that is not empty.'
        ),
        examples=[{"status": "ok"}],
    )
    values: dict[str, Kept] = Field(
        default_factory=dict,
        description=(
            "Values that are kept from the answer for later steps, by name: each the name of a field, or a table."
        ),
        examples=[{"job": "id"}],
    )

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        wanted = [name for name in ("answers", "expect", "values") if getattr(self, name)]
        if wanted and (statuses := [status for status in _WITHOUT_BODY if status in self.accepted()]):
            raise ValueError(f"an answer with status {statuses[0]} has no body, so {wanted[0]} can never be met")
        if wanted and self.method == "HEAD":
            raise ValueError(f"an answer to HEAD has no body, so {wanted[0]} can never be met")
        if self.entries != ROOT and self.answers != "list":
            raise ValueError('entries: says where a list is, so it needs answers = "list"')
        if (self.answers == "page" or (self.answers == "list" and self.entries == ROOT)) and wanted[1:]:
            raise ValueError(f'answers = "{self.answers}" has no named fields, so {wanted[1]} can never be met')
        if secrets := [kept.field for kept in self.values.values() if is_secret_name(kept.field)]:
            raise ValueError(f'values: "{secrets[0]}" is a secret by its name, but values are stored and shown')
        return self

    def value_types(self) -> Mapping[str, ValueType]:
        return kept_types(self.values)

    def accepted(self) -> list[int]:
        """The statuses that are right."""
        return [self.status] if isinstance(self.status, int) else self.status

    def statuses(self) -> str:
        """The same as words."""
        *first, last = map(str, self.accepted())
        return f"{', '.join(first)} or {last}" if first else last

    def shape(self) -> str:
        """The required form as words."""
        where = "" if self.entries == ROOT else f" in its field `{self.entries}`"
        return f"{SHAPES[self.answers]}{where}" if self.answers else ""

    def needs_whole(self) -> bool:
        """Whether the whole answer is needed to judge it."""
        return self.answers not in {None, "page"} or bool(self.expect or self.values)

    def must_not_be_page(self) -> bool:
        """Whether a web page is refused although the box does not say which form is required."""
        return self.answers is None and not (self.expect or self.values) and is_api(self.path)

    def answer_problem(self, response: HttpResponse) -> str:
        """What is wrong with the status or the form of an answer, as a sentence; empty if nothing is."""
        if response.status not in self.accepted():
            return f"Status {status_of(response)} instead of {self.statuses()}."
        if self.answers or self.expect or self.values:
            return shape_error(response, self.answers or "object", self.entries)
        if self.must_not_be_page() and response.status < 300 and is_page(response):
            return "The answer is a web page, not an API answer. Perhaps a log-in page or a proxy answered."
        return ""

    def own_doubt(self, response: HttpResponse) -> str:
        """What speaks against a right answer that the page does not judge, as a clause; empty for nothing."""
        if not self.expect and (own := own_verdict(response)):
            return f"has {own}: say in `expect` what is right"
        if self.answers is None and is_for_programs(self.path) and is_page(response):
            return "is a web page, as many sites give for any path: say in `answers` what is right"
        return ""

    def values_in(self, data: Any) -> dict[str, str]:
        """The values that are kept of the answer's JSON. Raises BadValue for one that does not fit its type."""
        return keep(self.values, data, f"the answer of {on_web(self.web, self.path)}")
