"""`publish`: serves a new build by switching a link, and checks the build stamp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from commands.ports.page_text import PageText
from commands.ports.preflight import PreflightCheck
from commands.ports.web import HttpRequest
from commands.steps.base import StepBox
from commands.steps.execution import host_plan, pause, recover_job, run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import EnvName, VariableText, VariableTexts
from commands.steps.value_types import ValueType
from commands.steps.values import fill, page_texts, parse_values
from commands.systems.preflight.hosts import folder_check
from state.errors import ToolError

_COPY = """\
cd "$REPOSITORY/$SOURCE"
grep -qF "$COMMIT" "./$STAMP" || exit 65
mkdir -p "$WWW/releases"
[ -d "$WWW/releases/$COMMIT" ] || { rm -rf "$WWW/releases/$COMMIT.part"; cp -R . "$WWW/releases/$COMMIT.part"; }
[ -d "$WWW/releases/$COMMIT" ] || mv "$WWW/releases/$COMMIT.part" "$WWW/releases/$COMMIT"
"""
_SWITCH = """\
[ -d "$WWW/releases/$COMMIT" ] || exit 66
printf 'release_before=%s\\n' "$(basename "$(readlink "$WWW/current" || echo none)")"
ln -sfn "releases/$COMMIT" "$WWW/current.next"
mv -T "$WWW/current.next" "$WWW/current\""""
_WRONG_BUILD, _NO_RELEASE = 65, 66  # exit codes of the scripts
_TRIES = 3  # requests for what is served, one second apart


class PublishStep(StepBox):
    """`mode = "forward"` copies the build in `source` (of the repository) to `www`/releases/<commit> and serves it.

    "back" serves the existing release of `commit`, and builds nothing. A build whose `stamp` file does not contain the
    commit is refused, because after a failed build the old one is still there.
    """

    kind: ClassVar[str] = "publish"
    changes_production: ClassVar[bool] = True

    host: str
    repository: EnvName
    www: EnvName
    commit: str
    web: str
    source: VariableText = "dist"
    stamp: VariableText = "/build.json"
    headers: VariableTexts = Field(default_factory=dict)
    mode: Literal["forward", "back"] = "forward"

    def script(self) -> str:
        """The script of this mode."""
        return (_COPY if self.mode == "forward" else "") + _SWITCH

    def plan(self) -> list[str]:
        return [
            *host_plan(self.host, self.script(), self._env()),
            f"GET {self.web}{self.stamp}, expects commit = {self.commit}",
            f"GET {self.web}/, expects an HTML page (<!doctype html>, in any case)",
        ]

    def value_types(self) -> Mapping[str, ValueType]:
        return {"release_before": ValueType.WORD} if self.mode == "forward" else {}

    def preflight(self) -> list[PreflightCheck]:
        return [folder_check(self.host, self.www, "the folder that is served")]

    def run(self, ctx: Context) -> Outcome:
        result = run_job(self, ctx, self.host, self.script(), self._env())
        commit = fill(self.commit, ctx.values)
        if result.code == _WRONG_BUILD:
            return failed(f"The build in `{self.source}` is not from commit {commit[:10]}; nothing was published.")
        if result.code == _NO_RELEASE:
            return failed(f"Host “{self.host}” has no release of commit {commit[:10]}; nothing was changed.")
        if result.code:
            return failed(f"Publishing failed with exit code {result.code}.", lines=result.last_lines)
        if problem := self._problem(ctx, commit):
            return failed(problem)
        values = {name: value for name, value in parse_values(result.tail).items() if name in self.outputs()}
        compared = (f"{self.web} serves the build of {commit[:10]}",)
        return done(f"The build of commit {commit[:10]} is served.", values=values, compared=compared)

    def recover(self, ctx: Context) -> Outcome | None:
        return recover_job(self, ctx, self.host)

    def _env(self) -> dict[str, str]:
        env = {"WWW": self.www, "COMMIT": self.commit}
        if self.mode == "forward":
            env |= {"REPOSITORY": self.repository, "SOURCE": self.source, "STAMP": self.stamp}
        return env

    def _problem(self, ctx: Context, commit: str) -> str:
        """What is wrong with what is served, after a few tries; empty if nothing is."""
        problem = ""
        for _ in range(_TRIES):
            try:
                problem = self._problem_now(ctx, commit)
            except (ToolError, ValueError) as error:
                problem = f"{self.web} could not be checked: {error}"
            if not problem:
                break
            pause(ctx, 1)
        return problem

    def _problem_now(self, ctx: Context, commit: str) -> str:
        headers = page_texts(self.headers, ctx.values)
        path = PageText(self.stamp, ctx.values)
        stamp = ctx.tools.web.request(self.web, HttpRequest(path=path, headers=headers))
        data = stamp.json() if stamp.status == 200 else {}
        if not isinstance(data, dict) or data.get("commit") != commit:
            return f"{self.web}{self.stamp} answers {stamp.status} and does not name commit {commit[:10]}."
        page = ctx.tools.web.request(self.web, HttpRequest(path="/", headers=headers))
        if page.status != 200 or "<!doctype html" not in page.text[:1000].lower():
            return f"{self.web}/ answers {page.status} and is not an HTML page."
        return ""
