"""`release`: pins the commit to deploy and the one that runs now; stores files of both."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from commands.ports.page_text import PLACEHOLDER, PageText, Text
from commands.ports.preflight import OK, PreflightCheck, PreflightContext, PreflightResult, blocked
from commands.ports.shell import CommandResult
from commands.ports.tools import Tools
from commands.steps.base import StepBox
from commands.steps.execution import host_plan, run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import EnvName
from commands.steps.shared.commit_checks import CommitCheck, first_problem
from commands.steps.value_types import ValueType
from commands.steps.values import fill, has_placeholder, parse_values, without_values
from commands.systems.git.refs import (
    PROGRAMS,
    Release,
    ReleaseError,
    branches_regex,
    parse_release,
    pattern_error,
    ref_error,
    release_script,
)
from commands.systems.git.release_now import RELEASE_NOW, release_changes
from commands.systems.preflight.hosts import ProgramsCheck
from commands.text.numbers import format_bytes, format_count

_IN = 'export GIT_NO_REPLACE_OBJECTS=1\ncd "$REPOSITORY"\n'
_FILE = _IN + 'git show "$COMMIT:$FILE"'
_HASH = _IN + 'git rev-parse --verify --quiet --end-of-options "$COMMIT:$FILE"'
MAX_FILE_BYTES = 2_000_000  # a stored file is part of the record, and of the script of a rehearsal
_SPLIT = "bring large data in separately, or split the file"


def _pattern(value: str) -> str:
    if why := pattern_error(value):
        raise ValueError(why)
    return value


BranchPattern = Annotated[str, AfterValidator(_pattern)]


class ReleaseStep(StepBox):
    """`ref` is a branch, tag or whole commit id that origin has now; a commit must be in one of its branches or tags.

    - `files`: paths in the repository. Their texts, as the commit has them, are stored with the run.
    - `branches`: the branches that may be deployed, like "main" or "release/*"; a tag or commit must be in one of them.
      `*` stands for anything but a slash, `**` for anything.
    - `signed`: the tag itself, or else the commit, must be signed with an SSH key of `signers`, and the key must be its
      tagger's or committer's own. `signers` names a variable that holds the lines of git's allowed-signers file, so
      that neither the repository nor the host can change who counts.
    - `checks`: what a status API must say of the commit.
    """

    kind: ClassVar[str] = "release"
    evidence_name: ClassVar[str] = "commit"
    has_job: ClassVar[bool] = True

    host: str
    repository: EnvName
    ref: str = "<ref>"
    files: list[str] = Field(default_factory=list)
    branches: list[BranchPattern] = Field(default_factory=list)
    signed: bool = False
    signers: EnvName | None = None
    checks: list[CommitCheck] = Field(default_factory=list)

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.signed and not self.signers:
            raise ValueError('signers: is missing; write the variable with the allowed signers, like "$SIGNERS"')
        if self.signers and not self.signed:
            raise ValueError("signed: is missing, so nobody would look at signers; write signed = true")
        if not has_placeholder(self.ref) and (why := ref_error(self.ref)):
            raise ValueError(f"ref: {why}")
        return self

    def plan(self) -> list[str]:
        return [
            *host_plan(self.host, release_script(signed=self.signed), self._page_env() | self._data()),
            *(f"on {self.host}: git show <commit>:{file}, stored with the run" for file in self.files),
            *(check.plan() for check in self.checks),
        ]

    def value_types(self) -> Mapping[str, ValueType]:
        return {
            "commit": ValueType.COMMIT,
            "commit_before": ValueType.COMMIT,
            "committed_at": ValueType.WORD,
        }

    def inputs(self) -> set[str]:
        return set(PLACEHOLDER.findall(self.ref))

    def places(self) -> set[tuple[str, str]]:
        return super().places() | {("webs", check.web) for check in self.checks}

    def preflight(self) -> list[PreflightCheck]:
        programs = (*PROGRAMS, "ssh-keygen") if self.signed else PROGRAMS
        return [ProgramsCheck(host=self.host, names=programs), RefAndFiles(step=self)]

    def run(self, ctx: Context) -> Outcome:
        ref = fill(self.ref, ctx.values)
        if why := ref_error(ref):
            return failed(why)
        script = release_script(signed=self.signed)
        result = run_job(self, ctx, self.host, script, self._page_env(), self._data())
        try:
            release = self.release(result, ref)
            self.require_green(ctx.tools, release)
            moved = _moved(release, ref, ctx.found_at_start.get(self.place_of(ref), ""))
        except ReleaseError as error:
            return failed(error.sentence(), lines=result.last_lines)
        for file in self.files:
            if problem := self._store(ctx, release.commit, file):
                return failed(problem)
        values = {"commit": release.commit, "commit_before": release.before, "committed_at": release.committed_at}
        evidence = {"commit": release.commit, "commit before": release.before, **self._file_names(ctx)}
        lines = (*_notes(release), *without_values(result.tail.splitlines()))
        return done(_summary(release, ref) + moved, lines=lines, values=values, evidence=evidence)

    def recheck(self, ctx: Context, evidence: Mapping[str, str]) -> str:
        commit, before = ctx.values["commit"], ctx.values["commit_before"]
        hashes = self._hashes(ctx)
        if altered := [name for name, value in self._file_names(ctx).items() if evidence.get(name, value) != value]:
            return f"{', '.join(altered)} in the bot's state file is not what was stored"
        env: dict[str, Text] = {
            "REPOSITORY": PageText(self.repository),
            **self._data(),
            "REF": fill(self.ref, ctx.values),
            "COMMIT": commit,
        }
        return "; ".join(release_changes(ctx.tools.shell, self.host, env, hashes, before, self.branches))

    def recheck_plan(self) -> list[str]:
        env = {"REPOSITORY": self.repository, "REF": self.ref, "COMMIT": "<commit>", "FILES": " ".join(self.files)}
        return host_plan(self.host, RELEASE_NOW, env | self._data())

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

    def release(self, result: CommandResult, ref: str) -> Release:
        """What the script found. Raises ReleaseError."""
        return parse_release(result, parse_values(result.tail), ref, self.branches)

    def require_green(self, tools: Tools, release: Release) -> None:
        """Raise ReleaseError if one of the `checks` is not green."""
        if problem := first_problem(self.checks, tools.web, release.commit):
            what = f"commit {release.commit[:10]} is not green: {problem}"
            raise ReleaseError(what, "wait until its checks have passed, or mend them")

    def place_of(self, ref: str) -> str:
        """The name under which the preflight hands on which commit a ref was."""
        return f"{self.host} {self.repository} {ref}"

    def env(self, ref: str) -> dict[str, Text]:
        """The environment of the script for a ref."""
        env: dict[str, Text] = {name: PageText(text) for name, text in self._page_env().items()}
        return {**env, **self._data(), "REF": ref}

    def _page_env(self) -> dict[str, str]:
        signers = {"SIGNERS": self.signers} if self.signers else {}
        return {"REPOSITORY": self.repository, "REF": self.ref, **signers}

    def _data(self) -> dict[str, str]:
        return {"BRANCHES": branches_regex(self.branches)}

    def _store(self, ctx: Context, commit: str, file: str) -> str:
        """Store one file with the run. Returns what is wrong, as a sentence; empty if it is stored."""
        env: dict[str, Text] = {"REPOSITORY": PageText(self.repository), "COMMIT": commit, "FILE": file}
        git_hash = ctx.tools.shell.ask(self.host, _HASH, env=env)
        if git_hash.code:
            return f"Commit {commit[:10]} has no file {file}; the runbook page and the release do not match."
        content = ctx.tools.shell.ask(self.host, _FILE, env=env, keep=MAX_FILE_BYTES)
        if content.size > MAX_FILE_BYTES:
            return f"{file} {_too_large(content.size)}; {_SPLIT}."
        if content.code or blob(content.tail, len(commit)) != git_hash.tail.strip():
            return (
                f"{file} of commit {commit[:10]} cannot be stored unchanged: it is not UTF-8 text, or it contains one "
                "of the bot's secrets, which the bot masks in everything it reads."
            )
        ctx.save_file(file, content.tail)
        if ctx.file(file) != content.tail:
            return f"{file} has changed since this run first read it; abort this run and start a new one."
        return ""


def _too_large(size: int) -> str:
    return f"is {format_bytes(size)}, but at most {format_bytes(MAX_FILE_BYTES)} can be stored with the run"


def blob(text: str, digits: int = 40) -> str:
    """The hash that git gives to a file with this text, in a repository with ids of so many hex digits (40 or 64)."""
    data = text.encode()
    data = b"blob %d\0" % len(data) + data
    if digits == 40:
        return hashlib.sha1(data, usedforsecurity=False).hexdigest()
    return hashlib.sha256(data).hexdigest()


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


def _summary(release: Release, ref: str) -> str:
    commit, before = release.commit[:10], release.before[:10]
    if release.commit == release.before:
        return f"{ref} is commit {commit}, which runs already. There is nothing new to deploy."
    return f"{ref} is commit {commit}; {before} runs now; {format_count(release.changed, 'changed file')}."


def _notes(release: Release) -> tuple[str, ...]:
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

    step: ReleaseStep
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
        return problems or [PreflightResult(level=OK, summary=self._summary(release, ref), kept=kept)]

    def _summary(self, release: Release, ref: str) -> str:
        count = len(self.step.files)
        files = f"{'all ' if count > 1 else ''}{format_count(count, 'file')} that the page names"
        notes = "".join(f". {note}" for note in _notes(release)).rstrip(".")
        return f"{ref} is commit {release.commit[:10]}, with {files}{notes}"

    def _read(self, ctx: PreflightContext, commit: str, file: str) -> list[PreflightResult]:
        env: dict[str, Text] = {"REPOSITORY": PageText(self.step.repository), "COMMIT": commit, "FILE": file}
        content = ctx.tools.shell.ask(self.step.host, _FILE, env=env, keep=MAX_FILE_BYTES)
        if content.code:
            return blocked(f"commit {commit[:10]} has no file {file}", "name the ref that this page was written for")
        if content.size > MAX_FILE_BYTES:
            return blocked(f"{file} {_too_large(content.size)}", _SPLIT)
        ctx.files[file] = content.tail
        return []
