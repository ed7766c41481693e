"""`service`: restarts a pm2 service, and checks that it runs the commit without errors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from commands.ports.preflight import PreflightCheck, PreflightResult, blocked, passed, warned
from commands.ports.shell import CommandResult
from commands.steps.base import StepBox
from commands.steps.execution import host_plan, pause, recover_job, run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.shared.pm2 import ANSWER_TIMEOUT, NOW, STATE, Pm2Step, unread_note
from commands.steps.shared.pm2_processes import (
    Process,
    ServiceLogs,
    described,
    identities,
    joined_list,
    process_problems,
    processes_in,
)
from commands.steps.shared.readiness import READY_WITHIN, Lookout
from commands.steps.value_types import ValueType, fits
from commands.steps.values import fill, parse_values
from commands.systems.logs.log_lines import NewLines
from commands.systems.preflight.hosts import HostCheck, ProgramsCheck
from commands.text.durations import Duration, format_duration, format_seconds, parse_duration
from commands.text.foreign_json import read_json

_RESTART = """\
printf 'before=%s\\n' "$(state)"
pm2 restart "$NAME" > /dev/null || printf 'restart_failed=%s\\n' "$?"
printf 'after=%s\\n' "$(state)\""""
WRONG_FOR = 15.0  # seconds for which another answer than that of a service that starts may be the one before
_LONG_UPTIME = 60  # seconds; a process with more was not started by this restart
_ERROR_LINES = 8  # that the thread shows


class ServiceStep(Pm2Step):
    """Restarts a pm2 service, and checks each of its processes over a while.

    One check is not enough: in a crash loop too a service is online and healthy for some seconds. While the service
    starts (nothing answers, a proxy answers 502, 503 or 504, no commit yet) it is waited for. A process that dies or
    logs an error ends the wait at once; an answer with another commit fails after 15 s.
    """

    kind: ClassVar[str] = "service"
    proves: ClassVar[str] = (
        "new processes run steadily, the health address answers the commit, and the logs have no new error"
    )
    changes_production: ClassVar[bool] = True

    steady: Duration = Field(
        default=parse_duration("10 s"),
        description="How long after it is ready the service is checked again.",
        examples=["30 s"],
    )
    steady_in: str = Field(
        default="",
        description=(
            "The `steady` step that checks it again instead, so that this step ends as soon as the commit is served."
        ),
        examples=["still-healthy"],
    )
    ready_within: Duration = Field(
        default=READY_WITHIN,
        description="How long the service may take to start. A process that dies ends the wait at once.",
        examples=["2 min"],
    )

    def changed_thing(self) -> tuple[str, ...]:
        return (self.host, self.name)

    def plan(self) -> list[str]:
        again = f"again after {format_duration(self.steady)}: the same new process, online, no more restarts"
        if self.steady_in:
            again = f"the new process is online ({self.steady_in} checks whether it stays online)"
        return [
            *host_plan(self.host, f"{STATE}\n{_RESTART}", self.host_env()),
            f"waits up to {format_duration(self.ready_within)} until it answers, as long as no process dies",
            f"{again}, up for less than a minute",
            *self.plan_of_checks(),
        ]

    def value_types(self) -> Mapping[str, ValueType]:
        return {
            "pid": ValueType.LIST,
            "log_out": ValueType.PATH,
            "log_err": ValueType.PATH,
            "log_offset_out": ValueType.LIST,
            "log_offset_err": ValueType.LIST,
            "restarts": ValueType.LIST,
            "restarted_at": ValueType.WORD,
            "ready_at": ValueType.WORD,
        }

    def preflight(self) -> list[PreflightCheck]:
        env = tuple(self.host_env().items())
        check = HostCheck(host=self.host, script=f"{STATE}\n{NOW}", judge=self._judge_preflight, env=env)
        return [ProgramsCheck(host=self.host, names=("pm2", "node")), check]

    def look(self) -> timedelta:
        return timedelta(0) if self.steady_in else self.steady

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
        if not before.get("processes"):
            return failed(self._missing(before["names"]))
        if not after.get("processes") or "restart_failed" in values:
            return failed(f"`pm2 restart {self.name}` failed.", lines=result.last_lines)
        return self._judge(ctx, processes_in(before), processes_in(after))

    def recover(self, ctx: Context) -> Outcome | None:
        return recover_job(self, ctx, self.host)

    def _judge(self, ctx: Context, before: list[Process], after: list[Process]) -> Outcome:
        since = ServiceLogs.of(before)
        restarted = ctx.tools.clock.monotonic()
        answer, died = self._wait_until_ready(ctx, after, since)
        ready_at = ctx.tools.clock.now()
        waited = ctx.tools.clock.monotonic() - restarted
        if died:
            now, new = died
        elif self.steady_in and self.serves(ctx, answer):
            now, new = after, self.new_errors(ctx, since)
        else:
            answer = self._stay(ctx, answer)
            now, new = self.processes_and_errors(ctx, since)
            restarted = ctx.tools.clock.monotonic()
        problems = [
            *_not_restarted(before, after, now),
            *process_problems(identities(after), now),
            *self.problems(ctx, answer, new.lines),
        ]
        lines = (
            f"before: pid {joined_list([one.pid for one in before])}",
            *described(now),
            f"{self.path} answers {answer[:60]} after {format_seconds(waited)}",
            *new.lines[:_ERROR_LINES],
        )
        if problems:
            unasked = self.unasked(answer, problems)
            return failed(
                f"{self.name} did not start properly: {'; '.join(problems)}.", lines=lines, inconclusive=unasked
            )
        # by the bot's own clock, because the host's clock may differ
        uptime = max(one.uptime for one in now) + ctx.tools.clock.monotonic() - restarted
        restarted_at = (ctx.tools.clock.now() - timedelta(seconds=uptime)).isoformat()
        return done(
            self._summary(ctx, len(now)) + unread_note(new),
            lines=lines,
            values=_values(since, now),
            timestamps={"restarted_at": restarted_at, "ready_at": ready_at.isoformat()},
            compared=(f"{self.name} answers with {fill(self.commit, ctx.values)}",),
        )

    def _wait_until_ready(
        self, ctx: Context, after: list[Process], since: ServiceLogs
    ) -> tuple[str, tuple[list[Process], NewLines] | None]:
        """The newest answer of the health address; and what was seen if a process died or logged an error meanwhile."""

        def look() -> tuple[list[Process], NewLines] | None:
            now, new = self.processes_and_errors(ctx, since)
            return (now, new) if new.lines or process_problems(identities(after), now) else None

        within = self.ready_within.total_seconds()
        with Lookout(ctx, look) as lookout:
            answer = self.wait_for_commit(ctx, min(WRONG_FOR, within), within, lambda: lookout.found is not None)
        return answer, lookout.found

    def _stay(self, ctx: Context, answer: str) -> str:
        """The answer of the health address after `steady`; of a service that never was ready the one before."""
        if not self.serves(ctx, answer):
            return answer
        pause(ctx, self.steady.total_seconds())
        return self.wait_for_commit(ctx, ANSWER_TIMEOUT)

    def _summary(self, ctx: Context, count: int) -> str:
        steady = "" if self.steady_in else f", stable for {format_duration(self.steady)}"
        new = "a new process" if count == 1 else f"{count} new processes"
        return f"{self.name} is online with {new} at commit {fill(self.commit, ctx.values)[:10]}{steady}."

    def _judge_preflight(self, result: CommandResult) -> list[PreflightResult]:
        try:
            now = read_json(parse_values(result.tail)["now"])
        except (KeyError, ValueError):
            return blocked("pm2 does not answer there", "run pm2 jlist there as this user")
        if not now.get("processes"):
            return blocked(
                self._missing(now["names"]).rstrip("."),
                "start it with pm2, fix the name, or log in as the user whose pm2 runs it",
            )
        return self._preflight_results(processes_in(now))

    def _preflight_results(self, processes: list[Process]) -> list[PreflightResult]:
        values = _values(ServiceLogs.of(processes), processes)
        if not all(fits(value, self.value_types()[name]) for name, value in values.items()):
            count = f"{len(processes)} processes of {self.name} with a log each"
            return blocked(f"pm2 runs {count}, more than can be followed", "set merge_logs, so that they share one")
        states = ", ".join(one.status for one in processes)
        if any(one.status != "online" for one in processes):
            return warned(f"pm2 does not run all of {self.name}: {states}", "find out why before you deploy")
        if without_lines := sorted({file for one in processes for file in one.without_lines}):
            files = ", ".join(without_lines)
            return warned(
                f"{files} of {self.name} keeps no lines, so no error is seen there", "let pm2 write a log file"
            )
        several = f"{len(processes)} processes: " if len(processes) > 1 else ""
        return passed(f"pm2 runs {self.name} ({several}{states})")

    def _is_same(self, other: Pm2Step) -> bool:
        return all(getattr(other, name) == getattr(self, name) for name in ("host", "name", "commit", "undoes"))

    def _missing(self, names: list[str]) -> str:
        if not names:
            return (
                f"pm2 of this user lists no service on host “{self.host}”: perhaps pm2 was not running "
                f"(`pm2 resurrect` brings back what was saved), or another user's pm2 runs {self.name}."
            )
        return f"pm2 on host “{self.host}” has no service {self.name}; it has {', '.join(sorted(names))}."


def _values(before: ServiceLogs, now: list[Process]) -> dict[str, str]:
    """The values for later steps: the new processes, and where their logs stood before the restart."""
    return {
        "pid": joined_list([one.pid for one in now]),
        "log_out": before.out,
        "log_err": before.err,
        "log_offset_out": before.out_from,
        "log_offset_err": before.err_from,
        "restarts": joined_list([one.restarts for one in now]),
    }


def _not_restarted(before: list[Process], after: list[Process], now: list[Process]) -> list[str]:
    problems = []
    if len(after) != len(before):
        problems.append(f"pm2 listed {len(before)} of its processes before the restart, and {len(after)} after it")
    old = {one.pid for one in before}
    # without a process it has a status that says so
    problems += [
        f"{'its process' if len(now) == 1 else f'process {one.number}'} is not new"
        for one in now
        if one.pid and one.pid in old
    ]
    for one in after:
        if one.pid and one.uptime > _LONG_UPTIME:
            who = "it" if len(after) == 1 else f"process {one.number}"
            problems.append(f"right after the restart {who} was already up for {format_duration(one.uptime)}")
    return problems
