"""`service`: restarts a pm2 service, and checks that it runs the commit without errors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from commands.ports.preflight import PreflightCheck, PreflightResult, blocked, passed
from commands.ports.shell import CommandResult
from commands.steps.base import StepBox
from commands.steps.execution import host_plan, pause, recover_job, run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.shared.pm2 import NOW, STATE, Pm2Step, process_problems
from commands.steps.value_types import ValueType
from commands.steps.values import fill, parse_values
from commands.systems.preflight.hosts import HostCheck, ProgramsCheck
from commands.text.durations import Duration, format_duration, parse_duration
from commands.text.foreign_json import read_json

_RESTART = """\
printf 'before=%s\\n' "$(state)"
pm2 restart "$NAME" > /dev/null || printf 'restart_failed=%s\\n' "$?"
printf 'after=%s\\n' "$(state)\""""
START_TIMEOUT = 15.0  # seconds in which a restarted service must serve the commit
_LONG_UPTIME = 60  # seconds; a process with more was not started by this restart
_ERROR_LINES = 8  # that the thread shows


class ServiceStep(Pm2Step):
    """Restarts the service, and checks it again after `steady`.

    A single check is not enough, because in a crash loop too the service is "online" and healthy for some seconds.
    `steady_in` names a `steady` step that makes the second check, so that this step ends as soon as the commit is
    served. Log lines count from the restart on.
    """

    kind: ClassVar[str] = "service"
    changes_production: ClassVar[bool] = True

    steady: Duration = parse_duration("10 s")
    steady_in: str = ""

    def plan(self) -> list[str]:
        again = f"again after {format_duration(self.steady)}: the same new process, online, no more restarts"
        if self.steady_in:
            again = f"the new process is online ({self.steady_in} checks whether it stays online)"
        return [
            *host_plan(self.host, f"{STATE}\n{_RESTART}", self.host_env()),
            f"{again}, up for less than a minute",
            *self.plan_of_checks(),
        ]

    def value_types(self) -> Mapping[str, ValueType]:
        return {
            "pid": ValueType.INTEGER,
            "log_out": ValueType.PATH,
            "log_err": ValueType.PATH,
            "log_offset_out": ValueType.WORD,
            "log_offset_err": ValueType.WORD,
            "restarts": ValueType.INTEGER,
            "restarted_at": ValueType.WORD,
        }

    def preflight(self) -> list[PreflightCheck]:
        env = tuple(self.host_env().items())
        check = HostCheck(host=self.host, script=f"{STATE}\n{NOW}", judge=self._judge_preflight, env=env)
        return [ProgramsCheck(host=self.host, names=("pm2", "node")), check]

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        other = boxes.get(self.steady_in)
        if not self.steady_in or (isinstance(other, Pm2Step) and other.follows_restart and self._is_same(other)):
            return ""
        return f'steady_in: the page has no `steady` step "{self.steady_in}" for {self.name} on {self.host}'

    def run(self, ctx: Context) -> Outcome:
        result = run_job(self, ctx, self.host, f"{STATE}\n{_RESTART}", self.host_env())
        values = parse_values(result.tail)
        if result.code or "after" not in values:
            return failed(f"pm2 did not answer (exit code {result.code}).", lines=result.last_lines)
        before, after = read_json(values["before"]), read_json(values["after"])
        if not before.get("service"):
            return failed(self._missing(before["names"]))
        if not after.get("service") or "restart_failed" in values:
            return failed(f"`pm2 restart {self.name}` failed.", lines=result.last_lines)
        return self._judge(ctx, before["service"], after["service"])

    def recover(self, ctx: Context) -> Outcome | None:
        return recover_job(self, ctx, self.host)

    def _judge(self, ctx: Context, before: dict[str, Any], after: dict[str, Any]) -> Outcome:
        if self.steady_in:
            checked_at = ctx.tools.clock.monotonic()
            answer = self.wait_for_commit(ctx, START_TIMEOUT)
            now, errors = after, self.new_errors(ctx, before)
        else:
            pause(ctx, self.steady.total_seconds())
            answer = self.wait_for_commit(ctx, START_TIMEOUT - self.steady.total_seconds())
            now, errors = self.service_state_and_errors(ctx, before)
            checked_at = ctx.tools.clock.monotonic()
        problems = [
            *_not_restarted(before, after, now),
            *process_problems(after, now),
            *self.problems(ctx, answer, errors),
        ]
        lines = (
            f"pid {before['pid']} → {now.get('pid')}, {now.get('status')}, restarts {now.get('restarts')}",
            f"{self.path} answers {answer[:60]}",
            *errors[:_ERROR_LINES],
        )
        if problems:
            return failed(f"{self.name} did not start properly: {'; '.join(problems)}.", lines=lines)
        # by the bot's own clock, because the host's clock may differ
        uptime = timedelta(seconds=now["uptime"] + ctx.tools.clock.monotonic() - checked_at)
        restarted_at = (ctx.tools.clock.now() - uptime).isoformat()
        steady = "" if self.steady_in else f", stable for {format_duration(self.steady)}"
        commit = fill(self.commit, ctx.values)[:10]
        summary = f"{self.name} is online with a new process at commit {commit}{steady}."
        return done(
            summary,
            lines=lines,
            values=_values(before, now),
            timestamps={"restarted_at": restarted_at},
            compared=(f"{self.name} answers with {commit}",),
        )

    def _judge_preflight(self, result: CommandResult) -> list[PreflightResult]:
        try:
            now = read_json(parse_values(result.tail)["now"])
        except (KeyError, ValueError):
            return blocked("pm2 does not answer there", "run pm2 jlist there as this user")
        if not now.get("service"):
            return blocked(
                self._missing(now["names"]).rstrip("."),
                "start it with pm2, fix the name, or log in as the user whose pm2 runs it",
            )
        return passed(f"pm2 runs {self.name} ({now['service']['status']})")

    def _is_same(self, other: Pm2Step) -> bool:
        return all(getattr(other, name) == getattr(self, name) for name in ("host", "name", "commit", "undoes"))

    def _missing(self, names: list[str]) -> str:
        if not names:
            return (
                f"pm2 of this user lists no service on host “{self.host}”: perhaps pm2 was not running "
                f"(`pm2 resurrect` brings back what was saved), or another user's pm2 runs {self.name}."
            )
        return f"pm2 on host “{self.host}” has no service {self.name}; it has {', '.join(sorted(names))}."


def _values(before: dict[str, Any], now: dict[str, Any]) -> dict[str, str]:
    """The values for later steps: the new process, and where its logs stood before the restart."""
    return {
        "pid": str(now["pid"]),
        "log_out": before["out"],
        "log_err": before["err"],
        "log_offset_out": before["out_from"],
        "log_offset_err": before["err_from"],
        "restarts": str(now["restarts"]),
    }


def _not_restarted(before: dict[str, Any], after: dict[str, Any], now: dict[str, Any]) -> list[str]:
    problems = []
    if now.get("pid") in {before["pid"], 0}:
        problems.append("its process is not new")
    if after["uptime"] > _LONG_UPTIME:
        problems.append(f"right after the restart it was already up for {format_duration(after['uptime'])}")
    return problems
