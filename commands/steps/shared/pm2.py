"""What the kinds that look at a pm2 service share: their fields, what is asked on the host, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from commands.ports.shell import CommandResult
from commands.ports.web import HttpRequest
from commands.steps.base import StepBox
from commands.steps.execution import pause
from commands.steps.outcome import Context
from commands.steps.values import fill
from commands.systems.logs import log_lines
from state.errors import ToolError

# pm2's own list holds each service's whole environment, with its secrets: only what is judged here leaves the host
STATE = """\
state() { pm2 jlist | NAME="$NAME" node -e '
const fs = require("fs"), crypto = require("crypto"), text = fs.readFileSync(0, "utf8"), now = Date.now();
const all = JSON.parse(text.split("\\n").filter((line) => /^\\[[{\\]]/.test(line)).pop() || "[]");
const mark = (file) => {
  if (!fs.existsSync(file)) return "0:::" + now / 1000;
  const { size, ino } = fs.statSync(file), head = Buffer.alloc(Math.min(size, 65536));
  if (size) fs.readSync(fs.openSync(file), head, 0, head.length, 0);
  return [size, ino, crypto.createHash("sha256").update(head).digest("hex").slice(0, 16), now / 1000].join(":"); };
const one = all.find((other) => other.name === process.env.NAME);
console.log(JSON.stringify({ names: all.map((other) => other.name), service: one && {
  pid: one.pid, status: one.pm2_env.status, restarts: one.pm2_env.restart_time,
  uptime: (now - one.pm2_env.pm_uptime) / 1000, out: one.pm2_env.pm_out_log_path, err: one.pm2_env.pm_err_log_path,
  out_from: mark(one.pm2_env.pm_out_log_path), err_from: mark(one.pm2_env.pm_err_log_path) } }));'; }"""
NOW = "printf 'now=%s\\n' \"$(state)\""
ERRORS = f"""\
{log_lines.SHELL_FUNCTIONS}new_lines "$OUT" "$OUT_FROM" || true
new_lines "$ERR" "$ERR_FROM" || true"""
APART = 0.1  # seconds between two looks at a service that opens its port


class Pm2Box(StepBox):
    """`path` of `web` must answer `commit` in its JSON field `field`. Log lines count that hold a word of `errors`, in any
    case, and match no regular expression of `allow`.
    """

    # whether it judges a service that another step restarted
    judges_restart: ClassVar[bool] = False

    host: str
    name: str
    web: str
    path: str = "/api/health"
    field: str = "commit"
    commit: str
    headers: dict[str, str] = Field(default_factory=dict)
    errors: list[str] = Field(default_factory=lambda: list(log_lines.DEFAULT_WORDS), min_length=1)
    allow: list[str] = Field(default_factory=list)

    def named(self) -> dict[str, str]:
        """The environment of what is asked on the host."""
        return {"NAME": self.name}

    def looks(self) -> list[str]:
        """As plan lines: what must answer, and which log lines must not be there."""
        return [
            f"GET {self.web}{self.path}, expects {self.field} = {self.commit}",
            *log_lines.plan_lines(self.host, f"both logs of {self.name} from the restart on", self.errors),
        ]

    def now(self, ctx: Context) -> dict[str, Any]:
        """What pm2 knows of the service now; nothing where it knows no such service."""
        return self._service(ctx.tools.shell.ask(self.host, f"{STATE}\n{NOW}", env=self.named()))

    def now_and_errors(self, ctx: Context, since: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """What pm2 knows of the service now, and the bad lines of its logs from the offsets in `since` on."""
        asked = ctx.tools.shell.ask(self.host, f"{STATE}\n{NOW}\n{ERRORS}", env=self.named() | self._since(since))
        return self._service(asked), self._bad(asked)

    def new_errors(self, ctx: Context, since: Mapping[str, Any]) -> list[str]:
        """The bad lines of its logs from the offsets in `since` on."""
        return self._bad(ctx.tools.shell.ask(self.host, ERRORS, env=self._since(since)))

    def answered(self, ctx: Context, patience: float) -> str:
        """What the health address says, asked until it is the commit or `patience` seconds are over."""
        wanted, until = fill(self.commit, ctx.values), ctx.tools.clock.monotonic() + patience
        while (said := self._ask(ctx)) != wanted and ctx.tools.clock.monotonic() < until:
            pause(ctx, APART)
        return said

    def _ask(self, ctx: Context) -> str:
        try:
            answer = ctx.tools.web.request(self.web, HttpRequest(path=self.path, headers=self.headers))
            return str(answer.json().get(self.field)) if answer.status == 200 else f"status {answer.status}"
        except (ToolError, ValueError, AttributeError) as error:
            return f"nothing ({type(error).__name__})"

    def wrong(self, ctx: Context, answered: str, errors: list[str]) -> list[str]:
        """What is wrong with what it answers and with what its logs say."""
        found = []
        if answered != fill(self.commit, ctx.values):
            found.append(f"{self.web}{self.path} answers {self.field} {answered[:40]} instead of the commit deployed")
        if errors:
            found.append(f"its logs have {log_lines.format_count(errors, self.errors)}")
        return found

    def _service(self, asked: CommandResult) -> dict[str, Any]:
        told = next((line for line in asked.tail.splitlines() if line.startswith("now=")), "now={}")
        return dict(json.loads(told.removeprefix("now=")).get("service") or {})

    def _bad(self, asked: CommandResult) -> list[str]:
        return list(log_lines.parse_output(asked.tail, self.allow).lines)

    def _since(self, since: Mapping[str, Any]) -> dict[str, str]:
        return {
            "OUT": str(since["out"]),
            "ERR": str(since["err"]),
            "OUT_FROM": str(since["out_from"]),
            "ERR_FROM": str(since["err_from"]),
            **log_lines.script_env(self.errors),
        }


def unsteady(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What is wrong with a service that should still be the process that it was `then`."""
    found = []
    if now.get("status") != "online":
        found.append(f"pm2 says {now.get('status', 'that it is gone')}")
    if now.get("restarts") != then["restarts"] or now.get("pid") != then["pid"]:
        found.append(f"it restarted by itself ({then['restarts']} → {now.get('restarts')} restarts)")
    return found
