"""`release`: pins the commit to deploy, asks what runs now, and stores files of the release."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import ClassVar

from commands.ports.page_text import PageText, Text
from commands.ports.preflight import PreflightCheck
from commands.steps.execution import run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.plan_line import program_plan
from commands.steps.shared.release_box import ReleaseBox
from commands.steps.shared.release_order import lacks, not_compared
from commands.steps.shared.release_preflight import RefAndFiles, RunningAsCloned, release_notes
from commands.steps.values import fill, without_values
from commands.systems.git.refs import PROGRAMS, Release, ReleaseError, ref_error, release_script
from commands.systems.git.release_files import read_unchanged_file
from commands.systems.git.release_now import RELEASE_NOW, release_changes
from commands.systems.preflight.hosts import ProgramsCheck
from commands.text.numbers import format_count
from commands.text.phrases import capitalized


class ReleaseStep(ReleaseBox):
    """Pins the commit to deploy, and stores the files of the release with the run.

    The ref is what origin has now. A tag that moves after the start is refused. Commits that run now and that the
    release lacks, because it is older or of another branch, are counted and do not stop it. The commit is `<commit>`
    for later steps, the one before is `<commit_before>`, and `<running_before>` if the page asks what runs.
    """

    kind: ClassVar[str] = "release"
    proves: ClassVar[str] = (
        "the commit is on a branch or tag of origin, may be deployed, and what runs now is what a rollback goes back to"
    )
    done_on_each: ClassVar[bool] = False
    evidence_name: ClassVar[str] = "commit"
    has_job: ClassVar[bool] = True

    def preflight(self) -> list[PreflightCheck]:
        programs = (*PROGRAMS, "ssh-keygen") if self.signed else PROGRAMS
        checks: list[PreflightCheck] = [ProgramsCheck(host=self.host, names=programs), RefAndFiles(step=self)]
        return [*checks, RunningAsCloned(step=self)] if self.running else checks

    def run(self, ctx: Context) -> Outcome:
        ref = fill(self.ref, ctx.values)
        if why := ref_error(ref):
            return failed(why)
        script = release_script(signed=self.signed)
        result = run_job(self, ctx, self.host, script, self.page_env(), self.data())
        try:
            release = self.release(result, ref)
            self.require_running(ctx.tools, release.before)
            self.require_green(ctx.tools, release)
            moved = _moved(release, ref, ctx.found_at_start.get(self.place_of(ref), ""))
            self._store(ctx, release.commit)
        except ReleaseError as error:
            return failed(error.sentence(), lines=without_values(result.last_lines))
        values = {"commit": release.commit, "commit_before": release.before, "committed_at": release.committed_at}
        values |= {"running_before": release.before} if self.running else {}
        evidence = {"commit": release.commit, "commit before": release.before, **self._file_names(ctx)}
        lines = (*release_notes(release), *without_values(result.tail.splitlines()))
        runs = bool(self.running)
        order = lacks(release, runs=runs) or not_compared(release, runs=runs)
        summary = f"{self._summary(release, ref)}{moved}{f' {capitalized(order)}.' if order else ''}"
        return done(summary, lines=lines, values=values, evidence=evidence)

    def recheck(self, ctx: Context, evidence: Mapping[str, str]) -> str:
        commit, before = ctx.values["commit"], ctx.values["commit_before"]
        hashes = self._hashes(ctx)
        if altered := [name for name, value in self._file_names(ctx).items() if evidence.get(name, value) != value]:
            return f"{', '.join(altered)} in the bot's record is not what was stored"
        env: dict[str, Text] = {
            "REPOSITORY": PageText(self.repository),
            **self.data(),
            "REF": fill(self.ref, ctx.values),
            "COMMIT": commit,
        }
        changes = [*release_changes(ctx.tools.shell, self.host, env, hashes, before, self.branches)]
        try:
            self.require_running(ctx.tools, before)
        except ReleaseError as error:
            changes.append(str(error))
        return "; ".join(changes)

    def recheck_plan(self) -> list[str]:
        env = {"REPOSITORY": self.repository, "REF": self.ref, "COMMIT": "<commit>", "FILES": " ".join(self.files)}
        says = (
            "compares <commit> with what REF names on origin now; the working copy must still be able to check it out"
        )
        asked = program_plan(self.host, says, RELEASE_NOW, env | self.data())
        return [*asked, *(place.plan() for place in self.running)]

    def _hashes(self, ctx: Context) -> dict[str, str]:
        """The SHA-256 of each stored file, by path."""
        return {file: hashlib.sha256((ctx.file(file) or "").encode()).hexdigest() for file in self.files}

    def _file_names(self, ctx: Context) -> dict[str, str]:
        """The same by the file's name, as people know it; by its path where two files have one name."""
        hashes = self._hashes(ctx)
        names = [PurePosixPath(file).name for file in hashes]
        return {
            name if names.count(name) == 1 else file: hashes[file] for name, file in zip(names, hashes, strict=True)
        }

    def _store(self, ctx: Context, commit: str) -> None:
        """Store the files with the run. Raises ReleaseError."""
        for file in self.files:
            text = read_unchanged_file(ctx.tools.shell, self.host, PageText(self.repository), commit, file)
            ctx.save_file(file, text)
            if ctx.file(file) != text:
                what = f"the file {file} has changed since this run first read it"
                raise ReleaseError(what, "abort this run and start a new one")

    def _summary(self, release: Release, ref: str) -> str:
        commit, before = release.commit[:10], release.before[:10]
        changed = format_count(release.changed, "changed file")
        same = release.commit == release.before
        if not self.running:
            clone = f"at {before}" if not same else "at that commit already"
            files = "" if same else f" {changed}."
            return f"{ref} is commit {commit}. The clone on {self.host} is {clone}; what answers was not asked.{files}"
        asked = ", ".join(place.source for place in self.running)
        if same:
            return f"{ref} is commit {commit}, which runs already ({asked}). There is nothing new to deploy."
        return f"{ref} is commit {commit}; {before} runs now ({asked}); {changed}."


def _moved(release: Release, ref: str, before: str) -> str:
    """What to say if the ref was another commit at the start; empty if not. Raises ReleaseError for a tag."""
    if before in {"", release.commit}:
        return ""
    if release.found.startswith("refs/tags/"):
        raise ReleaseError(
            f"the tag {ref} was moved on origin: it was commit {before[:10]} at the start, now it is "
            f"{release.commit[:10]}",
            "find out who moved it and why, then abort this run and start a new one",
        )
    return f" At the start, {ref} was commit {before[:10]}."
