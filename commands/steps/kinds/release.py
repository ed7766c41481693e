"""`release`: pins the commit to deploy and the commit that runs now, and stores files of the release."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from commands.ports.preflight import PreflightCheck, PreflightContext, PreflightResult, blocked, passed
from commands.steps.base import EnvName, StepBox
from commands.steps.execution import host_plan, run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.values import fill, parse_values
from commands.systems.preflight.hosts import ProgramsCheck
from commands.text.numbers import format_bytes, format_count

_SCRIPT = """\
cd "$REPOSITORY"
git fetch --quiet --tags --force origin
for name in "origin/$REF" "$REF"; do
  commit=$(git rev-parse --verify --quiet --end-of-options "$name^{commit}") && break
done
[ -n "$commit" ] || exit 66
before=$(git rev-parse HEAD)
git log --oneline -10 "$before..$commit"
changed=$(git diff --name-only "$before" "$commit" | wc -l)
git show --no-patch --format=committed_at=%cI "$commit"
printf 'changed=%s\\ncommit_before=%s\\ncommit=%s\\n' "$((changed))" "$before" "$commit\""""
_FILE = 'cd "$REPOSITORY"\ngit show "$COMMIT:$FILE"'
_HASH = 'cd "$REPOSITORY"\ngit rev-parse --verify --quiet --end-of-options "$COMMIT:$FILE"'
_NO_REF = 66  # exit code of the script
MAX_FILE_BYTES = 2_000_000  # a stored file is part of the record, and of the script of a rehearsal
_SPLIT = "bring large data in separately, or split the file"


class ReleaseStep(StepBox):
    """`ref` is a branch of origin; if there is none of that name, a tag or a commit.

    `files` are paths in the repository. Their texts, as the commit has them, are stored with the run.
    """

    kind: ClassVar[str] = "release"
    has_job: ClassVar[bool] = True

    host: str
    repository: EnvName
    ref: str = "<ref>"
    files: list[str] = Field(default_factory=list)

    def plan(self) -> list[str]:
        return host_plan(self.host, _SCRIPT, self._env()) + [
            f"on {self.host}: git show <commit>:{file}, stored with the run" for file in self.files
        ]

    def outputs(self) -> tuple[str, ...]:
        return ("commit", "commit_before")

    def preflight(self) -> list[PreflightCheck]:
        check = RefAndFiles(host=self.host, repository=self.repository, ref=self.ref, files=tuple(self.files))
        return [ProgramsCheck(host=self.host, names=("git",)), check]

    def run(self, ctx: Context) -> Outcome:
        result = run_job(self, ctx, self.host, _SCRIPT, self._env())
        ref = fill(self.ref, ctx.values)
        if result.code == _NO_REF:
            return failed(f"The repository's origin has no branch, tag or commit {ref}.", output=result.tail)
        if result.code:
            return failed(f"git failed with exit code {result.code}; nothing was changed.", lines=result.last_lines)
        values = parse_values(result.tail)
        commit, before = values["commit"], values["commit_before"]
        for file in self.files:
            if problem := self._store(ctx, commit, file):
                return failed(problem)
        changed = format_count(int(values["changed"]), "changed file")
        summary = f"{ref} is commit {commit[:10]}; production runs {before[:10]}; {changed}."
        if commit == before:
            summary = f"{ref} is commit {commit[:10]}, which production runs already. There is nothing new to deploy."
        return done(summary, lines=tuple(result.tail.splitlines()[: -len(values)]), values=values)

    def _env(self) -> dict[str, str]:
        return {"REPOSITORY": self.repository, "REF": self.ref}

    def _store(self, ctx: Context, commit: str, file: str) -> str:
        """Store one file with the run. Returns what is wrong, as a sentence; empty if it is stored."""
        env = {"REPOSITORY": self.repository, "COMMIT": commit, "FILE": file}
        git_hash = ctx.tools.shell.ask(self.host, _HASH, env=env)
        if git_hash.code:
            return f"Commit {commit[:10]} has no file {file}; the runbook page and the release do not match."
        content = ctx.tools.shell.ask(self.host, _FILE, env=env, keep=MAX_FILE_BYTES)
        if content.size > MAX_FILE_BYTES:
            return f"{file} {_too_large(content.size)}; {_SPLIT}."
        if content.code or blob(content.tail) != git_hash.tail.strip():
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


def blob(text: str) -> str:
    """The hash that git gives to a file with this text."""
    data = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, kw_only=True)
class RefAndFiles:
    """Preflight: whether origin has the ref, and the ref has all files. Passes their texts to the late checks."""

    host: str
    repository: str
    ref: str
    files: tuple[str, ...]
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The host."""
        return ("hosts", self.host)

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Fetch like the step, and read each file of that commit."""
        ref = fill(self.ref, {"ref": ctx.ref})
        result = ctx.tools.shell.ask(self.host, _SCRIPT, env={"REPOSITORY": self.repository, "REF": ref})
        if result.code == _NO_REF:
            return blocked(f"the repository's origin has no branch, tag or commit {ref}", "push it, or name another")
        commit = parse_values(result.tail).get("commit", "")
        if result.code or not commit:
            return blocked(f"the release cannot be fetched ({result.last_line})", "run git fetch there by hand")
        problems = [problem for file in self.files for problem in self._read(ctx, commit, file)]
        return problems or passed(f"{ref} is commit {commit[:10]}, with {self._all_files()}")

    def _all_files(self) -> str:
        count = len(self.files)
        return f"{'all ' if count > 1 else ''}{format_count(count, 'file')} that the page names"

    def _read(self, ctx: PreflightContext, commit: str, file: str) -> list[PreflightResult]:
        env = {"REPOSITORY": self.repository, "COMMIT": commit, "FILE": file}
        content = ctx.tools.shell.ask(self.host, _FILE, env=env, keep=MAX_FILE_BYTES)
        if content.code:
            return blocked(f"commit {commit[:10]} has no file {file}", "name the ref that this page was written for")
        if content.size > MAX_FILE_BYTES:
            return blocked(f"{file} {_too_large(content.size)}", _SPLIT)
        ctx.files[file] = content.tail
        return []
