"""`running` of a `release`: how production is asked what it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from commands.ports.page_text import PLACEHOLDER, PageText, Text
from commands.ports.tools import Tools
from commands.ports.web import HttpRequest, HttpResponse
from commands.steps.base import Members, Strict
from commands.steps.page_fields import ShellText, VariableText, WebPath
from commands.steps.shared.script_env import ScriptEnv
from commands.steps.shared_fields import Headers
from commands.steps.values import page_texts
from commands.systems.field_names import field_missing
from commands.systems.further_addresses import ask_others
from commands.systems.git.refs import ReleaseError
from commands.systems.http_answers import challenge, field, holds_secret, stand_in, status_of
from commands.systems.running.answers import (
    CONTAINER,
    LINK,
    MOUNTED,
    NO_LINK,
    PM2,
    UNIT,
    Answer,
    Listing,
    listed_in,
    may_name_commit,
    same,
    shown,
    tags_on,
)
from commands.text.field_words import Short
from commands.text.phrases import on_web
from commands.text.redaction import is_secret_name
from commands.text.terminal_codes import without_terminal_codes
from state.errors import Down, ToolError, Unreachable

_OF_SOME_WAYS = ("path", "field", "headers", "env", "variable")
_LIMIT = 5.0  # seconds for one answer
_GIT = re.compile(r"\bgit\b")
_NO_CACHE = {"Cache-Control": "no-cache"}


class Running(Strict):
    """One place that says what production runs; the answer is a commit, at least 7 digits of one, or a tag.

    A folder names a commit by a file `REVISION` or its own name. Of a pm2 process, it is what its working folder names,
    or else the commit at which the clone in that folder was when the process started.
    Of a systemd unit, it is the `variable` of its environment, or without one what its working folder names. Of a
    container or compose service, its label org.opencontainers.image.revision, or else the tag of its image.
    """

    web: str = Field(
        default="",
        description=(
            "A web site or API that says it in a JSON answer, by its name under `[webs]` in Places. Needs "
            "`path` and `field`."
        ),
        examples=["api"],
    )
    path: WebPath = Field(default="", description="With `web`: the path of the GET request.", examples=["/health"])
    field: str = Field(
        default="", description="With `web`: the field of the JSON answer (`a.b` if nested).", examples=["commit"]
    )
    headers: Headers = Field(default_factory=dict)
    on: str = Field(
        default="",
        description="The host for `command`, `pm2` or `link`, by its name under `[hosts]` in Places.",
        examples=["backend"],
    )
    command: ShellText = Field(
        default="",
        description="A command that changes nothing; the last line that it prints says it.",
        examples=["cat /run/worker/commit"],
    )
    env: ScriptEnv = Field(default_factory=dict)
    pm2: VariableText = Field(
        default="", description="A pm2 service; each of its processes says it by its folder.", examples=["shop-api"]
    )
    unit: VariableText = Field(
        default="", description="A systemd unit; its main process says it.", examples=["shop-api.service"]
    )
    variable: str = Field(
        default="", description="The variable of the unit's environment that says it.", examples=["RELEASE"]
    )
    container: VariableText = Field(
        default="",
        description="A container, or a compose service (`project/service` if need be); each says it.",
        examples=["shop/api"],
    )
    link: VariableText = Field(
        default="",
        description="A release link; the folder behind it says it, by its name or a file `REVISION`.",
        examples=["$WWW_CURRENT"],
    )

    @model_validator(mode="after")
    def _is_one_question(self) -> Self:
        ways = [name for name in ("web", "command", "pm2", "unit", "container", "link") if getattr(self, name)]
        if len(ways) != 1:
            found = " and ".join(ways) or "none of them"
            raise ValueError(
                "needs one of web, command, pm2, unit, container and link, "
                f"and has {found}; make a list of several tables"
            )
        needs = {"web": ("path", "field")}.get(ways[0], ("on",))
        own = {"web": {"path", "field", "headers"}, "command": {"on", "env"}, "unit": {"on", "variable"}}
        may = own.get(ways[0], {"on"})
        if missing := [name for name in needs if not getattr(self, name)]:
            raise ValueError(f"{missing[0]}: is missing beside {ways[0]}; add it")
        if extra := [name for name in (*_OF_SOME_WAYS, "on") if getattr(self, name) and name not in may]:
            raise ValueError(f"{extra[0]}: has no meaning beside {ways[0]}; remove it")
        if self.variable and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", self.variable):
            raise ValueError(f"variable: {self.variable!r} is not the name of a variable; write it without a $")
        if is_secret_name(self.variable):
            raise ValueError(f'variable: "{self.variable}" is a secret by its name, but what runs is shown')
        if names := PLACEHOLDER.findall(repr(self.model_dump())):
            raise ValueError(f"<{names[0]}> is a value of the run, which has none yet; write the text itself")
        return self

    def on_members(self, hosts: Members, webs: Members) -> list[Running]:
        """The same question to each member, if it asks a group."""
        webs_asked = [self.model_copy(update={"web": web}) for web in webs.get(self.web, ())]
        return webs_asked or [self.model_copy(update={"on": host}) for host in hosts.get(self.on, (self.on,))]

    @property
    def place(self) -> tuple[str, str]:
        """The place that is asked, as in `StepBox.places`."""
        return ("webs", self.web) if self.web else ("hosts", self.on)

    @property
    def source(self) -> str:
        """Who is asked, in messages."""
        if self.web:
            return on_web(self.web, self.path)
        return f"{'the command' if self.command else self._listed or self.link} on {self.on}"

    @property
    def _listed(self) -> str:
        """The name of what a service manager is asked about."""
        return self.pm2 or self.unit or self.container

    def plan(self) -> str:
        """The question as one line."""
        if self.web:
            return f"GET {on_web(self.web, self.path)}, whose {self.field} says what runs"
        if self.command:
            return f"on {self.on}: {self.command} (its last line says what runs)"
        what = f"which commit is behind {self.link}"
        if self.unit:
            what = f"which commit the process of {self.unit} runs"
            what += f", by the variable {self.variable} of its environment" if self.variable else ""
        elif self._listed:
            what = f"which commit each {'process' if self.pm2 else 'container'} of {self._listed} runs"
        return f"on {self.on}: {what}"

    def asks_git(self) -> bool:
        """Whether it asks a working copy, which says what is checked out and not what runs."""
        return _GIT.search(self.command) is not None

    def ask(self, tools: Tools) -> list[Answer]:
        """What it says now. Raises ReleaseError if that names no commit, Unreachable, Failed."""
        answers = list(self._answers(tools))
        for answer in answers:
            if not may_name_commit(answer.said):
                raise _unsaid(answer.source, f"it answers {answer.said[:60]!r}, which names no commit and no tag")
        return answers

    def _answers(self, tools: Tools) -> Iterator[Answer]:
        if self.web:
            yield from self._web_answers(tools)
        elif self.command:
            lines = self._on_host(tools, self.command, page_texts(self.env, {})).split("\n")
            yield Answer(source=self.source, said=next((line for line in reversed(lines) if line.strip()), "").strip())
        elif self.link:
            lines = self._on_host(tools, LINK, {"LINK": PageText(self.link)}).splitlines()
            said = lines[-1].removeprefix("said=") if lines else ""
            if not said:
                folder = lines[0].removeprefix("folder=") if lines else "a folder"
                raise _unsaid(self.source, f"it leads to {folder}, whose path and file REVISION name no commit")
            yield Answer(source=self.source, said=said)
        else:
            yield from self._listed_answers(tools, PM2 if self.pm2 else UNIT if self.unit else CONTAINER)

    def _web_answers(self, tools: Tools) -> Iterator[Answer]:
        headers: dict[str, Text] = {**_NO_CACHE, **page_texts(self.headers, {})}
        request = HttpRequest(path=PageText(self.path), headers=headers, limit=_LIMIT)
        try:
            answer = tools.web.request(self.web, request)
            others = ask_others(tools.web, self.web, request, answer.others)
        except ToolError as error:
            if isinstance(error, Unreachable) and not isinstance(error, Down):
                raise  # the bot has no route; nothing is known of the service
            raise _unsaid(self.source, str(error).rstrip(".")) from None
        yield Answer(source=self.source, said=self._said_by(answer))
        for address, other in others:
            if isinstance(other, Down):  # which says nothing of the commit
                continue
            yield Answer(source=f"{self.source} at {address}", said=self._said_by(other))

    def _said_by(self, answer: HttpResponse) -> str:
        who = stand_in(answer)
        if answer.status != 200 and not challenge(answer):
            raise _unsaid(self.source, f"it answers {status_of(answer)} instead of 200")
        if who:
            raise _unsaid(self.source, who.replace(" (", " answered (", 1))
        try:
            data = answer.json()
        except ValueError:
            raise _unsaid(self.source, "its answer is not JSON") from None
        if has := field_missing(data, self.field):
            raise _unsaid(self.source, f"its answer has no field `{self.field}`; {has}")
        said = field(data, self.field)
        if not isinstance(said, str | int) or holds_secret(data, self.field):
            raise _unsaid(self.source, f"its answer names no commit in its field `{self.field}`")
        return str(said)

    def _listed_answers(self, tools: Tools, by: Listing) -> Iterator[Answer]:
        env: dict[str, Text] = {"NAME": PageText(self._listed), **({"VARIABLE": self.variable} if self.unit else {})}
        output = self._on_host(tools, by.script, env)
        if several := re.findall(r"^several=(.*)$", output, re.MULTILINE):
            raise _unsaid(self.source, f"several projects have such a service: {several[0]}; write project/service")
        listed = list(listed_in(output))
        if not listed:
            raise _unsaid(self.source, by.lists_none)
        for one in listed:
            source = self.source if len(listed) == 1 else f"{by.one} {one.number} of {self.source}"
            if one.status != by.up:
                raise _unsaid(source, f"{by.name} reports it as {one.status[:30]}")
            if one.said == MOUNTED:
                raise _unsaid(source, "a volume or a folder of the host hides its image's working folder")
            if one.said == "-":
                raise _unsaid(source, by.unsaid)
            yield Answer(source=source, said=one.said)

    def _on_host(self, tools: Tools, script: str, env: Mapping[str, Text]) -> str:
        result = tools.shell.ask(self.on, script, env=env)
        if result.code:
            why = (
                "there is no such folder"
                if self.link and result.code == NO_LINK
                else (f"it failed with exit code {result.code} ({result.last_line})")
            )
            raise _unsaid(self.source, why)
        return without_terminal_codes(result.tail)


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


# one table of the page, or a list of them: each of them must say the same
RunningPlaces = Annotated[list[Running], BeforeValidator(_as_list), Short.ONE]


def ask_all(places: Sequence[Running], tools: Tools) -> list[Answer]:
    """What every place says now. Raises ReleaseError for the first that names no commit, Unreachable, Failed."""
    return [answer for place in places for answer in place.ask(tools)]


def others(tools: Tools, answers: Sequence[Answer], commit: str, *, host: str, repository: str) -> list[Answer]:
    """The answers that do not mean this commit. Tags are looked up in the working copy. Raises Unreachable, Failed."""
    tags = tags_on(tools.shell, host, PageText(repository), commit, answers)
    return [answer for answer in answers if not same(answer, commit, tags)]


def require_running(places: Sequence[Running], tools: Tools, commit: str, *, host: str, repository: str) -> None:
    """Raise ReleaseError unless everything that is asked runs the commit at which the clone is. Raises Unreachable."""
    answers = ask_all(places, tools)
    if not others(tools, answers, commit, host=host, repository=repository):
        return
    said = list(dict.fromkeys(shown(answer.said) for answer in answers))
    what = f"the clone on {host} is at {shown(commit)}, but {', '.join(map(str, answers))}"
    if len(said) > 1:
        raise ReleaseError(what, "let all of them run one version, check it out in the clone, and start again")
    todo = f"if {said[0]} is right, check it out in the clone (git checkout {said[0]}); if not, find out why it runs"
    raise ReleaseError(what, todo)


def _unsaid(source: str, why: str) -> ReleaseError:
    what = f"it is not known what runs, because {source} does not say it: {why}"
    return ReleaseError(what, "make it say its commit, or correct its entry in `running`")
