"""`publish`: serves a new build by switching a link, and checks the build stamp."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from commands.ports.page_text import Text
from commands.ports.preflight import PreflightCheck, PreflightResult, blocked, passed, warned
from commands.ports.shell import CommandResult
from commands.steps.base import StepBox
from commands.steps.execution import recover_job, run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import EnvName, VariableText
from commands.steps.plan_line import program_plan
from commands.steps.shared.one_address import one_address_warning
from commands.steps.shared.readiness import READY_WITHIN
from commands.steps.shared.served_build import ServedBuild
from commands.steps.shared_fields import Headers, HostName, Repository, WebName
from commands.steps.value_types import ValueType, fits
from commands.steps.values import fill, page_texts, parse_values
from commands.systems.built_page import NOT_COMPARED, page_of_build
from commands.systems.folders.may_write import not_writable
from commands.systems.kept_pages import GO_ON, REVALIDATE
from commands.systems.later_parts import later_parts
from commands.systems.linked_files import linked_files
from commands.systems.old_build import old_build
from commands.systems.packed_files import packed_files
from commands.systems.preflight.answer_fields import AnswerFieldsCheck, Reads
from commands.systems.preflight.free_files import (
    LEAST_FILES,
    copy_does_not_fit,
    too_few,
)
from commands.systems.preflight.hosts import HostCheck, ProgramsCheck, folder_check, readers_check
from commands.systems.preflight.served_parts import ServedPartsCheck
from commands.systems.served_folder import (
    BACK,
    CAN_GO_BACK,
    FORWARD,
    IN_WAY,
    NO_FILES,
    NO_LINK,
    NO_RELEASE,
    NOT_COMPLETE,
    NOT_COPIED,
    NOT_WRITABLE,
    WRONG_BUILD,
)
from commands.text.durations import Duration
from commands.text.exit_codes import exit_words
from commands.text.numbers import format_bytes
from commands.text.phrases import capitalized, on_web
from commands.text.printable import printable
from state.errors import Failed


class PublishStep(StepBox):
    """Serves a new build by switching a link, and checks that it is served; in a rollback, what was served before.

    The build is copied to `releases/<commit>`. A release of that name which differs stays, and the build is named
    `<commit>-2`. A build whose stamp does not name the commit is refused: after a failed build the old one is still
    there. The page that is served must name the scripts and stylesheets of the build's `index.html`, because a
    cache in front may have the page of before, and each of them must be served, not refused or replaced by a page,
    fit the `integrity` of its tag, and not be the file of that name of the build before. The rollback builds nothing,
    and only says which of them browsers do not get. A page that browsers may keep for more than an hour without asking
    again is named, and so are what its Content-Security-Policy refuses, a service worker, packed files (`.br`, `.gz`)
    of another build, scripts that the page loads later and does not get, and files of the build before that tabs still
    ask for: let the build have them too, or the page load itself again where a part is missing.
    """

    kind: ClassVar[str] = "publish"
    proves: ClassVar[str] = (
        "the web site serves the build of that commit, an HTML page with its scripts and stylesheets, and these"
    )
    changes_production: ClassVar[bool] = True

    host: HostName
    repository: Repository
    www: EnvName = Field(
        description=(
            "The variable with the folder that is served: its link `current` points to a folder in `releases`."
        ),
        examples=["$PROD_WWW"],
    )
    commit: str = Field(description="The commit that the build must be of.", examples=["<commit>"])
    web: WebName
    source: VariableText = Field(
        default="dist",
        description="The folder with the build, as a path in the repository.",
        examples=["frontend/dist"],
    )
    stamp: VariableText = Field(
        default="/build.json",
        description='The path of the build\'s JSON file that names its commit: `{"commit": "…"}`.',
        examples=["/build.json"],
    )
    headers: Headers = Field(default_factory=dict)
    ready_within: Duration = Field(
        default=READY_WITHIN,
        description=(
            "How long the web server may go on serving what it had before; nginx with `open_file_cache` does so for "
            "a minute if nothing else is set."
        ),
        examples=["2 min"],
    )
    mode: Literal["forward", "back"] = Field(
        default="forward", description="Whether the build is served, or in a rollback what was served before this run."
    )

    def script(self) -> str:
        """The script of this mode."""
        return FORWARD if self.mode == "forward" else BACK

    def changed_thing(self) -> tuple[str, ...]:
        return (self.host, self.www)

    def plan(self) -> list[str]:
        page = on_web(self.web, "/")
        return [
            *program_plan(self.host, self._says(), self.script(), self._env()),
            f"GET {on_web(self.web, self.stamp)}, expects commit = {self.commit}, also on ten connections more",
            f"GET {page}, expects an HTML page (<!doctype html>) with the build's scripts and stylesheets",
            f"GET {self.web}: each of these scripts and stylesheets",
        ]

    def _says(self) -> str:
        if self.mode == "back":
            return f"points {self.www}/current back to the release that was served before"
        return f"copies the build to {self.www}/releases/<commit>, and points {self.www}/current there"

    def value_types(self) -> Mapping[str, ValueType]:
        return {"release_before": ValueType.WORD} if self.mode == "forward" else {}

    def preflight(self) -> list[PreflightCheck]:
        env = (("WWW", self.www),)
        headers = tuple(self.headers.items())
        stamp = Reads(path=self.stamp, fields=("commit",), by="`stamp` of `publish`", headers=headers)
        return [
            AnswerFieldsCheck(web=self.web, reads=(stamp,)),
            ServedPartsCheck(web=self.web, headers=headers),
            folder_check(self.host, self.www, "the folder that is served"),
            ProgramsCheck(host=self.host, names=("awk", "cp", "diff", "du", "df", "find", "readlink")),
            readers_check(self.host, f"{self.www}/current", "in the folder that is served"),
            HostCheck(host=self.host, script=CAN_GO_BACK, judge=_judge_preflight, env=env),
        ]

    def page_warning(self, boxes: Mapping[str, StepBox]) -> str:
        return one_address_warning(self, boxes, ("stamp", "mode"))

    def run(self, ctx: Context) -> Outcome:
        result = run_job(self, ctx, self.host, self.script(), self._env(), {"RUN": ctx.run.key})
        commit = fill(self.commit, ctx.values)
        if result.code:
            why = self._why(commit[:10], result).get(result.code, f"Publishing failed with {exit_words(result.code)}.")
            return failed(why, lines=result.last_lines)
        built = page_of_build(result.tail)
        headers = page_texts(self.headers, ctx.values)
        old, packed, later = old_build(result.tail), packed_files(result.tail), later_parts(result.tail)
        served = ServedBuild(ctx, self.web, self.stamp, commit, headers, built, old, packed, later)
        served.ask(self.ready_within.total_seconds())
        if problem := served.problem or ("" if self.mode == "back" else served.broken):
            return failed(problem, inconclusive=served.challenged)
        before = parse_values(result.tail).get("release_before", "")
        values = {"release_before": before} if self.outputs() and fits(before, ValueType.WORD) else {}
        unseen = served.not_compared() if built.parts else (*served.in_browsers(), NOT_COMPARED)
        summary = f"The build of commit {commit[:10]} is served."
        if served.broken:  # of a rollback: whether it was so before the deploy, nobody knows
            summary, unseen = f"{summary} But {served.broken}", (*unseen, f"whether the page works: {served.broken}")
        if served.kept:
            summary += f" But {served.kept}, so {GO_ON}. {capitalized(REVALIDATE)}."
        for doubt in filter(None, (*served.doubts(), linked_files(result.tail))):
            summary += f" But {doubt}."
        return done(summary, values=values, compared=(served.compared(),), not_compared=unseen)

    def recover(self, ctx: Context) -> Outcome | None:
        return recover_job(self, ctx, self.host)

    def in_its_way(self, ctx: Context, name: str) -> tuple[str, ...]:
        if self.mode == "forward":
            return ()
        env: dict[str, Text] = {**page_texts(self._env(), ctx.values), "RUN": ctx.run.key}
        result = ctx.tools.shell.ask(self.host, IN_WAY, env=env)
        if result.code:
            raise Failed(f"the releases could not be looked at ({result.last_line})")
        found, why = parse_values(result.tail), []
        if "gone" in found:
            release = printable(found["gone"])
            why.append(f"the release {release}, which was served before, is gone, so {name} would refuse: put it back")
        if "closed" in found:
            why.append(
                f"the deploying user may not replace the link `current` now, so {name} would fail: give it `www`"
            )
        return tuple(why)

    def _why(self, commit: str, result: CommandResult) -> dict[int, str]:
        """The sentence for each exit code of the scripts."""
        no_room = copy_does_not_fit(parse_values(result.tail), f"`{self.source}`", "in `releases`")
        return {
            NO_FILES: f"{no_room} Nothing was published.",
            NOT_COMPLETE: f"`{self.source}` could not be copied completely; nothing was published.",
            WRONG_BUILD: f"The build in `{self.source}` is not from commit {commit}; nothing was published.",
            NO_RELEASE: f"Host “{self.host}” has no release of commit {commit}; nothing was changed.",
            NO_LINK: f"`current` in `www` on host “{self.host}” is not a link; nothing was changed.",
            NOT_COPIED: f"The copy of `{self.source}` differs from it; nothing was published.",
        }

    def _env(self) -> dict[str, str]:
        env = {"WWW": self.www, "COMMIT": self.commit}
        if self.mode == "forward":
            env |= {"REPOSITORY": self.repository, "SOURCE": self.source, "STAMP": self.stamp}
        return env


def _judge_preflight(result: CommandResult) -> list[PreflightResult]:
    if result.code == NO_LINK:
        todo = "move it to releases/ and link to it, so that one rename serves another build"
        return blocked("`current` in the folder that is served is not a link", todo)
    if result.code == NOT_WRITABLE:
        what = "`releases` in the folder that is served"
        return blocked(*not_writable(result.tail, what, "give it to the user that deploys"))
    if result.code == NO_RELEASE:
        return warned("no release is served there now", "nothing can be served again by a rollback; check `current`")
    if result.code:
        return blocked(f"the release that is served cannot be read ({result.last_line})", "check `current` there")
    need, free = (int(line) for line in result.tail.split()[-2:])
    if free <= need:
        sizes = f"the release there needs {format_bytes(need * 1024)}, and only {format_bytes(free * 1024)} is free"
        return blocked(f"a second release does not fit: {sizes}", "free up space there")
    values = parse_values(result.tail)
    needed = int(values["files"]) + LEAST_FILES
    few = too_few(values["free_files"], "in `releases` of the folder that is served", needed)
    return few or passed("the release that is served now can be served again")
