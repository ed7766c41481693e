"""The base of kinds that check services of a manager: processes, commit and logs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from commands.ports.page_text import Text
from commands.ports.shell import CommandResult
from commands.steps.base import StepBox, page_value_types
from commands.steps.outcome import Context
from commands.steps.page_fields import ShellText, VariableText
from commands.steps.shared.health_address import HealthAddress
from commands.steps.shared.one_address import one_address_warning
from commands.steps.shared.script_env import ScriptEnv
from commands.steps.shared_fields import AllowedLines, HostName
from commands.steps.shell_text import fill_shell, shell_error
from commands.steps.unset_variables import unset_error
from commands.steps.values import page_texts
from commands.systems.logs import log_lines
from commands.systems.logs.log_lines import NewLines
from commands.systems.logs.own_limits import cut_off
from commands.systems.services.manager import FILES, Manager, State
from commands.systems.services.managers import MANAGERS
from commands.text.durations import format_duration
from state.errors import Failed

# what a step has only under some managers
_OWN_FIELDS = {"sudo", *(name for manager in MANAGERS.values() for name in manager.fields)}
ERROR_LINES = 8  # that the thread shows
_EACH_LINE = "state | while IFS= read -r line; do printf '%s=%%s\\n' \"$line\"; done"
NOW = _EACH_LINE % "now"
AFTER = _EACH_LINE % "after"
# kept for what else is asked of it
BEFORE = 'before=$(state)\nwhile IFS= read -r line; do printf \'before=%s\\n\' "$line"; done <<< "$before"'


def _known_manager(name: str) -> str:
    if name not in MANAGERS:
        raise ValueError(f"{name!r} is no service manager that the bot knows; write one of {', '.join(MANAGERS)}")
    return name


class ServiceBox(HealthAddress):
    """A step that checks one service, `name`, or several, `names`, of one manager on a host.

    With `manager = "commands"`, `running` prints what runs, `ready` says whether it is ready, and `log` prints the
    lines since `$SINCE`, all with the variables of `env`.

    A log line counts as an error if it has a word of `errors`, in any case, and matches no regular expression of
    `allow`. With `sudo = true` the manager is asked by `sudo -n`.
    """

    # checks a service that an earlier step restarted
    follows_restart: ClassVar[bool] = False

    host: HostName
    manager: Annotated[str, AfterValidator(_known_manager)] = Field(
        default="pm2",
        description="Who runs the services: `pm2`, `systemd`, `docker`, `supervisor`, or `commands` of this box.",
        examples=["systemd"],
    )
    name: VariableText = Field(default="", description="The service, as its manager calls it.", examples=["shop-api"])
    names: list[VariableText] = Field(
        default_factory=list,
        description="Several services instead of `name`. Each of them is judged.",
        examples=[["api", "worker@1"]],
    )
    sudo: bool = Field(
        default=False,
        description="Uses `sudo -n` for the restart, with managers that need it. It must not ask for a password.",
        examples=[True],
    )
    running: ShellText = Field(
        default="",
        description=(
            'Only with `manager = "commands"`: prints a line for each thing that runs, with what identifies it, and '
            "perhaps how often it was restarted."
        ),
        examples=["kubectl get pods -l app=api -o name"],
    )
    ready: ShellText = Field(
        default="",
        description='Only with `manager = "commands"`: exits with 0 when the service is ready.',
        examples=["kubectl rollout status deploy/api --timeout=1s"],
    )
    log: ShellText = Field(
        default="",
        description='Only with `manager = "commands"`: prints the lines of its log since `$SINCE`, an ISO time.',
        examples=['kubectl logs -l app=api --since-time="$SINCE" --tail=-1'],
    )
    env: ScriptEnv = Field(default_factory=dict)
    errors: list[str] = Field(
        default_factory=lambda: list(log_lines.DEFAULT_WORDS),
        min_length=1,
        description="Words that make a new line of its logs an error, in upper or lower case.",
        examples=[["error", "fatal", "deadlock"]],
    )
    allow: AllowedLines = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits_its_manager(self) -> Self:
        if bool(self.name) == bool(self.names):
            raise ValueError('needs either name = "…" or names = ["…", "…"]')
        if not all(self.names) or len(set(self.names)) < len(self.names):
            raise ValueError("names: must be different, and none of them empty")
        if self.names and not self.manages.several:
            raise ValueError(f"names: has no meaning for {self.manager}; write a step for each")
        others = _OWN_FIELDS - {*self.manages.fields, *(["sudo"] if self.manages.takes_sudo else [])}
        if extra := [name for name in type(self).model_fields if name in others & self.model_fields_set]:
            todo = "remove it" if "manager" in self.model_fields_set else "name the `manager`, or remove it"
            raise ValueError(f"{extra[0]}: has no meaning for {self.manager}; {todo}")
        for name in self.manages.needs:
            if name in type(self).model_fields and not getattr(self, name):
                raise ValueError(f"{name}: is missing beside manager = {self.manager!r}; add it")
        return self

    @property
    def manages(self) -> Manager:
        """The manager of its services."""
        return MANAGERS[self.manager]

    @property
    def services(self) -> tuple[str, ...]:
        """Its services, as the page names them."""
        return tuple(self.names) or (self.name,)

    @property
    def called(self) -> str:
        """Its services in messages."""
        *first, last = self.services
        return f"{', '.join(first)} and {last}" if first else last

    def host_env(self) -> dict[str, str]:
        """The environment of the scripts on the host, as texts of the page."""
        env = {**self.env, "NAMES": "\n".join(self.services)}
        if not self.manages.takes_sudo:
            return env
        # what sudo says is read, in English
        return {**env, "SUDO": "sudo -n", "LC_ALL": "C.UTF-8"} if self.sudo else {**env, "SUDO": ""}

    def shell_env(self, values: Mapping[str, str]) -> dict[str, str]:
        """The commands of the page in that environment, with the values. Raises BadValue."""
        names = [name for name in self.manages.fields if name in type(self).model_fields and name != "env"]
        return {name.upper(): fill_shell(getattr(self, name), values) for name in names}

    def plan_env(self) -> dict[str, str]:
        """All that the scripts get of the page, each on one line, as the plan shows it."""
        return {name: " ".join(text.split()) for name, text in (self.host_env() | self.shell_env({})).items()}

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        types = page_value_types(boxes)
        for name in self.shell_env({}):
            text = getattr(self, name.lower())
            known = (*self.env, "SINCE") if name == "LOG" else tuple(self.env)
            if why := shell_error([text], types) or unset_error([text], known):
                return f"{name.lower()}: {why}"
        return ""

    def page_warning(self, boxes: Mapping[str, StepBox]) -> str:
        why = cut_off(self.log)
        return f"log: {why}" if why else one_address_warning(self, boxes, ("services", "path", "commit"))

    def services_on_host(self) -> set[tuple[str, str, str]]:
        """Its services with where they are."""
        return {(self.host, self.manager, name) for name in self.services}

    def look(self) -> timedelta:
        """How long it looks whether the service stays up; 0 if another step does that."""
        return timedelta(0)

    def rollback_warning(self, forward: Mapping[str, StepBox]) -> str:
        """What dies later than a rollback looks was seen in the deploy only, and would be called rolled back."""
        mine = self.services_on_host()
        others = [box for box in forward.values() if isinstance(box, ServiceBox) and box.services_on_host() & mine]
        longest = max((box.look() for box in others), default=timedelta(0))
        if not self.look() or self.look() >= longest:
            return ""
        return (
            f"this check of {self.called} lasts {format_duration(self.look())}, and that of the deploy "
            f"{format_duration(longest)}; a version that dies in between would be reported as rolled back"
        )

    def plan_of_checks(self) -> list[str]:
        """Plan lines: the commit that must be served, and the log lines that must not appear."""
        logs = "both logs" if self.manages.log_values is FILES else "the log"
        return [
            *self.plan_of_address(),
            *log_lines.plan_lines(self.host, f"{logs} of {self.called} from the restart on", self.errors),
        ]

    def state(self, ctx: Context) -> State:
        """What the manager says now. Raises Failed, Unreachable."""
        script = f"{self.manages.state}\n{NOW}"
        return self.read_state(ctx.tools.shell.ask(self.host, script, env=self._env(ctx)), "now")

    def state_and_errors(self, ctx: Context, logs: Mapping[str, str]) -> tuple[State, NewLines]:
        """What the manager says now, and the new lines of the logs. Raises Failed, Unreachable."""
        script = f"(\n{self.manages.errors}\n)\n{self.manages.state}\n{NOW}"
        env = {**self._env(ctx), **self._log_env(logs)}
        result = ctx.tools.shell.ask(self.host, script, env=env, keep=log_lines.MAX_OUTPUT)
        return self.read_state(result, "now"), self.manages.read_errors(result.tail, logs, self.allow)

    def new_errors(self, ctx: Context, logs: Mapping[str, str]) -> NewLines:
        """The new lines of the logs. Raises Failed, Unreachable."""
        env = {**self._env(ctx), **self._log_env(logs)}
        result = ctx.tools.shell.ask(self.host, self.manages.errors, env=env, keep=log_lines.MAX_OUTPUT)
        return self.manages.read_errors(result.tail, logs, self.allow)

    def read_state(self, result: CommandResult, name: str) -> State:
        """What a script printed with `BEFORE`, `AFTER` or `NOW`. Raises Failed if that is no answer of the manager."""
        lines = re.findall(rf"^{name}=(.*)$", result.tail, re.MULTILINE)
        try:
            state = self.manages.read_state("\n".join(lines), self.host)
            # in whatever order two steps name the services, what one hands on fits the other
            return replace(state, processes=tuple(sorted(state.processes, key=lambda one: one.service)))
        except (ValueError, KeyError):
            raise Failed(f"{self.manages.title} did not answer (exit code {result.code}).", result.tail) from None

    def problems(self, ctx: Context, answer: str, errors: Sequence[str]) -> list[str]:
        """What is wrong with the answer of the health address and with the logs, one clause each."""
        found = self.answer_problems(ctx, answer)
        return [*found, f"its logs have {log_lines.describe(errors, self.errors)}"] if errors else found

    def _env(self, ctx: Context) -> dict[str, Text]:
        return {**page_texts(self.host_env(), ctx.values), **self.shell_env(ctx.values)}

    def _log_env(self, logs: Mapping[str, str]) -> dict[str, str]:
        return self.manages.log_env(logs) | log_lines.script_env(self.errors)


def stale_note(clauses: Sequence[str]) -> str:
    """The sentence about what runs although something newer is there; empty if nothing is."""
    return f" But {'; '.join(clauses)}." if clauses else ""


def unseen_note(box: ServiceBox, state: State) -> str:
    """The sentence about services of which the manager sees no process; empty if it sees one of each."""
    if not (unseen := list(dict.fromkeys(one.service for one in state.processes if not one.is_seen))):
        return ""
    shows = "only the address shows that it runs" if box.web else "nothing shows whether what it started runs"
    return f" {box.manages.title} sees no process of {' and '.join(unseen)}: {shows}."


def state_problems(box: ServiceBox, ctx: Context, answer: str, state: State) -> list[str]:
    """What keeps the manager from telling all, and what works in a release that was left; clauses.

    Of what the manager does not list at all, that is said already. Where the address answers the commit, that counts.
    """
    left = () if box.web and box.serves(ctx, answer) else state.left
    return [*(one.what for one in state.obstacles if state.processes), *left]


def same_code_note(box: ServiceBox, before: State, now: State) -> str:
    """The sentence about images that are those of before, where no address tells what runs; empty if one is another."""
    ran, run = ({one.code for one in state.processes} for state in (before, now))
    return " The image is the one that it ran before." if run == ran and "" not in run and not box.web else ""


def unread_note(new: NewLines) -> str:
    """The sentence about logs that could not be read; empty if all were."""
    return f" Not all of its logs were checked: {new.unreadable}." if new.unreadable else ""
