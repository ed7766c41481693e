"""`service`: restarts services of a manager (pm2, systemd …), and checks that they stay up."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar, Self

from pydantic import Field, model_validator

from commands.ports.preflight import PreflightCheck
from commands.steps.base import StepBox
from commands.steps.execution import pause, recover_job, run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import ShellText
from commands.steps.plan_line import program_plan
from commands.steps.shared.hidden_files import hidden_files
from commands.steps.shared.left_running import left_running
from commands.steps.shared.readiness import READY_WITHIN
from commands.steps.shared.service import (
    AFTER,
    BEFORE,
    ERROR_LINES,
    ServiceBox,
    same_code_note,
    stale_note,
    state_problems,
    unread_note,
    unseen_note,
)
from commands.steps.shared.service_preflight import judge_services, preflight_script, values_of
from commands.steps.shared.service_readiness import Seen, answer_before, kept_code, reload_note, wait_until_ready
from commands.steps.shared.way_back import with_way_back
from commands.steps.value_types import ValueType
from commands.steps.values import fill, has_placeholder
from commands.systems.preflight.hosts import HostCheck, ProgramsCheck, programs_in
from commands.systems.services import judgement
from commands.systems.services.judgement import described, process_problems
from commands.systems.services.left_processes import LEFT_PROCESSES, NOTE_OLD
from commands.systems.services.manager import REMARK, Process, State
from commands.text.durations import Duration, format_duration, format_seconds, parse_duration
from state.records import AttemptState

_STATE_LINE = re.compile(rf"(before|after|old|restart_failed)=|{REMARK}")
_PREFLIGHT_LIMIT = 60  # seconds; compose 1 takes some for each of its answers
_LOG_TYPES = {
    "log_out": ValueType.PATH,
    "log_err": ValueType.PATH,
    "log_offset_out": ValueType.LIST,
    "log_offset_err": ValueType.LIST,
    "log_mark": ValueType.TEXT,
}


class ServiceStep(ServiceBox):
    """Restarts or reloads services of a manager, and checks each of their processes over a while.

    One check is not enough: in a crash loop too a service is up for some seconds. While the service starts
    (nothing answers, a proxy answers 502, 503 or 504, no commit yet, the manager says that it starts) it is waited for.
    A process that dies or logs an error ends the wait at once; an answer with another commit fails after 15 s.
    """

    kind: ClassVar[str] = "service"
    proves: ClassVar[str] = (
        "new processes run steadily, the health address always answers the commit, and the logs have no new error"
    )
    changes_production: ClassVar[bool] = True

    reload: bool = Field(
        default=False, description="Reloads instead: new workers or the new commit must be seen.", examples=[True]
    )
    restart: ShellText = Field(
        default="",
        description='Only with `manager = "commands"`: the command that restarts it.',
        examples=["kubectl rollout restart deploy/api"],
    )
    steady: Duration = Field(
        default=parse_duration("10 s"),
        description="How long after it is ready the service is checked again.",
        examples=["30 s"],
    )
    steady_in: str = Field(
        default="",
        description=(
            "The `steady` step that checks it again instead, so that this step ends as soon as the service is ready."
        ),
        examples=["still-healthy"],
    )
    ready_within: Duration = Field(
        default=READY_WITHIN,
        description="How long the service may take to start. A process that dies ends the wait at once.",
        examples=["2 min"],
    )

    @model_validator(mode="after")
    def _can_be_reloaded(self) -> Self:
        if self.reload and not self.manages.reload:
            raise ValueError(f"reload: {self.manager} has no such command; remove it")
        return self

    def changed_thing(self) -> tuple[str, ...]:
        return (self.host, self.manager, *sorted(self.services))

    def starts_service(self) -> bool:
        return True

    def host_env(self) -> dict[str, str]:
        more = {
            "WITHIN": str(math.ceil(self.ready_within.total_seconds())),
            "VERB": "reload" if self.reload else "restart",
        }
        scripts = f"{self.manages.state}\n{self._command()}\n{self.manages.preflight}"
        return super().host_env() | {name: value for name, value in more.items() if f"${name}" in scripts}

    def plan(self) -> list[str]:
        again = f"again after {format_duration(self.steady)}: the same new process, {self.manages.up}, no more restarts"
        if self.steady_in:
            again = f"the new process is {self.manages.up} ({self.steady_in} checks whether it stays so)"
        return [
            *program_plan(self.host, self._says(), self._script(), self.plan_env()),
            f"waits up to {format_duration(self.ready_within)} until it answers, as long as no process dies",
            again if self.reload else f"{again}, up for less than a minute",
            *self.plan_of_checks(),
        ]

    def _says(self) -> str:
        verb = "reloads" if self.reload else "restarts"
        how = "by RESTART" if self.manager == "commands" else f"under {self.manager}"
        return f"{verb} {', '.join(self.services)} {how}, and notes what runs before and after"

    def value_types(self) -> Mapping[str, ValueType]:
        lists = dict.fromkeys(("pid", "restarts"), ValueType.LIST)
        words = dict.fromkeys(("restarted_at", "ready_at"), ValueType.WORD)
        logs = {name: _LOG_TYPES[name] for name in self.manages.log_values}
        return {**lists, **words, **logs}

    def preflight(self) -> list[PreflightCheck]:
        texts = self.shell_env({})
        names = self.manages.programs or programs_in(list(texts.values()))
        checks = super().preflight() + ([ProgramsCheck(host=self.host, names=names)] if names else [])
        if not any(map(has_placeholder, (*texts.values(), *self.env.values()))):
            script, judge = preflight_script(self), judge_services(self, self.value_types())
            env, data = tuple(self.host_env().items()), tuple(texts.items())
            check = HostCheck(host=self.host, script=script, judge=judge, env=env, data=data, limit=_PREFLIGHT_LIMIT)
            checks.append(check)
        return checks

    def look(self) -> timedelta:
        return timedelta(0) if self.steady_in else self.steady

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        other = boxes.get(self.steady_in)
        if why := super().page_error(boxes):
            return why
        if not self.steady_in or (isinstance(other, ServiceBox) and other.follows_restart and self._is_same(other)):
            return ""
        return f'steady_in: the page has no `steady` step "{self.steady_in}" for {self.called} on {self.host}'

    def run(self, ctx: Context) -> Outcome:
        if self.reload and self.web:
            answer_before(self, ctx)
        commands = self.shell_env(ctx.values)
        result = run_job(self, ctx, self.host, self._script(), self.host_env(), commands, hides=_STATE_LINE)
        said = tuple(line for line in result.tail.splitlines() if not _STATE_LINE.match(line))[-ERROR_LINES:]
        if result.code:
            return failed(f"{self.manages.title} did not answer (exit code {result.code}).", lines=said)
        before, after = self.read_state(result, "before"), self.read_state(result, "after")
        if before.obstacles:
            return failed(f"{before.obstacles[0].what}.", lines=said)
        if failures := re.findall(r"^restart_failed=(.*)$", result.tail, re.MULTILINE):
            did = "reload" if self.reload else "restart"
            return failed(f"The {did} of {' and '.join(failures)} failed.", lines=said)
        outcome = self._judge(ctx, before, after)
        left, unseen = left_running(self, ctx, result.tail, before)
        hidden, unread = hidden_files(self, ctx, before, after) if outcome.state == AttemptState.DONE else ("", ())
        summary = " ".join(filter(None, (f"{outcome.summary}{left}", self.manages.remark(result.tail), hidden)))
        outcome = replace(outcome, summary=summary, not_compared=(*outcome.not_compared, *unseen, *unread))
        return with_way_back(self, self.host, ctx, outcome)

    def recover(self, ctx: Context) -> Outcome | None:
        return recover_job(self, ctx, self.host)

    def _script(self) -> str:
        ends_all = bool(self.manages.ends_all) and not self.reload  # a reload may keep some for a while
        lines = (
            *([LEFT_PROCESSES.rstrip("\n")] if ends_all else []),
            self.manages.state.rstrip("\n"),
            'mapfile -t names <<< "$NAMES"',
            BEFORE,
            *([NOTE_OLD] if ends_all else []),
            'for name in "${names[@]}"; do',
            f"  {self._command()} || printf 'restart_failed=%s\\n' \"$name\"",
            "done",
            AFTER,
        )
        return "\n".join(lines)

    def _command(self) -> str:
        return self.manages.reload if self.reload else self.manages.restart

    def _judge(self, ctx: Context, before: State, after: State) -> Outcome:
        clock = ctx.tools.clock
        began, began_at = clock.monotonic(), clock.now()
        seen = wait_until_ready(self, ctx, before, after, self.ready_within)
        waited, ready = format_seconds(clock.monotonic() - began), seen.state if self.manages.settles else after
        seen, looked = self._look_again(ctx, seen, before, began)
        problems = self._problems(ctx, before, after, seen, ready.processes)
        lines = (
            f"before: {', '.join(map(judgement.shown, before.processes))}",
            *described(seen.state.processes),
            *([f"{self.path} answers {seen.answer[:100]} after {waited}"] if self.web else []),
            *seen.new.lines[:ERROR_LINES],
        )
        if problems:
            unasked = self.unasked(seen.answer, problems)
            wrong = f"{'are' if self.names else 'is'} not right after {'their' if self.names else 'its'} reload"
            why = f"{wrong if self.reload else 'did not start properly'}: {'; '.join(problems)}"
            if behind := self.not_reached(seen.answer, problems):
                why = f"{'run' if self.names else 'runs'}, but {behind}"
            hint = kept_code(self, ctx, seen.answer) if self.reload else ""
            return failed(f"{self.called} {why}.{hint}", lines=lines, inconclusive=unasked)
        if not (self.reload or self.manages.settles):
            # by the bot's own clock, because the host's clock may differ
            uptime = max(one.uptime for one in seen.state.processes) + clock.monotonic() - looked
            began_at = clock.now() - timedelta(seconds=uptime)
        seen_now = sum(one.is_seen and not one.waits for one in seen.state.processes)
        notes = (
            reload_note(self, ctx, before, seen.state),
            same_code_note(self, before, seen.state),
            unseen_note(self, seen.state),
            stale_note((*before.unread, *seen.state.stale, *(one.what for one in seen.state.reboot))),
            unread_note(seen.new),
        )
        return done(
            self._summary(ctx, seen_now) + "".join(notes),
            lines=lines,
            values=values_of(before, seen.state),
            timestamps={"restarted_at": began_at.isoformat(), "ready_at": seen.ready_at.isoformat()},
            compared=(self._compared(ctx, seen_now),),
        )

    def _look_again(self, ctx: Context, seen: Seen, before: State, began: float) -> tuple[Seen, float]:
        """What is seen after `steady`, and at which of the monotonic clock's seconds the manager was asked."""
        if seen.died:
            return seen, began
        if self.steady_in and self.serves(ctx, seen.answer):
            return seen._replace(new=self.new_errors(ctx, before.logs)), began
        answer = self._stay(ctx, seen.answer)
        state, new = self.state_and_errors(ctx, before.logs)
        return seen._replace(answer=answer, state=state, new=new), ctx.tools.clock.monotonic()

    def _problems(self, ctx: Context, before: State, after: State, seen: Seen, ready: Sequence[Process]) -> list[str]:
        """What is wrong, one clause each. `ready` are the processes that were there when the services were ready."""
        now, others = seen.state.processes, self.problems(ctx, seen.answer, seen.new.lines)
        died = judgement.deaths(self.manages, before.processes, after.processes, now) if self.manages.settles else []
        if died and seen.died:
            return [*died, *others]  # the rest had no time yet to be replaced
        if not self.reload:
            taken = judgement.not_restarted(self.manages, before.processes, after.processes, now)
        elif self.web and self.serves(ctx, seen.answer):
            taken = []
        else:
            taken = judgement.not_reloaded(self.manages, before.processes, now)
        unknown = state_problems(self, ctx, seen.answer, seen.state)
        died += process_problems(self.manages, judgement.expected(ready, now), now)
        died += [] if self.web else judgement.lost(after.processes, now)
        return [*unknown, *taken, *dict.fromkeys(died), *others]

    def _stay(self, ctx: Context, answer: str) -> str:
        """The answer of the health address after `steady`; of a service that never was ready the one before."""
        if not self.serves(ctx, answer):
            return answer
        pause(ctx, self.steady.total_seconds())
        return self.commit_of_all(ctx)

    def _summary(self, ctx: Context, count: int) -> str:
        steady = "" if self.steady_in else f", stable for {format_duration(self.steady)}"
        new = " with a new process" if count == 1 else f" with {count} new processes" if count else ""
        are, how = ("are" if self.names else "is"), f"{self.manages.up}{new}"
        if self.reload:
            how = f"{self.manages.up} after its reload" if not self.names else f"{self.manages.up} after their reload"
        commit = f" at commit {fill(self.commit, ctx.values)[:10]}" if self.web else ""
        unasked = "" if self.web else " No address was asked which commit it runs."
        return f"{self.called} {are} {how}{commit}{steady}.{unasked}"

    def _compared(self, ctx: Context, count: int) -> str:
        if self.web:
            who = f"{self.called}: {self.web}" if self.names else self.called  # one of several may have no address
            return f"{who} answers with {fill(self.commit, ctx.values)}"
        if self.reload or not count:
            return f"{self.called} {'were' if self.names else 'was'} {'reloaded' if self.reload else 'restarted'}"
        return f"{self.called} {'run' if self.names else 'runs'} with a new process"

    def _is_same(self, other: ServiceBox) -> bool:
        same = ("host", "manager", "commit", "undoes")
        fits = all(getattr(other, name) == getattr(self, name) for name in same)
        return fits and set(other.services) == set(self.services)
