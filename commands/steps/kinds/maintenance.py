"""`maintenance`: turns maintenance on or off, and checks from outside that it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from commands.ports.page_text import PageText
from commands.ports.preflight import PreflightCheck
from commands.ports.web import HttpRequest, HttpResponse
from commands.steps.base import StepBox, Strict, execute, page_value_types
from commands.steps.execution import pause, run_job
from commands.steps.outcome import Context, Outcome, done, failed, unknown
from commands.steps.page_fields import ShellText, WebPath
from commands.steps.plan_line import commands_plan
from commands.steps.shared.readiness import READY_WITHIN, is_starting
from commands.steps.shared.script_env import ScriptEnv
from commands.steps.shared_fields import HostName
from commands.steps.shell_text import fill_shell, shell_error
from commands.steps.unset_variables import unset_error
from commands.steps.value_types import ValueType
from commands.steps.values import has_placeholder
from commands.systems.http_answers import LIMITED, stand_in, status_of
from commands.systems.kept_pages import kept_after
from commands.systems.preflight.hosts import ProgramsCheck, programs_in
from commands.systems.preflight.script_files import scripts_check
from commands.text.durations import Duration
from commands.text.exit_codes import exit_words
from commands.text.phrases import on_web
from commands.text.word_start import word_start
from state.errors import Down, ToolError, Unreachable

_NOT_KEPT = "let it be a 503 with Cache-Control: no-store"
_TRIES = 5  # requests from outside, one second apart


class Mark(Strict):
    """What only the maintenance page has: a `header`, or a text in its `body`."""

    header: str = Field(default="", description="The header that the answer has.", examples=["X-Maintenance"])
    value: str = Field(default="", description="The value of that header. Without it, any value.", examples=["on"])
    body: str = Field(
        default="",
        description="A text in the answer's body, at the beginning or the end of a word, instead of a header.",
        examples=["back soon"],
    )

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if bool(self.header) == bool(self.body) or (self.value and not self.header):
            raise ValueError('names either a header (with its value, if it has one), or a text of the body: "body"')
        return self

    def is_in(self, response: HttpResponse) -> bool:
        """Whether an answer is the maintenance page's."""
        if self.body:
            text = re.escape(self.body)
            return re.search(f"{word_start(self.body)}{text}|{text}(?![A-Za-z0-9])", response.text) is not None
        found = [value for name, value in response.headers.items() if name.lower() == self.header.lower()]
        return self.value in found if self.value else bool(found)

    def words(self) -> str:
        """What it is, as words."""
        return f"the text “{self.body}”" if self.body else f"the header {self.header}{self.value and f': {self.value}'}"


class _Seen(NamedTuple):
    """What was seen from outside: a clause, whether it is right, and whether a service that still starts is behind.

    `nothing`: the site itself was not seen, because something else answered, or the bot's network does not reach it.
    `kept`: that browsers keep this answer for long, as a clause, or empty.
    """

    words: str
    right: bool = False
    starting: bool = False
    nothing: bool = False
    kept: str = ""


class MaintenanceStep(StepBox):
    """Turns maintenance on or off by a command, and asks from outside whether it is.

    When maintenance is off, the value `let_in_at` is the moment from which requests were let in.
    """

    kind: ClassVar[str] = "maintenance"
    proves: ClassVar[str] = "users are shut out, or are served again, as the web site itself answers"
    changes_production: ClassVar[bool] = True
    takes_any_text: ClassVar[bool] = True

    host: HostName
    state: Literal["on", "off"] = Field(description="Whether the command turns maintenance on or off.")
    command: ShellText = Field(
        description="The command that does it. It must be safe to run twice.", examples=['touch "$flag"']
    )
    env: ScriptEnv = Field(default_factory=dict)
    web: str = Field(
        default="",
        description=(
            "The web site that is asked from outside whether it worked, by its name under `[webs]` in "
            "Places. Without it, nothing is checked."
        ),
        examples=["app"],
    )
    path: WebPath = Field(default="/", description="The path that is asked.", examples=["/login"])
    status: int | None = Field(
        default=None,
        description="The status that must answer. Without it, 503 while maintenance is on, and 200 while it is off.",
        examples=[302],
        json_schema_extra={"unit": "HTTP status"},
    )
    mark: Mark | None = Field(
        default=None,
        description=(
            "What only the maintenance page has. Needed where the service itself may answer with that status."
        ),
        examples=[{"header": "X-Maintenance"}],
    )
    ready_within: Duration = Field(
        default=READY_WITHIN,
        description=(
            'With `state = "off"`: how long a service that still starts is waited for. With `state = "on"`: how long '
            "a proxy may still let requests in; without it, 5 seconds."
        ),
        examples=["2 min"],
    )

    def leaves_change(self) -> bool:
        return self.state == "on"

    def changed_thing(self) -> tuple[str, ...]:
        return (self.host, self.web) if self.state == "on" else ()

    def restored_thing(self) -> tuple[str, ...]:
        return (self.host, self.web) if self.state == "off" else ()

    def plan(self) -> list[str]:
        mark = f", {'with' if self.state == 'on' else 'without'} {self.mark.words()}" if self.mark else ""
        check = (
            [f"GET {on_web(self.web, self.path)}, expects status {self._expected_status()}{mark}"] if self.web else []
        )
        return commands_plan(self.host, self.command, self.env) + check

    def preflight(self) -> list[PreflightCheck]:
        names = programs_in([self.command])
        checks: list[PreflightCheck] = [ProgramsCheck(host=self.host, names=names)] if names else []
        env = {name: value for name, value in self.env.items() if not has_placeholder(value)}
        return [*checks, *scripts_check(self.host, "", [self.command], env)]

    def stops_requests(self) -> bool:
        return self.state == "on"

    def lets_requests_in(self) -> bool:
        return self.state == "off"

    def value_types(self) -> Mapping[str, ValueType]:
        return {"let_in_at": ValueType.WORD} if self.state == "off" else {}

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        why = shell_error([self.command], page_value_types(boxes)) or unset_error([self.command], self.env)
        return f"command: {why}" if why else ""

    def page_warning(self, boxes: Mapping[str, StepBox]) -> str:
        if self.state == "off" or not self.web or not 200 <= self._expected_status() < 300:
            return ""
        return (
            f"status: programs take {self.status} for success, so a webhook or a job that comes during maintenance is "
            "lost without a word; let maintenance answer 503"
        )

    def run(self, ctx: Context) -> Outcome:
        result = run_job(self, ctx, self.host, fill_shell(self.command, ctx.values), self.env)
        if result.code:
            return failed(f"The command failed with {exit_words(result.code)}.", lines=result.last_lines)
        if not self.web:
            return self._done(ctx, f"Maintenance is {self.state}. This was not checked, because the box has no `web`.")
        seen = self._wait_until_right(ctx)
        if seen.right:
            kept = f" But {seen.kept}, also when it is off: {_NOT_KEPT}." if seen.kept and self.state == "on" else ""
            return self._done(ctx, f"Maintenance is {self.state}: {seen.words}.{kept}", seen.words)
        return failed(f"Maintenance should be {self.state}, but {seen.words}.", inconclusive=seen.nothing)

    def recover(self, ctx: Context) -> Outcome | None:
        """If the command left no exit code, the check from outside decides."""
        if ctx.tools.shell.job_status(self.host, ctx.key).state != "dead":
            return execute(self, ctx)
        if not self.web:
            return unknown("Maintenance cannot be checked, because the box has no `web`. Check it before you decide.")
        if (seen := self._look(ctx)).right:
            return self._done(ctx, f"Maintenance is {self.state}: {seen.words}.", seen.words)
        gone = f"The command is no longer running on host “{self.host}”, and {seen.words}."
        return unknown(f"{gone} Check maintenance before you decide.")

    def _done(self, ctx: Context, summary: str, answer: str = "") -> Outcome:
        timestamps = dict.fromkeys(self.outputs(), ctx.tools.clock.now().isoformat())
        compared = "requests were stopped" if self.state == "on" else f"requests are let in ({answer})"
        return done(summary, timestamps=timestamps, compared=(compared,) if answer else ())

    def _expected_status(self) -> int:
        return self.status or (503 if self.state == "on" else 200)

    def _wait_until_right(self, ctx: Context) -> _Seen:
        """The newest answer: asked a few times, and longer while the service still starts, or as the page says."""
        clock = ctx.tools.clock
        waits = self.state == "off" or "ready_within" in self.model_fields_set
        within = self.ready_within.total_seconds() if waits else 0
        began, tries = clock.monotonic(), 1
        while not (seen := self._look(ctx)).right:
            late = clock.monotonic() - began >= within
            if tries >= _TRIES and (late or (self.state == "off" and not seen.starting)):
                break
            tries += 1
            pause(ctx, 1)
        return seen

    def _look(self, ctx: Context) -> _Seen:
        """What `path` of `web` answers now."""
        address = on_web(self.web, self.path)
        try:
            answer = ctx.tools.web.request(self.web, HttpRequest(path=PageText(self.path, ctx.values)))
        except ToolError as error:
            not_here = isinstance(error, Unreachable) and not isinstance(error, Down)
            starts = not (isinstance(error, Down) and error.lasting)
            return _Seen(f"{address} gives no answer: {str(error).rstrip('.')}", starting=starts, nothing=not_here)
        if who := stand_in(answer, limit_is_right=self._expected_status() == LIMITED):
            return _Seen(f"{address} is answered by {who}", starting=is_starting(answer), nothing=True)
        marked = self.mark is not None and self.mark.is_in(answer)
        right = answer.status == self._expected_status() and (not self.mark or marked == (self.state == "on"))
        with_mark = f" {'with' if marked else 'without'} {self.mark.words()}" if self.mark else ""
        words, starting = f"{address} answers {status_of(answer)}{with_mark}", is_starting(answer) and not marked
        return _Seen(words, right, starting, kept=kept_after(answer))
