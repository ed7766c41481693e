"""`http`: one request to a web place, judged by its status, the fields of its JSON, and how long it took."""

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
from commands.steps.shared.json_entries import Each, Trace
from commands.steps.values import fill, fill_json
from commands.systems.http_answers import SHAPES, Shape, field, field_errors, holds_secret, is_api, is_page, shape_error
from commands.text.durations import format_seconds
from commands.text.redaction import is_secret_name, masked, masked_json
from state.errors import Down, LostTrack, ToolError, Unreachable
from state.records import AttemptState

_ON_ITS_WAY = 3  # looks, a second apart, for what a request may have made that was still on its way
_BODILESS = (204, 304)


class HttpStep(StepBox):
    """`answers` says what must come: "json", "list", "object" or "page" (HTML). Where it says nothing, a path with `api` in
    it must not be answered by a web page, which a log-in or a proxy shows with status 200 for anything.

    `expect` names fields of the JSON answer and their values ("a.b" for nested ones; "<number>" accepts any number, "<text>"
    any text that is not empty). `values` keeps fields of the answer under a name for later steps. Header and body texts may
    hold `$NAME`. `clean_up` is a path that is DELETEd afterwards with the same headers; it may use this answer's `values`.
    A GET is tried `tries` times while nothing answers; nothing else is ever sent twice, but a DELETE for which 404 is good
    as well. After a crash `trace` tells whether the request was served; without it a person is asked. A check of the watch
    that gets no answer has failed, and what it made all the same is cleaned up by `trace`. With `each` (to clean up) the
    request is made for what an earlier step found out, where that is known, and then for all that is listed.
    """

    kind: ClassVar[str] = "http"
    times_answers: ClassVar[bool] = True

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
    def _fits_together(self) -> Self:
        asked = [name for name in ("answers", "expect", "values") if getattr(self, name)]
        if asked and (bodiless := [one for one in _BODILESS if one in self._good()]):
            raise ValueError(f"an answer {bodiless[0]} has no body, so {asked[0]} could never be met by it")
        if asked and self.method == "HEAD":
            raise ValueError(f"an answer to HEAD has no body, so {asked[0]} could never be met")
        if self.answers in {"list", "page"} and asked[1:]:
            raise ValueError(f'answers = "{self.answers}" has no named fields, so {asked[1]} could never be met')
        if secret := [path for path in self.values.values() if is_secret_name(path)]:
            raise ValueError(f'values: "{secret[0]}" is a secret by its name, and values are written down and shown')
        return self

    def plan(self) -> list[str]:
        body = f" with {self.json_body}" if self.json_body is not None else ""
        shape = f", {SHAPES[self.answers]}" if self.answers else ", no web page" if self._no_page() else ""
        wants = shape + "".join(f", {path} = {value}" for path, value in self.expect.items())
        after = [f"DELETE {self.web}{self.clean_up} afterwards"] if self.clean_up else []
        if self.trace:
            after.append(f"after a crash: GET {self.web}{self.trace.path}, served if an entry has {self.trace.shown()}")
        if self.each:
            after.append(f"and so for every entry of GET {self.web}{self.each.path} that has {self.each.shown()}")
        return [f"{self.method} {self.web}{self.path}{body}, expects status {self._statuses()}{wants}", *after]

    def outputs(self) -> tuple[str, ...]:
        return tuple(self.values)

    def inputs(self) -> set[str]:
        own = {*(self.values if self.clean_up else ()), *(self.each.values if self.each else ())}
        return super().inputs() - {"number", "text"} - own

    def cleans_up(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.clean_up, self.path if self.method == "DELETE" else "")))

    def recover(self, ctx: Context) -> Outcome | None:
        if self._may_repeat():
            return execute(self, ctx)
        entries = self._entries(ctx, self.trace) if self.trace else None
        return execute(self, ctx) if entries == [] else self._by_entry(ctx, entries, None)

    def recover_lost(self, ctx: Context, lost: Outcome) -> Outcome | None:
        """Where this very process waited in vain, the request may be on its way still: it is looked for, and not sent again."""
        if self._may_repeat():
            return execute(self, ctx)
        entries = self._entries(ctx, self.trace) if self.trace else None
        if entries == []:
            return replace(
                lost, summary=f"{lost.summary} It is not listed, and may come yet: look before you send it again."
            )
        return self._by_entry(ctx, entries, lost)

    def _may_repeat(self) -> bool:
        return self.method == "GET" or (self.method == "DELETE" and 404 in self._good())

    def _entries(self, ctx: Context, trace: Trace) -> list[Any] | None:
        """What the request left in the list, waited for a little; None where what comes is no list."""
        for _ in range(_ON_ITS_WAY):
            found = trace.listed(ctx, self.web, self.headers)
            if found is None or found:
                return found
            pause(ctx, 1)
        return []

    def _by_entry(self, ctx: Context, entries: list[Any] | None, lost: Outcome | None) -> Outcome | None:
        """Judge the request by its one entry, which need not hold every field of the answer; None where there is not one.

        How long it took is what was waited in vain, and not known after a crash.
        """
        if not entries or len(entries) > 1:
            return None
        entry = entries[0]
        held = {path: value for path, value in self.expect.items() if field(entry, path) is not None}
        measures = {"seconds": lost.measures["seconds"]} if lost and "seconds" in lost.measures else {}
        why = lost.summary.rstrip(".") if lost else "the bot was cut off, and how long it took is not known"
        return self._judge(ctx, entry, held, measures, f"It was served, as its entry shows, though {why}")

    def run(self, ctx: Context) -> Outcome:
        return self._for_each(self.each, ctx) if self.each else self._once(ctx)

    def _for_each(self, each: Each, ctx: Context) -> Outcome:
        made = [ctx.values] if set(each.values) <= set(ctx.values) else []
        ended = [self._once(ctx) for _ in made]
        try:
            listed = each.listed(ctx, self.web, self.headers)
        except ToolError:
            listed = None
        for entry in listed or []:
            made.append({**ctx.values, **{name: str(field(entry, path)) for name, path in each.values.items()}})
            ended.append(self._once(replace(ctx, values=made[-1])))
        lines = [f"{self.method} {fill(self.path, one)}: {end.summary}" for one, end in zip(made, ended, strict=True)]
        entries = f"entries of {each.path} that have {fill(each.shown(), ctx.values)}"
        if listed is None:
            lines.append(f"{self.web}{each.path} gave no list: {entries} may still be there; look, and delete them.")
        bad = [line for line, end in zip(lines, ended, strict=False) if end.state != AttemptState.DONE]
        if bad or listed is None:
            return failed((bad or lines)[-1], lines=tuple(lines), measures={"failed": 1.0})
        return done("; ".join(lines) or f"Nothing to {self.method}: there are no {entries}.", measures={"failed": 0.0})

    def _once(self, ctx: Context) -> Outcome:
        call = HttpRequest(
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
            return self._unanswered(ctx, error, {"seconds": time.monotonic() - began, "failed": 1.0})
        measures = {"seconds": answer.seconds, "status": float(answer.status)}
        if wrong := self._wrong(answer):
            text = masked(answer.text, self.expect)
            return failed(wrong, lines=(wrong, text[:200]), output=text[:4000], measures=measures | {"failed": 1.0})
        data = answer.json() if self.expect or self.values else None
        return self._judge(ctx, data, self.expect, measures, f"{answer.status} in {format_seconds(answer.seconds)}")

    def _send(self, ctx: Context, call: HttpRequest) -> HttpResponse:
        for _ in range(self.tries - 1 if self.method == "GET" else 0):
            try:
                return ctx.tools.web.request(self.web, call)
            except Unreachable:
                pause(ctx, 1)
        return ctx.tools.web.request(self.web, call)

    def _unanswered(self, ctx: Context, error: ToolError, measures: dict[str, float]) -> Outcome:
        """A user would have waited in vain as well: a check has failed by that, whatever comes of its request later."""
        if isinstance(error, LostTrack) and self.method != "GET":
            if self.every is None:
                return unknown(str(error), measures=measures)
            return failed(f"{error}{self._swept(ctx)}", measures=measures)
        return failed(str(error), measures=measures)

    def _swept(self, ctx: Context) -> str:
        """Delete what a request without an answer made all the same; says what became of it."""
        if not (self.trace and self.clean_up):
            return ""
        try:
            entries = self._entries(ctx, self.trace)
        except ToolError as error:
            return f" Whether it made something is not known: {error}"
        if entries is None:
            return f" Whether it made something is not known, because {self.trace.path} answers no list."
        if not entries:
            return " It made nothing that is listed yet; what turns up later must be deleted by hand."
        if len(entries) > 1:
            return f" {len(entries)} entries look like what it made, so none was deleted; delete them by hand."
        left = self._clean(ctx, self._kept(entries[0]))
        return f" It made an entry all the same: {left}" if left else " What it made all the same was deleted."

    def _judge(self, ctx: Context, data: Any, expect: dict[str, Any], measures: dict[str, float], how: str) -> Outcome:
        """Judge the fields of an answer, keep `values`, and clean up."""
        wanted = {**dict.fromkeys(self.values.values(), "<any>"), **fill_json(expect, ctx.values)}
        wrong = field_errors(data, wanted)
        wrong += [
            f"{path} holds what looks like a secret." for path in self.values.values() if holds_secret(data, path)
        ]
        measures = measures | {"failed": float(bool(wrong))}
        if wrong:
            return failed(
                wrong[0], lines=tuple(wrong), output=masked(json.dumps(data), expect)[:4000], measures=measures
            )
        shown = ", ".join(f"{path} = {field(masked_json(data), path)}" for path in expect)
        summary = how + (f"; {shown}" if shown else "")
        found = self._kept(data)
        if left := self._clean(ctx, found):
            return failed(f"{summary}, but {left}", values=found, measures=measures)
        return done(summary, values=found, measures=measures)

    def _kept(self, data: Any) -> dict[str, str]:
        return {name: str(field(data, path)) for name, path in self.values.items()}

    def _clean(self, ctx: Context, found: dict[str, str]) -> str:
        """Delete what was made; says what is left behind, or nothing."""
        if not self.clean_up:
            return ""
        path = fill(self.clean_up, {**ctx.values, **found})
        try:
            status = ctx.tools.web.request(
                self.web, HttpRequest(path=path, method="DELETE", headers=self.headers)
            ).status
        except ToolError as error:
            return f"what it made is left behind at {path}: {error}"
        return (
            "" if status in {200, 202, 204, 404} else f"what it made is left behind at {path}: DELETE answers {status}."
        )

    def _good(self) -> list[int]:
        return [self.status] if isinstance(self.status, int) else self.status

    def _statuses(self) -> str:
        return " or ".join(map(str, self._good()))

    def _no_page(self) -> bool:
        """Whether a web page is never the answer, though the box does not say what is."""
        return self.answers is None and not (self.expect or self.values) and is_api(self.path)

    def _wrong(self, answer: HttpResponse) -> str:
        if answer.status not in self._good():
            return f"Answered {answer.status} instead of {self._statuses()}."
        if self.answers or self.expect or self.values:
            return shape_error(answer, self.answers or "object")
        if self._no_page() and answer.status < 300 and is_page(answer):
            return "The answer is a web page, not one of an API: a log-in, perhaps, or a proxy."
        return ""
