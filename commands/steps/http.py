"""`http`: one request to a web place, judged by its status, the fields of its JSON, and how long it took."""

from __future__ import annotations

import json
import time
from typing import Any, ClassVar

from pydantic import Field

from commands.durations import took
from commands.outcome import Context, Outcome, done, failed, unknown
from commands.steps.base import StepBox, Strict, act, fill, fill_json, pause
from commands.tools import Answer, Call
from state.errors import Down, LostTrack, ToolError, Unreachable

_ON_ITS_WAY = 3  # looks, a second apart, for what a request may have made that was still on its way


class Trace(Strict):
    """How to see after a crash that the request was served: `path` answers a JSON list with an entry that holds all of `where`."""

    path: str
    where: dict[str, Any] = Field(min_length=1)


class Http(StepBox):
    """`expect` names fields of the JSON answer and their values ("a.b" for nested ones; "<number>" accepts any number).

    `values` keeps fields of the answer under a name for later steps. Header and body texts may hold `$NAME`. `clean_up`
    is a path that is DELETEd afterwards with the same headers; it may use this answer's `values`. A GET is tried
    `tries` times while nothing answers; nothing else is ever sent twice, but a DELETE for which 404 is good as well.
    After a crash `trace` tells whether the request was served; without it a person is asked.
    """

    kind: ClassVar[str] = "http"

    web: str
    path: str
    method: str = "GET"
    headers: dict[str, str] = Field(default_factory=dict)
    json_body: Any = Field(default=None, alias="json")
    status: int | list[int] = 200
    expect: dict[str, Any] = Field(default_factory=dict)
    values: dict[str, str] = Field(default_factory=dict)
    clean_up: str = ""
    tries: int = Field(default=3, ge=1)
    trace: Trace | None = None

    def plan(self) -> list[str]:
        body = f" with {self.json_body}" if self.json_body is not None else ""
        wants = "".join(f", {field} = {value}" for field, value in self.expect.items())
        after = [f"DELETE {self.web}{self.clean_up} afterwards"] if self.clean_up else []
        if self.trace:
            shown = ", ".join(f"{field} = {value}" for field, value in self.trace.where.items())
            after.append(f"after a crash: GET {self.web}{self.trace.path}, served if an entry has {shown}")
        return [f"{self.method} {self.web}{self.path}{body}, expects status {self._statuses()}{wants}", *after]

    def gives(self) -> tuple[str, ...]:
        return tuple(self.values)

    def needs(self) -> set[str]:
        return super().needs() - {"number"} - (set(self.values) if self.clean_up else set())

    def look(self, ctx: Context) -> Outcome | None:
        if self.method == "GET" or (self.method == "DELETE" and "404" in self._statuses()):
            return act(self, ctx)
        return self._look_for(self.trace, ctx) if self.trace else None

    def _look_for(self, trace: Trace, ctx: Context) -> Outcome | None:
        """Judge the one entry that the request left; send the request where there is none; None where there are several."""
        call = Call(path=fill(trace.path, ctx.values), headers=self.headers)
        where = fill_json(trace.where, ctx.values)
        for _ in range(_ON_ITS_WAY):
            try:
                listed = ctx.tools.web.request(self.web, call).json()
            except ValueError:
                return None
            if not isinstance(listed, list):
                return None
            found = [one for one in listed if all(_field(one, field) == value for field, value in where.items())]
            if found:
                return self._judge_trace(ctx, found[0]) if len(found) == 1 else None
            pause(ctx, 1)
        return act(self, ctx)

    def _judge_trace(self, ctx: Context, entry: dict[str, Any]) -> Outcome:
        """Judge the request by its entry in a list, which need not hold every field of the answer."""
        held = {field: value for field, value in self.expect.items() if _field(entry, field) is not None}
        status = self.status if isinstance(self.status, int) else self.status[0]
        answer = Answer(status=status, seconds=0, headers={}, text=json.dumps(entry))
        return self._judge(ctx, answer, held)

    def run(self, ctx: Context) -> Outcome:
        call = Call(
            path=fill(self.path, ctx.values),
            method=self.method,
            headers=self.headers,
            json=fill_json(self.json_body, ctx.values),
            limit=min(self.limit.total_seconds(), 30),
        )
        began = time.monotonic()
        try:
            answer = self._send(ctx, call)
        except (Down, LostTrack) as error:
            lost = isinstance(error, LostTrack) and self.method != "GET"
            return (unknown if lost else failed)(
                str(error), measures={"seconds": time.monotonic() - began, "failed": 1.0}
            )
        return self._judge(ctx, answer, self.expect)

    def _send(self, ctx: Context, call: Call) -> Answer:
        for _ in range(self.tries - 1 if self.method == "GET" else 0):
            try:
                return ctx.tools.web.request(self.web, call)
            except Unreachable:
                pause(ctx, 1)
        return ctx.tools.web.request(self.web, call)

    def _judge(self, ctx: Context, answer: Answer, expect: dict[str, Any]) -> Outcome:
        wrong = self._wrong(answer, fill_json(expect, ctx.values))
        measures = {"seconds": answer.seconds, "status": float(answer.status), "failed": float(bool(wrong))}
        if wrong:
            return failed(wrong[0], lines=tuple(wrong), output=answer.text[:4000], measures=measures)
        found = {name: str(_field(answer.json(), field)) for name, field in self.values.items()}
        shown = ", ".join(f"{field} = {_field(answer.json(), field)}" for field in expect)
        says = f"{answer.status} in {took(answer.seconds)}" + (f"; {shown}" if shown else "")
        if left := self._clean(ctx, found):
            return failed(f"{says}, but {left}", values=found, measures=measures)
        return done(says, values=found, measures=measures)

    def _clean(self, ctx: Context, found: dict[str, str]) -> str:
        """Delete what was made; says what is left behind, or nothing."""
        if not self.clean_up:
            return ""
        path = fill(self.clean_up, {**ctx.values, **found})
        try:
            status = ctx.tools.web.request(self.web, Call(path=path, method="DELETE", headers=self.headers)).status
        except ToolError as error:
            return f"what it made is left behind at {path}: {error}"
        return (
            "" if status in {200, 202, 204, 404} else f"what it made is left behind at {path}: DELETE answers {status}."
        )

    def _statuses(self) -> str:
        return str(self.status) if isinstance(self.status, int) else " or ".join(str(one) for one in self.status)

    def _wrong(self, answer: Answer, expect: dict[str, Any]) -> list[str]:
        if answer.status not in ([self.status] if isinstance(self.status, int) else self.status):
            return [f"Answered {answer.status} instead of {self._statuses()}.", answer.text[:200]]
        if not expect and not self.values:
            return []
        try:
            data = answer.json()
        except ValueError:
            return ["The answer is not JSON.", answer.text[:200]]
        return [
            f"{field} is {_field(data, field)!r} instead of {wanted!r}."
            for field, wanted in {**dict.fromkeys(self.values.values(), "<any>"), **expect}.items()
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
