"""`publish`: switches the served build by a link, after and before comparing the build's stamp with the commit."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from commands.ports.preflight import PreflightCheck
from commands.ports.web import HttpRequest
from commands.steps.base import EnvName, StepBox
from commands.steps.execution import host_plan, pause, recover_job, run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.values import fill, parse_values
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


class PublishStep(StepBox):
    """`mode = "forward"` copies the build in `source` (of the repository) to `www`/releases/<commit> and serves it;
    "back" serves the release of `commit` that is there already, and builds nothing.

    A build whose `stamp` file does not name the commit is refused: after a failed build the old one is still there.
    """

    kind: ClassVar[str] = "publish"
    changes: ClassVar[bool] = True

    host: str
    repository: EnvName
    www: EnvName
    commit: str
    web: str
    source: str = "dist"
    stamp: str = "/build.json"
    headers: dict[str, str] = Field(default_factory=dict)
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

    def outputs(self) -> tuple[str, ...]:
        return ("release_before",) if self.mode == "forward" else ()

    def preflight(self) -> list[PreflightCheck]:
        return [folder_check(self.host, self.www, "the folder that is served")]

    def run(self, ctx: Context) -> Outcome:
        ended = run_job(self, ctx, self.host, self.script(), self._env())
        commit = fill(self.commit, ctx.values)
        if ended.code == 65:
            return failed(f"The build in {self.source} is not of commit {commit[:10]}; nothing was published.")
        if ended.code == 66:
            return failed(f"There is no release {commit[:10]} on {self.host} to serve; nothing was changed.")
        if ended.code:
            return failed(f"Publishing ended with {ended.code}.", lines=ended.last_lines)
        if wrong := self._served_wrong(ctx, commit):
            return failed(wrong)
        values = {name: value for name, value in parse_values(ended.tail).items() if name in self.outputs()}
        return done(f"The page served is the build of {commit[:10]}.", values=values)

    def recover(self, ctx: Context) -> Outcome | None:
        return recover_job(self, ctx, self.host)

    def _env(self) -> dict[str, str]:
        env = {"WWW": self.www, "COMMIT": self.commit}
        if self.mode == "forward":
            env |= {"REPOSITORY": self.repository, "SOURCE": self.source, "STAMP": self.stamp}
        return env

    def _served_wrong(self, ctx: Context, commit: str) -> str:
        """What is wrong with what is served, after a few tries; nothing when it is right."""
        wrong = ""
        for _ in range(3):
            try:
                wrong = self._look_at_page(ctx, commit)
            except (ToolError, ValueError) as error:
                wrong = f"{self.web} could not be read: {error}"
            if not wrong:
                break
            pause(ctx, 1)
        return wrong

    def _look_at_page(self, ctx: Context, commit: str) -> str:
        stamp = ctx.tools.web.request(self.web, HttpRequest(path=self.stamp, headers=self.headers))
        data = stamp.json() if stamp.status == 200 else {}
        if not isinstance(data, dict) or data.get("commit") != commit:
            return f"{self.web}{self.stamp} answers {stamp.status} and is not the stamp of {commit[:10]}."
        page = ctx.tools.web.request(self.web, HttpRequest(path="/", headers=self.headers))
        if page.status != 200 or "<!doctype html" not in page.text[:1000].lower():
            return f"{self.web}/ answers {page.status} and is not an HTML page."
        return ""
