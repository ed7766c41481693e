"""`service`: restarts a pm2 service and judges it over a while: new process, steady restarts, the right commit, no new errors."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from pydantic import Field

from commands.checks import Check, Found, OnHost, Programs, bad, good
from commands.durations import Duration, parse, say
from commands.outcome import Context, Outcome, done, failed
from commands.steps.base import StepBox, fill, look_at_job, on_host, pause, run_job, told
from commands.tools import Call, Finished
from state.errors import ToolError

# pm2's own list holds each service's whole environment, with its secrets: only what is judged here leaves the host
_STATE = """\
state() { pm2 jlist | NAME="$NAME" node -e '
const fs = require("fs"), text = fs.readFileSync(0, "utf8"), now = Date.now();
const all = JSON.parse(text.split("\\n").filter((line) => /^\\[[{\\]]/.test(line)).pop() || "[]");
const size = (file) => (fs.existsSync(file) ? fs.statSync(file).size : 0);
const one = all.find((other) => other.name === process.env.NAME);
console.log(JSON.stringify({ names: all.map((other) => other.name), service: one && {
  pid: one.pid, status: one.pm2_env.status, restarts: one.pm2_env.restart_time,
  uptime: (now - one.pm2_env.pm_uptime) / 1000, out: one.pm2_env.pm_out_log_path, err: one.pm2_env.pm_err_log_path,
  out_size: size(one.pm2_env.pm_out_log_path), err_size: size(one.pm2_env.pm_err_log_path) } }));'; }"""
_RESTART = """\
printf 'before=%s\\n' "$(state)"
pm2 restart "$NAME" > /dev/null || printf 'restart_failed=%s\\n' "$?"
printf 'after=%s\\n' "$(state)\""""
_NOW = "printf 'now=%s\\n' \"$(state)\""
_ERRORS = """\
tail -c "+$((OUT_FROM + 1))" "$OUT" | grep -E -- "$BAD" | tail -n 200 || true
tail -c "+$((ERR_FROM + 1))" "$ERR" | grep -E -- "$BAD" | tail -n 200 || true"""


class Service(StepBox):
    """ "online" and a healthy answer hold in a crash loop too, for some seconds; so it is looked at again after `steady`.

    `path` of `web` must answer `commit` in its JSON field `field`. Log lines count from the restart on, when they hold a
    word of `errors` and match no regular expression of `allow`.
    """

    kind: ClassVar[str] = "service"
    changes: ClassVar[bool] = True

    host: str
    name: str
    web: str
    path: str = "/api/health"
    field: str = "commit"
    commit: str
    headers: dict[str, str] = Field(default_factory=dict)
    steady: Duration = parse("10 s")
    errors: list[str] = Field(default_factory=lambda: ["ERROR", "FATAL"])
    allow: list[str] = Field(default_factory=list)

    def plan(self) -> list[str]:
        words = [
            f"again after {say(self.steady)}: the same new process, online, no more restarts, up for less than a minute",
            f"GET {self.web}{self.path}, expects {self.field} = {self.commit}",
        ]
        return [
            *on_host(self.host, f"{_STATE}\n{_RESTART}", self._env()),
            *words,
            *on_host(self.host, _ERRORS, {"BAD": "|".join(self.errors)}),
        ]

    def gives(self) -> tuple[str, ...]:
        return ("log_out", "log_err", "log_offset_out", "log_offset_err", "restarts")

    def checks(self) -> list[Check]:
        asks = OnHost(host=self.host, script=f"{_STATE}\n{_NOW}", judge=self._judge_known, env=(("NAME", self.name),))
        return [Programs(host=self.host, names=("pm2", "node")), asks]

    def run(self, ctx: Context) -> Outcome:
        ended = run_job(self, ctx, self.host, f"{_STATE}\n{_RESTART}", self._env())
        words = told(ended.tail)
        if ended.code or "after" not in words:
            return failed(f"pm2 could not be asked (exit {ended.code}).", lines=ended.last_lines)
        before, after = json.loads(words["before"]), json.loads(words["after"])
        if not before.get("service"):
            return failed(self._missing(before["names"]))
        if not after.get("service") or "restart_failed" in words:
            return failed(f"pm2 restart {self.name} failed.", lines=ended.last_lines)
        pause(ctx, self.steady.total_seconds())
        return self._judge(ctx, before["service"], after["service"])

    def look(self, ctx: Context) -> Outcome | None:
        return look_at_job(self, ctx, self.host)

    def _judge(self, ctx: Context, before: dict[str, Any], after: dict[str, Any]) -> Outcome:
        asked = ctx.tools.shell.ask(self.host, f"{_STATE}\n{_NOW}", env=self._env())
        now = json.loads(told(asked.tail)["now"]).get("service") or {}
        answered = self._answered(ctx)
        errors = self._new_errors(ctx, before)
        wrong = _unsteady(before, after, now)
        if answered != fill(self.commit, ctx.values):
            wrong.append(f"{self.web}{self.path} answers {self.field} {answered[:40]} instead of the commit deployed")
        if errors:
            wrong.append(f"its logs have {len(errors)} new lines with {' or '.join(self.errors)}")
        lines = (
            f"pid {before['pid']} → {now.get('pid')}, {now.get('status')}, restarts {now.get('restarts')}",
            f"{self.field} {answered[:40]}",
            *errors[:8],
        )
        if wrong:
            return failed(f"{self.name} did not come up well: {'; '.join(wrong)}.", lines=lines)
        values = {
            "log_out": before["out"],
            "log_err": before["err"],
            "log_offset_out": str(before["out_size"]),
            "log_offset_err": str(before["err_size"]),
            "restarts": str(now["restarts"]),
        }
        says = f"{self.name} is online with a new process, steady for {say(self.steady)}, at commit {answered[:10]}."
        return done(says, lines=lines, values=values)

    def _judge_known(self, ended: Finished) -> list[Found]:
        try:
            now = json.loads(told(ended.tail)["now"])
        except (KeyError, ValueError):
            return bad("pm2 cannot be asked there", "run pm2 jlist there as this user")
        if not now.get("service"):
            return bad(
                self._missing(now["names"]).rstrip("."), "mend the name, or log in as the user whose pm2 runs it"
            )
        return good(f"pm2 runs {self.name} ({now['service']['status']})")

    def _env(self) -> dict[str, str]:
        return {"NAME": self.name}

    def _missing(self, names: list[str]) -> str:
        if not names:
            return f"pm2 of this user runs nothing on {self.host}: {self.name} belongs to another user's pm2."
        return f"pm2 on {self.host} knows no service {self.name}; it has {', '.join(sorted(names))}."

    def _answered(self, ctx: Context) -> str:
        """What the health address says, after a few tries while the service opens its port."""
        said = "nothing"
        for _ in range(5):
            try:
                answer = ctx.tools.web.request(self.web, Call(path=self.path, headers=self.headers))
                said = str(answer.json().get(self.field)) if answer.status == 200 else f"status {answer.status}"
            except (ToolError, ValueError, AttributeError) as error:
                said = f"nothing ({type(error).__name__})"
            if said == fill(self.commit, ctx.values):
                break
            pause(ctx, 1)
        return said

    def _new_errors(self, ctx: Context, before: dict[str, Any]) -> list[str]:
        env = {
            "OUT": before["out"],
            "ERR": before["err"],
            "OUT_FROM": str(before["out_size"]),
            "ERR_FROM": str(before["err_size"]),
            "BAD": "|".join(re.escape(word) for word in self.errors),
        }
        lines = ctx.tools.shell.ask(self.host, _ERRORS, env=env).tail.splitlines()
        return [line[:200] for line in lines if not any(re.search(pattern, line) for pattern in self.allow)]


def _unsteady(before: dict[str, Any], after: dict[str, Any], now: dict[str, Any]) -> list[str]:
    wrong = []
    if now.get("status") != "online":
        wrong.append(f"pm2 says {now.get('status', 'that it is gone')}")
    if now.get("pid") in {before["pid"], 0}:
        wrong.append("its process is not a new one")
    if now.get("restarts") != after["restarts"] or now.get("pid") != after["pid"]:
        wrong.append(f"it restarted by itself ({after['restarts']} → {now.get('restarts')} restarts)")
    if after["uptime"] > 60:
        wrong.append(f"it was already up for {say(after['uptime'])} right after the restart")
    return wrong
