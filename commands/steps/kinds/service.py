"""`service`: restarts a pm2 service and judges it over a while: new process, steady restarts, the right commit, no new errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from commands.ports.preflight import PreflightCheck, PreflightResult, blocked, passed
from commands.ports.shell import CommandResult
from commands.steps.base import StepBox
from commands.steps.execution import host_plan, pause, recover_job, run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.shared.pm2 import NOW, STATE, Pm2Box, unsteady
from commands.steps.values import parse_values
from commands.systems.preflight.hosts import HostCheck, ProgramsCheck
from commands.text.durations import Duration, format_duration, parse_duration

_RESTART = """\
printf 'before=%s\\n' "$(state)"
pm2 restart "$NAME" > /dev/null || printf 'restart_failed=%s\\n' "$?"
printf 'after=%s\\n' "$(state)\""""
PATIENCE = 15.0  # seconds in which a restarted service must answer with its commit


class ServiceStep(Pm2Box):
    """ "online" and a healthy answer hold in a crash loop too, for some seconds; so it is looked at again after `steady`.

    `steady_in` names a `steady` step that looks again instead, so that this one ends as soon as the commit answers.
    Log lines count from the restart on.
    """

    kind: ClassVar[str] = "service"
    changes: ClassVar[bool] = True

    steady: Duration = parse_duration("10 s")
    steady_in: str = ""

    def plan(self) -> list[str]:
        again = f"again after {format_duration(self.steady)}: the same new process, online, no more restarts"
        if self.steady_in:
            again = f"the new process is online; whether it stays so is looked at in {self.steady_in}"
        return [
            *host_plan(self.host, f"{STATE}\n{_RESTART}", self.named()),
            f"{again}, up for less than a minute",
            *self.looks(),
        ]

    def outputs(self) -> tuple[str, ...]:
        return ("pid", "log_out", "log_err", "log_offset_out", "log_offset_err", "restarts", "restarted_at")

    def preflight(self) -> list[PreflightCheck]:
        asks = HostCheck(host=self.host, script=f"{STATE}\n{NOW}", judge=self._judge_known, env=(("NAME", self.name),))
        return [ProgramsCheck(host=self.host, names=("pm2", "node")), asks]

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        looks = boxes.get(self.steady_in)
        if not self.steady_in or (isinstance(looks, Pm2Box) and looks.judges_restart and self._is_same(looks)):
            return ""
        return f'steady_in: there is no `steady` step "{self.steady_in}" of {self.name} on {self.host}'

    def run(self, ctx: Context) -> Outcome:
        ended = run_job(self, ctx, self.host, f"{STATE}\n{_RESTART}", self.named())
        words = parse_values(ended.tail)
        if ended.code or "after" not in words:
            return failed(f"pm2 could not be asked (exit {ended.code}).", lines=ended.last_lines)
        before, after = json.loads(words["before"]), json.loads(words["after"])
        if not before.get("service"):
            return failed(self._missing(before["names"]))
        if not after.get("service") or "restart_failed" in words:
            return failed(f"pm2 restart {self.name} failed.", lines=ended.last_lines)
        return self._judge(ctx, before["service"], after["service"])

    def recover(self, ctx: Context) -> Outcome | None:
        return recover_job(self, ctx, self.host)

    def _judge(self, ctx: Context, before: dict[str, Any], after: dict[str, Any]) -> Outcome:
        if self.steady_in:
            asked_at = ctx.tools.clock.monotonic()
            answered = self.answered(ctx, PATIENCE)
            now, errors = after, self.new_errors(ctx, before)
        else:
            pause(ctx, self.steady.total_seconds())
            answered = self.answered(ctx, PATIENCE - self.steady.total_seconds())
            now, errors = self.now_and_errors(ctx, before)
            asked_at = ctx.tools.clock.monotonic()
        wrong = [*_not_new(before, after, now), *unsteady(after, now), *self.wrong(ctx, answered, errors)]
        lines = (
            f"pid {before['pid']} → {now.get('pid')}, {now.get('status')}, restarts {now.get('restarts')}",
            f"{self.field} {answered[:40]}",
            *errors[:8],
        )
        if wrong:
            return failed(f"{self.name} did not come up well: {'; '.join(wrong)}.", lines=lines)
        up = now["uptime"] + ctx.tools.clock.monotonic() - asked_at
        values = {
            "pid": str(now["pid"]),
            "log_out": before["out"],
            "log_err": before["err"],
            "log_offset_out": before["out_from"],
            "log_offset_err": before["err_from"],
            "restarts": str(now["restarts"]),
        }
        # by the bot's own clock, of which the host's may differ
        restarted = (ctx.tools.clock.now() - timedelta(seconds=up)).isoformat()
        steady = "" if self.steady_in else f", steady for {format_duration(self.steady)}"
        summary = f"{self.name} is online with a new process{steady}, at commit {answered[:10]}."
        return done(summary, lines=lines, values=values, timestamps={"restarted_at": restarted})

    def _judge_known(self, ended: CommandResult) -> list[PreflightResult]:
        try:
            now = json.loads(parse_values(ended.tail)["now"])
        except (KeyError, ValueError):
            return blocked("pm2 cannot be asked there", "run pm2 jlist there as this user")
        if not now.get("service"):
            return blocked(
                self._missing(now["names"]).rstrip("."), "mend the name, or log in as the user whose pm2 runs it"
            )
        return passed(f"pm2 runs {self.name} ({now['service']['status']})")

    def _is_same(self, other: Pm2Box) -> bool:
        return all(getattr(other, one) == getattr(self, one) for one in ("host", "name", "commit", "undoes"))

    def _missing(self, names: list[str]) -> str:
        if not names:
            return f"pm2 of this user runs nothing on {self.host}: {self.name} belongs to another user's pm2."
        return f"pm2 on {self.host} knows no service {self.name}; it has {', '.join(sorted(names))}."


def _not_new(before: dict[str, Any], after: dict[str, Any], now: dict[str, Any]) -> list[str]:
    found = []
    if now.get("pid") in {before["pid"], 0}:
        found.append("its process is not a new one")
    if after["uptime"] > 60:
        found.append(f"it was already up for {format_duration(after['uptime'])} right after the restart")
    return found
