"""`http`: sends one request, and checks the answer's status, form, fields and time."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from commands.ports.web import HttpRequest, HttpResponse
from commands.steps.base import StepBox, execute
from commands.steps.execution import pause
from commands.steps.outcome import Context, Outcome, done, failed, unknown
from commands.steps.shared.json_entries import Each, Trace, delete_entry
from commands.steps.values import fill, fill_json
from commands.systems.http_answers import SHAPES, Shape, field, field_errors, holds_secret, is_api, is_page, shape_error
from commands.text.durations import format_seconds
from commands.text.redaction import is_secret_name, masked, masked_json
from state.errors import Down, LostTrack, ToolError, Unreachable
from state.records import AttemptState

_WITHOUT_BODY = (204, 304)  # statuses
_MAX_SECONDS = 30.0
_OUTPUT = 4000  # characters of an unexpected answer that are kept


class HttpStep(StepBox):
    """Sends one request and checks the answer.

    - `answers`: the required form: "json", "list", "object" or "page" (HTML). Without it, a path with `api` in it must
      not be answered with a web page: a log-in page or a proxy sends one with status 200 for any path.
    - `expect`: fields of the JSON answer ("a.b" if nested) and their values. "<number>" accepts any number, "<text>"
      any text that is not empty.
    - `values`: fields of the answer that later steps may use, by name.
    - `clean_up`: a path that is DELETEd afterwards, with the same headers. It may use this answer's `values`.
    - `tries`: how often a GET is sent while nothing answers. Only it, and a DELETE that accepts 404, are sent twice.
    - `trace`: how to find out after a crash whether the request was served. Without it, a person is asked.
    - `each` (to clean up): sends the request for an earlier step's values, if known, and for every entry of a list.

    Headers and body may contain `$NAME`. A check of the watch that gets no answer has failed; if its request created
    something, that is found by `trace` and deleted.
    """

    kind: ClassVar[str] = "http"
    measures_response_time: ClassVar[bool] = True

    web: str
    path: str
    method: str = "GET"
    headers: dict[str, str] = Field(default_factory=dict)
    json_body: Any = Field(default=None, alias="json")
    status: int | list[int] = 200
    answers: Shape | None = None
    expect: dict[str, Any] = Field(default_factory=dict)
    values: dict[str, str] = Field(default_factory=dict)
    clean_up: str = ""
    tries: int = Field(default=3, ge=1)
    trace: Trace | None = None
    each: Each | None = None

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        wanted = [name for name in ("answers", "expect", "values") if getattr(self, name)]
        if wanted and (statuses := [status for status in _WITHOUT_BODY if status in self._accepted()]):
            raise ValueError(f"an answer with status {statuses[0]} has no body, so {wanted[0]} can never be met")
        if wanted and self.method == "HEAD":
            raise ValueError(f"an answer to HEAD has no body, so {wanted[0]} can never be met")
        if self.answers in {"list", "page"} and wanted[1:]:
            raise ValueError(f'answers = "{self.answers}" has no named fields, so {wanted[1]} can never be met')
        if secrets := [path for path in self.values.values() if is_secret_name(path)]:
            raise ValueError(f'values: "{secrets[0]}" is a secret by its name, but values are stored and shown')
        return self

    def plan(self) -> list[str]:
        body = "" if self.json_body is None else f" with {json.dumps(self.json_body, ensure_ascii=False, default=str)}"
        form = f", {SHAPES[self.answers]}" if self.answers else ", not a web page" if self._must_not_be_page() else ""
        fields = "".join(f", {path} = {value}" for path, value in self.expect.items())
        more = [f"DELETE {self.web}{self.clean_up} afterwards"] if self.clean_up else []
        if self.trace:
            listed = f"GET {self.web}{self.trace.path}"
            more.append(f"after a crash: {listed}; it was served if an entry has {self.trace.condition()}")
        if self.each:
            more.append(f"the same for every entry of GET {self.web}{self.each.path} with {self.each.condition()}")
        return [f"{self.method} {self.web}{self.path}{body}, expects status {self._statuses()}{form}{fields}", *more]

    def outputs(self) -> tuple[str, ...]:
        return tuple(self.values)

    def inputs(self) -> set[str]:
        own = {*(self.values if self.clean_up else ()), *(self.each.values if self.each else ())}
        return super().inputs() - {"number", "text"} - own

    def deleted_paths(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.clean_up, self.path if self.method == "DELETE" else "")))

    def recover(self, ctx: Context) -> Outcome | None:
        if self._may_repeat():
            return execute(self, ctx)
        entries = self._created(ctx)
        return execute(self, ctx) if entries == [] else self._judge_entry(ctx, entries, None)

    def recover_lost_attempt(self, ctx: Context, lost: Outcome) -> Outcome | None:
        """This process stopped waiting, but the request may still arrive: look for its entry, and do not send again."""
        if self._may_repeat():
            return execute(self, ctx)
        entries = self._created(ctx)
        if entries == []:
            hint = "It is not listed yet and may still arrive. Check before you send it again."
            return replace(lost, summary=f"{lost.summary} {hint}")
        return self._judge_entry(ctx, entries, lost)

    def _may_repeat(self) -> bool:
        return self.method == "GET" or (self.method == "DELETE" and 404 in self._accepted())

    def _created(self, ctx: Context) -> list[Any] | None:
        """The entries that the request created. None if that cannot be found out. Raises the tools' errors."""
        return self.trace.wait_and_find(ctx, self.web, self.headers) if self.trace else None

    def _judge_entry(self, ctx: Context, entries: list[Any] | None, lost: Outcome | None) -> Outcome | None:
        """Judge the request by its only entry, which may lack fields of the answer. None if there is not just one."""
        if not entries or len(entries) > 1:
            return None
        expect = {path: value for path, value in self.expect.items() if field(entries[0], path) is not None}
        measures = {"seconds": lost.measures["seconds"]} if lost and "seconds" in lost.measures else {}
        why = lost.summary if lost else "The bot was interrupted here, so the response time is not known."
        return self._judge(ctx, entries[0], expect, measures, f"{why} The request was served: its entry exists")

    def run(self, ctx: Context) -> Outcome:
        return self._send_for_each(self.each, ctx) if self.each else self._send_once(ctx)

    def _send_for_each(self, each: Each, ctx: Context) -> Outcome:
        lines: list[str] = []
        bad: list[str] = []

        def send(one: Context) -> None:
            outcome = self._send_once(one)
            lines.append(f"{self.method} {fill(self.path, one.values)}: {outcome.summary}")
            bad.extend(lines[-1:] if outcome.state != AttemptState.DONE else ())

        if set(each.values) <= set(ctx.values):
            send(ctx)
        wanted = f"entries of {each.path} with {fill(each.condition(), ctx.values)}"
        try:
            entries = each.find(ctx, self.web, self.headers)
        except ToolError:
            entries = None
        for entry in entries or []:
            send(each.context_of(ctx, entry))
        if entries is None:
            lines.append(f"{self.web}{each.path} gave no list: {wanted} may still exist. Check, and delete them.")
        if bad or entries is None:
            return failed((bad or lines)[-1], lines=tuple(lines), measures={"failed": 1.0})
        return done("; ".join(lines) or f"Nothing to {self.method}: there are no {wanted}.", measures={"failed": 0.0})

    def _send_once(self, ctx: Context) -> Outcome:
        path, body = fill(self.path, ctx.values), fill_json(self.json_body, ctx.values)
        limit = min(self.limit.total_seconds(), _MAX_SECONDS)
        request = HttpRequest(path=path, method=self.method, headers=self.headers, json=body, limit=limit)
        began = time.monotonic()
        try:
            response = self._send(ctx, request)
        except (Down, LostTrack) as error:
            return self._unanswered(ctx, error, {"seconds": time.monotonic() - began, "failed": 1.0})
        measures = {"seconds": response.seconds, "status": float(response.status)}
        if problem := self._problem(response):
            text = masked(response.text, self.expect)
            measures["failed"] = 1.0
            return failed(problem, lines=(problem, text[:200]), output=text[:_OUTPUT], measures=measures)
        data = response.json() if self.expect or self.values else None
        return self._judge(ctx, data, self.expect, measures, f"{response.status} in {format_seconds(response.seconds)}")

    def _send(self, ctx: Context, request: HttpRequest) -> HttpResponse:
        for _ in range(self.tries - 1 if self.method == "GET" else 0):
            try:
                return ctx.tools.web.request(self.web, request)
            except Unreachable:
                pause(ctx, 1)
        return ctx.tools.web.request(self.web, request)

    def _unanswered(self, ctx: Context, error: ToolError, measures: dict[str, float]) -> Outcome:
        """A check has failed, because a user would have waited in vain too. Elsewhere a lost request is unknown."""
        lost = isinstance(error, LostTrack) and self.method != "GET"
        if lost and self.every is None:
            return unknown(str(error), measures=measures)
        return failed(f"{error}{self._clean_up_unanswered(ctx) if lost else ''}", measures=measures)

    def _clean_up_unanswered(self, ctx: Context) -> str:
        """Delete what a request without an answer created; returns what became of it, as a sentence to append."""
        if not (self.trace and self.clean_up):
            return ""
        try:
            entries = self._created(ctx)
        except ToolError as error:
            return f" It is not known whether it created an entry: {error}"
        if entries is None:
            return f" It is not known whether it created an entry: {self.trace.path} gave no list."
        if not entries:
            return " It created no entry so far. If one appears later, delete it by hand."
        if len(entries) > 1:
            return f" {len(entries)} entries match its `trace`, so none was deleted. Delete them by hand."
        problem = self._clean_up(ctx, self._values_in(entries[0]))
        return f" It created an entry, and {problem}" if problem else " It created an entry, which was deleted."

    def _judge(self, ctx: Context, data: Any, expect: dict[str, Any], measures: dict[str, float], how: str) -> Outcome:
        """Check the fields of an answer, take `values` from it, and clean up. `how` begins the summary."""
        wanted = {**dict.fromkeys(self.values.values(), "<any>"), **fill_json(expect, ctx.values)}
        wrong = field_errors(data, wanted)
        wrong += [f"{path} looks like a secret." for path in self.values.values() if holds_secret(data, path)]
        measures = measures | {"failed": float(bool(wrong))}
        if wrong:
            output = masked(json.dumps(data), expect)[:_OUTPUT]
            return failed(wrong[0], lines=tuple(wrong), output=output, measures=measures)
        shown = ", ".join(f"{path} = {field(masked_json(data), path)}" for path in expect)
        summary = how + (f"; {shown}" if shown else "")
        values = self._values_in(data)
        if problem := self._clean_up(ctx, values):
            return failed(f"{summary}, but {problem}", values=values, measures=measures)
        return done(summary, values=values, measures=measures)

    def _values_in(self, data: Any) -> dict[str, str]:
        return {name: str(field(data, path)) for name, path in self.values.items()}

    def _clean_up(self, ctx: Context, values: dict[str, str]) -> str:
        """Delete what was created; returns what is left behind, as the end of a sentence, or an empty text."""
        path = fill(self.clean_up, {**ctx.values, **values})
        return delete_entry(ctx, self.web, path, self.headers) if path else ""

    def _accepted(self) -> list[int]:
        return [self.status] if isinstance(self.status, int) else self.status

    def _statuses(self) -> str:
        *first, last = map(str, self._accepted())
        return f"{', '.join(first)} or {last}" if first else last

    def _must_not_be_page(self) -> bool:
        """Whether a web page is refused although the box does not say which form is required."""
        return self.answers is None and not (self.expect or self.values) and is_api(self.path)

    def _problem(self, response: HttpResponse) -> str:
        """What is wrong with the status or the form of an answer, as a sentence; empty if nothing is."""
        if response.status not in self._accepted():
            return f"Status {response.status} instead of {self._statuses()}."
        if self.answers or self.expect or self.values:
            return shape_error(response, self.answers or "object")
        if self._must_not_be_page() and response.status < 300 and is_page(response):
            return "The answer is a web page, not an API answer. Perhaps a log-in page or a proxy answered."
        return ""
