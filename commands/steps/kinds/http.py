"""`http`: sends one request, and checks the answer's status, form, fields and time."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import Field

from commands.ports.page_text import PageText
from commands.ports.preflight import PreflightCheck
from commands.ports.web import MAX_BODY, HttpRequest, HttpResponse
from commands.steps.base import StepBox, execute
from commands.steps.outcome import Context, Outcome, done, failed, unknown
from commands.steps.page_fields import VariableJson
from commands.steps.shared.answer_reads import answer_check
from commands.steps.shared.every_address import at_addresses, problem_at_others
from commands.steps.shared.json_answer import JsonAnswerStep
from commands.steps.shared.json_entries import CleanUpPath, Each, Trace, delete_only_entry
from commands.steps.shared.readiness import READY_WITHIN, Patience, is_starting, request_when_ready
from commands.steps.shared_fields import Headers
from commands.steps.values import fill, fill_json, page_json, page_texts
from commands.systems.http_answers import LIMITED, field, field_errors, holds_secret, not_asked, stand_in, status_of
from commands.systems.json_lists import Listed
from commands.text.durations import Duration, format_duration, format_seconds
from commands.text.json_words import json_words
from commands.text.numbers import format_bytes
from commands.text.phrases import on_web
from commands.text.redaction import HIDDEN, masked, masked_json
from state.errors import BadValue, Down, LostTrack, ToolError
from state.records import AttemptState

_ONLY_READ = frozenset({"GET", "HEAD", "OPTIONS"})
_MAX_SECONDS = 30.0
_NOT_ASKED = {"not_asked": 1.0}  # measures of an answer that says nothing about the service
_OUTPUT = 4000  # characters of an unexpected answer that are kept


class HttpStep(JsonAnswerStep):
    """Sends one request and checks status, form, fields and time of the answer.

    Path, headers and body may contain `$NAME` and `<value>`. A request that creates something has a `clean_up` that
    deletes it again, and a `trace` that finds it after a crash. A POST, PUT, PATCH or DELETE without `clean_up`,
    `trace` and `each` is a change of production.

    Only a GET, and a DELETE that accepts 404, are sent twice; any other request again only where it was refused. An
    answer that a cache gave is no data about the service, except of a page. A cache is known by its headers (`Age`,
    `X-Cache` and the like): let one that sends none, as nginx does by default, pass these requests on (they say
    `Cache-Control: no-cache`), or give the place a `fresh`. Where the place's name has
    several addresses, a GET asks up to four of them, and each must be right. Up to 8 MB of an answer are read. Where a
    list says that there is more, an entry that it does not have is not taken for missing: ask for a narrower list.
    """

    kind: ClassVar[str] = "http"
    proves: ClassVar[str] = (
        "the service answered so, in so many seconds; not a cache that says so, and not a log-in page with status 200"
    )
    takes_any_text: ClassVar[bool] = True
    measures_response_time: ClassVar[bool] = True
    measured: ClassVar[frozenset[str]] = frozenset({"failed", "seconds", "status"})

    headers: Headers = Field(default_factory=dict)
    json_body: VariableJson = Field(
        default=None,
        alias="json",
        description="The body of the request, sent as JSON.",
        examples=[{"title": "Test", "count": 1}],
    )
    clean_up: CleanUpPath | None = Field(
        default=None,
        description=(
            "The path that is sent a DELETE afterwards, to remove what the request created. A table may "
            "have `headers` of its own."
        ),
        examples=["/api/jobs/<job>"],
    )
    tries: int = Field(
        default=3,
        ge=1,
        description="How often a GET is sent while the bot finds no route to the place.",
        examples=[5],
        json_schema_extra={"unit": "requests"},
    )
    ready_within: Duration | None = Field(
        default=None,
        description=(
            "How long a service that has just been started is waited for. Without it, 1 min; with it, a "
            "wrong answer to a GET is waited for too. A check of the watch waits for nothing."
        ),
        examples=["2 min"],
    )
    trace: Trace | None = Field(
        default=None,
        description="How to find out after a crash whether the request was served. Without it, people are asked.",
        examples=[{"path": "/api/jobs", "where": {"title": "Test"}}],
    )
    each: Each | None = Field(
        default=None,
        description=(
            "Sends the request for every entry of a list, and for an earlier step's values if they are "
            "known; to clean up."
        ),
        examples=[{"path": "/api/jobs", "where": {"title": "Test"}, "values": {"job": "id"}}],
    )

    def plan(self) -> list[str]:
        within = self.ready_within and f", within {format_duration(self.ready_within)}"
        body = "" if self.json_body is None else f" with {json.dumps(self.json_body, ensure_ascii=False, default=str)}"
        form = f", {self.shape()}" if self.answers else ", not a web page" if self.must_not_be_page() else ""
        fields = "".join(f", {path} = {json_words(value)}" for path, value in self.expect.items())
        more = [f"DELETE {on_web(self.web, self.clean_up.path)} afterwards"] if self.clean_up else []
        if self.trace:
            more.append(
                f"after a crash: {self.trace.listing(self.web)}; it was served if an entry has {self.trace.condition()}"
            )
        if self.each:
            more.append(f"the same for every entry of {self.each.listing(self.web)} with {self.each.condition()}")
        asked = on_web(self.web, self.path)
        return [
            f"{self.method} {asked}{body}, expects status {self.statuses()}{form}{fields}{within or ''}",
            *more,
        ]

    def only_looks(self) -> bool:
        return self.method in {"GET", "HEAD"} and self.each is None

    def inputs(self) -> set[str]:
        own = {*(self.values if self.clean_up else ()), *(self.each.values if self.each else ())}
        return super().inputs() - {"number", "text"} - own

    def leaves_change(self) -> bool:
        # what is cleaned up or traced is test data, and the report says what became of it
        return self.method not in _ONLY_READ and not (self.clean_up or self.trace or self.each)

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        if self.every is None or self.ready_within is None:
            return ""
        return "ready_within: a check of the watch waits for nothing; remove it"

    def preflight(self) -> list[PreflightCheck]:
        return [*answer_check(self, self.headers, self.trace, self.each)]

    def deleted_paths(self) -> tuple[str, ...]:
        cleaned = self.clean_up.path if self.clean_up else ""
        return tuple(filter(None, (cleaned, self.path if self.method == "DELETE" else "")))

    def recover(self, ctx: Context) -> Outcome | None:
        if self._may_repeat():
            return execute(self, ctx)
        found = self._created(ctx)
        if found and not found.entries and not found.doubt:
            return execute(self, ctx)
        return self._judge_entry(ctx, found, None)

    def recover_lost_attempt(self, ctx: Context, lost: Outcome) -> Outcome | None:
        """This process stopped waiting, but the request may still arrive: look for its entry, and do not send again."""
        if self._may_repeat():
            return execute(self, ctx)
        found = self._created(ctx)
        if found and not found.entries and not found.doubt:
            hint = "It is not listed yet and may still arrive. Check before you send it again."
            return replace(lost, summary=f"{lost.summary} {hint}")
        return self._judge_entry(ctx, found, lost)

    def _may_repeat(self) -> bool:
        return self.method == "GET" or (self.method == "DELETE" and 404 in self.accepted())

    def _created(self, ctx: Context) -> Listed | None:
        """The entries that the request created. None if the page does not say how. Raises the tools' errors."""
        if self.trace is None:
            return None
        return self.trace.wait_and_find(ctx, self.web, self.headers, self._longest())

    def _judge_entry(self, ctx: Context, found: Listed | None, lost: Outcome | None) -> Outcome | None:
        """Judge the request by its only entry, which may lack fields of the answer. None if there is not just one."""
        entries = found.entries if found else []
        if self.trace and found and not entries:
            why = lost.summary if lost else "The bot was interrupted here."
            hint = f"{why} Whether it was served is not known: {on_web(self.web, self.trace.path)} {found.doubt}."
            return replace(lost, summary=hint) if lost else unknown(hint)
        if len(entries) != 1:
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

        def send(entry: Any = None) -> None:
            one = ctx
            try:
                one = ctx if entry is None else each.context_of(ctx, entry)
                outcome = self._send_once(one)
            except BadValue as error:
                outcome = failed(str(error))
            lines.append(f"{self.method} {fill(self.path, one.values)}: {outcome.summary}")
            bad.extend(lines[-1:] if outcome.state != AttemptState.DONE else ())

        if set(each.values) <= set(ctx.values):
            send()
        wanted = f"entries of {each.path} with {fill(each.condition(), ctx.values)}"
        try:
            found = each.find(ctx, self.web, self.headers)
        except ToolError:
            found = Listed(entries=[], doubt="gave no list")
        for entry in found.entries:
            send(entry)
        if found.doubt:
            lines.append(
                f"{on_web(self.web, each.path)} {found.doubt}: {wanted} may still exist. Check, and delete them."
            )
        if bad or found.doubt:
            return failed((bad or lines)[-1], lines=tuple(lines), measures={"failed": 1.0})
        return done("; ".join(lines) or f"Nothing to {self.method}: there are no {wanted}.", measures={"failed": 0.0})

    def _send_once(self, ctx: Context) -> Outcome:
        request = HttpRequest(
            path=PageText(self.path, ctx.values),
            method=self.method,
            headers=page_texts(self.headers, ctx.values),
            json=page_json(self.json_body, ctx.values, ctx.numbers),
            limit=self._longest(),
        )
        began = time.monotonic()
        try:
            response, waited = request_when_ready(ctx, self.web, request, self._patience(ctx))
        except (Down, LostTrack) as error:
            return self._unanswered(ctx, error, {"seconds": time.monotonic() - began, "failed": 1.0})
        if who := self._stand_in(response):
            why = not_asked(on_web(self.web, fill(self.path, ctx.values)), who)
            return failed(why, measures=_NOT_ASKED, inconclusive=True)
        measures = {"seconds": response.seconds, "status": float(response.status)}
        if response.cut and response.status in self.accepted() and self.needs_whole():
            size = format_bytes(MAX_BODY)
            why = f"The answer is longer than {size}, and only its beginning was read, so it cannot be judged."
            return failed(why, measures={"cut": 1.0}, inconclusive=True)
        if problem := self.answer_problem(response):
            text = masked(response.text, self.expect)
            measures["failed"] = 1.0
            return failed(
                f"{problem}{waited}", lines=(text[:200],) if text else (), output=text[:_OUTPUT], measures=measures
            )
        data = response.json() if self.expect or self.values else None
        how = f"{status_of(response)} in {format_seconds(response.seconds)}{waited}"
        outcome = self._judge(ctx, data, self.expect, measures, how)
        if outcome.state == AttemptState.DONE and (doubt := self.own_doubt(response)):
            asked, why = on_web(self.web, self.path), doubt.partition(":")[0]
            unseen = (*outcome.not_compared, f"whether {asked} did what was asked: its answer {why}")
            outcome = replace(outcome, summary=f"{outcome.summary}, but the answer {doubt}", not_compared=unseen)
        ask = outcome.state == AttemptState.DONE and self.method == "GET"
        return self._at_others(ctx, request, response.others, outcome) if ask else outcome

    def _at_others(self, ctx: Context, request: HttpRequest, others: tuple[str, ...], outcome: Outcome) -> Outcome:
        """The outcome, unless a further address of the place's name answers what is wrong."""

        def problem(answer: HttpResponse) -> str | None:
            if self._stand_in(answer):
                return None
            return self.answer_problem(answer) or next(iter(self._wrong_fields(ctx, answer)), "")

        why, answered = problem_at_others(ctx, self.web, request, others, problem, self._patience(ctx))
        if why:
            return failed(why, measures={**outcome.measures, "failed": 1.0})
        where = at_addresses(answered, len(others))
        return replace(outcome, compared=tuple(f"{what}{where}" for what in outcome.compared))

    def _longest(self) -> float:
        """The seconds that a request may take."""
        return min(self.limit.total_seconds(), _MAX_SECONDS)

    def _patience(self, ctx: Context) -> Patience:
        def is_ready(response: HttpResponse) -> bool:
            if self.ready_within is None:
                return response.status in self.accepted() or not is_starting(response)
            return not (self._stand_in(response) or self.answer_problem(response) or self._wrong_fields(ctx, response))

        waits = self.every is None and ctx.after_change
        return Patience(
            seconds=(self.ready_within or READY_WITHIN).total_seconds() if waits else 0,
            tries=self.tries if self.method == "GET" else 1,
            may_repeat=self._may_repeat(),
            is_ready=is_ready,
        )

    def _stand_in(self, response: HttpResponse) -> str:
        """What answered in the service's place; a page that users get from a cache is right."""
        return stand_in(response, cache_is_right=self.answers == "page", limit_is_right=LIMITED in self.accepted())

    def _wrong_fields(self, ctx: Context, response: HttpResponse) -> list[str]:
        expect = fill_json(self.expect, ctx.values, ctx.numbers)
        return field_errors(response.json(), expect) if expect else []

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
            found = self.trace.wait_and_find(ctx, self.web, self.headers)
        except ToolError as error:
            return f" It is not known whether it created an entry: {error}"
        return delete_only_entry(found, self.trace.path, lambda entry: self._clean_up(ctx, self.values_in(entry)))

    def _judge(self, ctx: Context, data: Any, expect: dict[str, Any], measures: dict[str, float], how: str) -> Outcome:
        """Check the fields of an answer, take `values` from it, and clean up. `how` begins the summary."""
        fields = [kept.field for kept in self.values.values()]
        wanted = {**dict.fromkeys(fields, "<any>"), **fill_json(expect, ctx.values, ctx.numbers)}
        wrong = field_errors(data, wanted)
        wrong += [f"{path} looks like a secret." for path in fields if holds_secret(data, path)]
        measures = measures | {"failed": float(bool(wrong))}
        if wrong:
            output = masked(json.dumps(data), expect)[:_OUTPUT]
            return failed(wrong[0], lines=tuple(wrong), output=output, measures=measures)
        shown = ", ".join(_shown(path, field(masked_json(data), path)) for path in expect)
        summary = how + (f"; {shown}" if shown else "")
        try:
            values = self.values_in(data)
        except BadValue as error:
            left = f" What was created is left behind: {self.clean_up.path} needs this value." if self.clean_up else ""
            return failed(f"{error}{left}", measures=measures | {"failed": 1.0})
        if problem := self._clean_up(ctx, values):
            return failed(f"{summary}, but {problem}", values=values, measures=measures)
        what = shown or (f"answers {measures['status']:.0f}" if "status" in measures else "the entry exists")
        compared = (f"{on_web(self.web, fill(self.path, ctx.values))}: {what}",)
        return done(summary, values=values, measures=measures, compared=compared)

    def _clean_up(self, ctx: Context, values: dict[str, str]) -> str:
        """Delete what was created; returns what is left behind, as the end of a sentence, or an empty text."""
        return self.clean_up.run(ctx, self.web, values, self.headers) if self.clean_up else ""


def _shown(path: str, value: Any) -> str:
    """A field of an answer as people read it. Of one that may be a secret they read only that it is there."""
    return f"{path} is there" if value == HIDDEN else f"{path} = {json_words(value)}"
