"""`http`: one request to a web place, judged by its status, the fields of its JSON, and how long it took."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from commands.durations import say
from commands.outcome import Context, Outcome, done, failed
from commands.steps.base import StepBox, fill, fill_json
from commands.tools import Answer, Call


class Http(StepBox):
    """`expect` names fields of the JSON answer and their values ("a.b" for nested ones; "<number>" accepts any number).

    `values` keeps fields of the answer under a name for later steps. Header values may hold `$NAME`.
    """

    kind: ClassVar[str] = "http"
    changes: ClassVar[bool] = False

    web: str
    path: str
    method: str = "GET"
    headers: dict[str, str] = Field(default_factory=dict)
    json_body: Any = Field(default=None, alias="json")
    status: int = 200
    expect: dict[str, Any] = Field(default_factory=dict)
    values: dict[str, str] = Field(default_factory=dict)

    def plan(self) -> list[str]:
        body = f" with {self.json_body}" if self.json_body is not None else ""
        wants = "".join(f", {field} = {value}" for field, value in self.expect.items())
        return [f"{self.method} {self.web}{self.path}{body}, expects status {self.status}{wants}"]

    def gives(self) -> tuple[str, ...]:
        return tuple(self.values)

    def run(self, ctx: Context) -> Outcome:
        call = Call(
            path=fill(self.path, ctx.values),
            method=self.method,
            headers=self.headers,
            json=fill_json(self.json_body, ctx.values),
            limit=min(self.limit.total_seconds(), 30),
        )
        answer = ctx.tools.web.request(self.web, call)
        wrong = self._wrong(answer)
        measures = {"seconds": answer.seconds, "status": float(answer.status), "failed": float(bool(wrong))}
        if wrong:
            return failed(wrong[0], lines=tuple(wrong), output=answer.text[:4000], measures=measures)
        found = {name: str(_field(answer.json(), field)) for name, field in self.values.items()}
        shown = ", ".join(f"{field} = {_field(answer.json(), field)}" for field in self.expect)
        says = f"{answer.status} in {say(round(answer.seconds, 2))}" + (f"; {shown}" if shown else "")
        return done(says, values=found, measures=measures)

    def _wrong(self, answer: Answer) -> list[str]:
        if answer.status != self.status:
            return [f"Answered {answer.status} instead of {self.status}.", answer.text[:200]]
        if not self.expect and not self.values:
            return []
        try:
            data = answer.json()
        except ValueError:
            return ["The answer is not JSON.", answer.text[:200]]
        return [
            f"{field} is {_field(data, field)!r} instead of {wanted!r}."
            for field, wanted in {**self.expect, **dict.fromkeys(self.values.values(), "<any>")}.items()
            if not _fits(_field(data, field), wanted)
        ]


def _field(data: Any, path: str) -> Any:
    for part in path.split("."):
        data = data.get(part) if isinstance(data, dict) else None
    return data


def _fits(found: Any, wanted: Any) -> bool:
    if wanted == "<any>":
        return found is not None
    if wanted == "<number>":
        return isinstance(found, int | float) and not isinstance(found, bool)
    return bool(found == wanted)
