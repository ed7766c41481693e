"""The base of kinds that check a pm2 service: its process, its commit and its logs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from commands.ports.page_text import PageText, Text
from commands.ports.shell import CommandResult
from commands.ports.web import HttpRequest
from commands.steps.base import StepBox
from commands.steps.execution import pause
from commands.steps.outcome import Context
from commands.steps.page_fields import VariableText
from commands.steps.shared.pm2_processes import Process, ServiceLogs, processes_in
from commands.steps.shared.readiness import POLL_INTERVAL, is_starting
from commands.steps.shared_fields import Headers, HostName, WebName
from commands.steps.values import fill, page_texts
from commands.systems.http_answers import field as json_field
from commands.systems.http_answers import from_cache
from commands.systems.logs import log_lines
from commands.systems.logs.log_lines import NewLines
from commands.text.durations import format_duration
from commands.text.foreign_json import read_json
from commands.text.page_pattern import PagePattern
from state.errors import ToolError

# Defines the shell function `state`, which prints all names and each process of the service as JSON: pm2 lists one row
# for each instance. The list contains each service's whole environment with its secrets, so only what is judged here
# leaves the host. What crashes before it says that it is ready (wait_ready) stays "online" there, without a process.
STATE = """\
state() { pm2 jlist | NAME="$NAME" node -e '
const fs = require("fs"), crypto = require("crypto"), text = fs.readFileSync(0, "utf8"), now = Date.now();
const all = JSON.parse(text.split("\\n").filter((line) => /^\\[[{\\]]/.test(line)).pop() || "[]");
const mark = (file) => {
  if (!fs.existsSync(file)) return "0:::" + now / 1000;
  const { size, ino } = fs.statSync(file), head = Buffer.alloc(Math.min(size, 65536));
  if (size) fs.readSync(fs.openSync(file), head, 0, head.length, 0);
  return [size, ino, crypto.createHash("sha256").update(head).digest("hex").slice(0, 16), now / 1000].join(":"); };
const own = all.filter((other) => other.name === process.env.NAME).sort((a, b) => a.pm_id - b.pm_id);
console.log(JSON.stringify({ names: [...new Set(all.map((other) => other.name))], processes: own.map((one) => ({
  id: one.pm_id, pid: one.pid || 0, restarts: one.pm2_env.restart_time,
  status: one.pm2_env.status + (one.pm2_env.status === "online" && !one.pid ? " without a process" : ""),
  uptime: (now - (one.pm2_env.pm_uptime || 0)) / 1000,
  out: one.pm2_env.pm_out_log_path, err: one.pm2_env.pm_err_log_path,
  out_from: mark(one.pm2_env.pm_out_log_path), err_from: mark(one.pm2_env.pm_err_log_path),
  without_lines: [one.pm2_env.pm_out_log_path, one.pm2_env.pm_err_log_path].filter(
    (file) => fs.existsSync(file) && !fs.statSync(file).isFile()) })) }));'; }"""
NOW = "printf 'now=%s\\n' \"$(state)\""
ERRORS = f"""\
{log_lines.SHELL_FUNCTIONS}each_log "$OUT" "$OUT_FROM" || true
each_log "$ERR" "$ERR_FROM" || true"""
_FROM_CACHE = "from a cache"
ANSWER_TIMEOUT = 3.0  # seconds in which a service that is ready must serve the commit


@dataclass(frozen=True)
class Health:
    """What the health address answered, as words, and whether a service that still starts answers so."""

    words: str
    starting: bool = False


class Pm2Step(StepBox):
    """A step that checks a pm2 service."""

    # checks a service that an earlier step restarted
    follows_restart: ClassVar[bool] = False

    host: HostName
    name: VariableText = Field(description="The service's name in pm2.", examples=["shop-api"])
    web: WebName
    path: VariableText = Field(
        default="/api/health", description="The path of its health address.", examples=["/health"]
    )
    field: str = Field(
        default="commit",
        description="The field of the health address's JSON answer that names the commit (`a.b` if nested).",
        examples=["version.commit"],
    )
    commit: str = Field(description="The commit that the service must answer.", examples=["<commit>"])
    headers: Headers = Field(default_factory=dict)
    errors: list[str] = Field(
        default_factory=lambda: list(log_lines.DEFAULT_WORDS),
        min_length=1,
        description="Words that make a new line of its logs an error, in upper or lower case.",
        examples=[["error", "fatal", "deadlock"]],
    )
    allow: list[PagePattern] = Field(
        default_factory=list,
        description="Lines that match one of these are no errors.",
        examples=[["ECONNRESET by a client"]],
    )

    def host_env(self) -> dict[str, str]:
        """The environment of the scripts on the host, as texts of the page."""
        return {"NAME": self.name}

    def look(self) -> timedelta:
        """How long it looks whether the service stays up; 0 if another step does that."""
        return timedelta(0)

    def page_warning(self, boxes: Mapping[str, StepBox]) -> str:
        """What dies later than a rollback looks was seen in the deploy only, and would be called rolled back."""
        service = (self.host, self.name)
        others = [box for box in boxes.values() if isinstance(box, Pm2Step) and (box.host, box.name) == service]
        longest = max((box.look() for box in others if not box.undoes), default=timedelta(0))
        if not self.undoes or not self.look() or self.look() >= longest:
            return ""
        return (
            f"this check of {self.name} lasts {format_duration(self.look())}, and that of the deploy "
            f"{format_duration(longest)}; a version that dies in between would be reported as rolled back"
        )

    def plan_of_checks(self) -> list[str]:
        """Plan lines: the commit that must be served, and the log lines that must not appear."""
        return [
            f"GET {self.web}{self.path}, expects {self.field} = {self.commit}",
            *log_lines.plan_lines(self.host, f"both logs of {self.name} from the restart on", self.errors),
        ]

    def processes(self, ctx: Context) -> list[Process]:
        """The service's processes as pm2 lists them now, by their number in pm2; empty if it lists none."""
        return self._processes(
            ctx.tools.shell.ask(self.host, f"{STATE}\n{NOW}", env=page_texts(self.host_env(), ctx.values))
        )

    def processes_and_errors(self, ctx: Context, since: ServiceLogs) -> tuple[list[Process], NewLines]:
        """The service's processes as pm2 lists them now, and the new lines of its logs."""
        env: dict[str, Text] = {**page_texts(self.host_env(), ctx.values), **self._log_env(since)}
        script = f"{ERRORS}\n{STATE}\n{NOW}"
        result = ctx.tools.shell.ask(self.host, script, env=env, keep=log_lines.MAX_OUTPUT)
        return self._processes(result), log_lines.parse_output(result.tail, self.allow)

    def new_errors(self, ctx: Context, since: ServiceLogs) -> NewLines:
        """The new lines of its logs."""
        result = ctx.tools.shell.ask(self.host, ERRORS, env=self._log_env(since), keep=log_lines.MAX_OUTPUT)
        return log_lines.parse_output(result.tail, self.allow)

    def wait_for_commit(
        self, ctx: Context, timeout: float, ready_within: float = 0, died: Callable[[], bool] = lambda: False
    ) -> str:
        """The newest answer of the health address; asked until the commit is served.

        An answer of a service that still starts is waited for `ready_within` seconds in all, unless it `died`; any
        other answer for `timeout` seconds from its first on.
        """
        clock = ctx.tools.clock
        began = wrong_since = clock.monotonic()
        while not self.serves(ctx, (health := self._health(ctx)).words) and not died():
            now = clock.monotonic()
            if health.starting and now - began < ready_within:
                wrong_since = now
            elif now - wrong_since >= timeout or (health.starting and ready_within):
                break
            pause(ctx, POLL_INTERVAL)
        return health.words

    def serves(self, ctx: Context, answer: str) -> bool:
        """Whether an answer of the health address is that of the commit."""
        return answer == self._expected(ctx)

    def problems(self, ctx: Context, answer: str, errors: Sequence[str]) -> list[str]:
        """What is wrong with the answer of the health address and with the logs, one clause each."""
        found = []
        if answer.startswith(_FROM_CACHE):
            found.append(f"{self.web}{self.path} answers {answer[:80]}, so the service itself was not asked")
        elif not self.serves(ctx, answer):
            found.append(f"{self.web}{self.path} answers {answer[:60]} instead of {self._expected(ctx)[:60]}")
        if errors:
            found.append(f"its logs have {log_lines.describe(errors, self.errors)}")
        return found

    def unasked(self, answer: str, problems: Sequence[str]) -> bool:
        """Whether nothing is wrong but that a cache answered, so that nothing is known about the commit."""
        return answer.startswith(_FROM_CACHE) and len(problems) == 1

    def _expected(self, ctx: Context) -> str:
        return f"{self.field} = {fill(self.commit, ctx.values)}"

    def _health(self, ctx: Context) -> Health:
        try:
            path, headers = PageText(self.path, ctx.values), page_texts(self.headers, ctx.values)
            request = HttpRequest(path=path, headers=headers)
            response = ctx.tools.web.request(self.web, request)
            if note := from_cache(response):
                return Health(f"{_FROM_CACHE} ({note})")
            if response.status != 200:
                return Health(f"with status {response.status}", starting=is_starting(response))
            served = json_field(response.json(), self.field)
            return Health(f"{self.field} = {served}", starting=served is None)
        except (ToolError, ValueError) as error:
            return Health(f"nothing usable ({type(error).__name__})", starting=True)

    def _processes(self, result: CommandResult) -> list[Process]:
        line = next((line for line in result.tail.splitlines() if line.startswith("now=")), "now={}")
        return processes_in(read_json(line.removeprefix("now=")))

    def _log_env(self, since: ServiceLogs) -> dict[str, str]:
        logs = {"OUT": since.out, "ERR": since.err, "OUT_FROM": since.out_from, "ERR_FROM": since.err_from}
        return logs | log_lines.script_env(self.errors)


def unread_note(new: NewLines) -> str:
    """The sentence about logs that could not be read; empty if all were."""
    return f" Not all of its logs were checked: {new.unreadable}." if new.unreadable else ""
