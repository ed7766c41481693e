"""Preflight of a `release`: the ref, its files, and what production runs."""

from __future__ import annotations

from commands.ports.page_text import PageText
from commands.ports.preflight import OK, PreflightContext, PreflightResult, blocked, passed, warned
from commands.steps.shared.release_box import ReleaseBox
from commands.steps.shared.release_order import lacks, not_compared
from commands.steps.values import fill
from commands.systems.git.environment import OWN_REPOSITORY
from commands.systems.git.refs import Release, ReleaseError, release_script
from commands.systems.git.release_files import read_unchanged_file
from commands.text.numbers import format_count
from commands.text.phrases import capitalized
from state.frozen import dataclass

_HEAD = OWN_REPOSITORY + 'cd "$REPOSITORY" && git rev-parse --verify --quiet HEAD'


def release_notes(release: Release) -> tuple[str, ...]:
    """What was compared, one line each."""
    notes = [f"Signed by {release.signer}."] if release.signer else []
    if not release.found:
        notes.append(f"The commit is in {release.contained} of origin.")
    if not release.followed:
        notes.append("The working copy does not fetch this branch by itself; it was fetched by its name.")
    return tuple(notes)


@dataclass(frozen=True, kw_only=True)
class RefAndFiles:
    """Preflight: whether the ref may be deployed, and has all files. Passes their texts to the late checks."""

    step: ReleaseBox
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The host."""
        return ("hosts", self.step.host)

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Fetch like the step, judge like the step, and read each file of that commit."""
        step, ref = self.step, fill(self.step.ref, {"ref": ctx.ref})
        result = ctx.tools.shell.ask(step.host, release_script(signed=step.signed), env=step.env(ref))
        try:
            release = step.release(result, ref)
            step.require_green(ctx.tools, release)
        except ReleaseError as error:
            return blocked(str(error), error.todo)
        problems = [problem for file in step.files for problem in self._read(ctx, release.commit, file)]
        kept = ((step.place_of(ref), release.commit),)
        if problems:
            return problems
        found = PreflightResult(level=OK, summary=self._summary(release, ref), kept=kept)
        if order := lacks(release, runs=bool(step.running)):
            what = f"{ref} is commit {release.commit[:10]}; {order}"
            return [found, *warned(what, "name another, or start it if that is meant")]
        return [found]

    def _summary(self, release: Release, ref: str) -> str:
        count = len(self.step.files)
        files = (
            f", with {'all ' if count > 1 else ''}{format_count(count, 'file')} that the page names" if count else ""
        )
        unknown = not_compared(release, runs=bool(self.step.running))
        said = (*release_notes(release), *([capitalized(unknown)] if unknown else []))
        notes = "".join(f". {note}" for note in said).rstrip(".")
        return f"{ref} is commit {release.commit[:10]}{files}{notes}"

    def _read(self, ctx: PreflightContext, commit: str, file: str) -> list[PreflightResult]:
        repository = PageText(self.step.repository)
        try:
            ctx.files[file] = read_unchanged_file(ctx.tools.shell, self.step.host, repository, commit, file)
        except ReleaseError as error:
            return blocked(str(error), error.todo)
        return []


@dataclass(frozen=True, kw_only=True)
class RunningAsCloned:
    """Preflight: whether production runs the commit at which the clone is."""

    step: ReleaseBox
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The host."""
        return ("hosts", self.step.host)

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Ask what runs, and compare it with the clone."""
        step = self.step
        before = ctx.tools.shell.ask(step.host, _HEAD, env={"REPOSITORY": PageText(step.repository)})
        if before.code:
            return []  # the check of the ref says it
        try:
            step.require_running(ctx.tools, before.tail.strip())
        except ReleaseError as error:
            return blocked(str(error), error.todo)
        asked = ", ".join(place.source for place in step.running)
        return passed(f"commit {before.tail[:10]} runs ({asked}), and the clone is at it")
