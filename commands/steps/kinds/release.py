"""`release`: pins what is deployed: the commit, the commit that runs now, and the files that must outlive a checkout."""

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

_SCRIPT = """\
cd "$REPOSITORY"
git fetch --quiet --tags --force origin
for name in "origin/$REF" "$REF"; do commit=$(git rev-parse --verify --quiet --end-of-options "$name^{commit}") && break; done
[ -n "$commit" ] || exit 66
before=$(git rev-parse HEAD)
git log --oneline -10 "$before..$commit"
changed=$(git diff --name-only "$before" "$commit" | wc -l)
git show --no-patch --format=committed_at=%cI "$commit"
printf 'changed=%s\\ncommit_before=%s\\ncommit=%s\\n' "$((changed))" "$before" "$commit\""""
_FILE = 'cd "$REPOSITORY"\ngit show "$COMMIT:$FILE"'
_HASH = 'cd "$REPOSITORY"\ngit rev-parse --verify --quiet --end-of-options "$COMMIT:$FILE"'
KEPT_AT_MOST = 2_000_000  # bytes of one file, which stand in the record and travel with the rehearsal's script
SPLIT = "bring large data in a way of its own, or split the file"


class ReleaseStep(StepBox):
    """`ref` is a branch of origin first, then a tag or commit. `files` are kept with the run, by path, as that commit has them."""

    kind: ClassVar[str] = "release"

    host: str
    repository: EnvName
    ref: str = "<ref>"
    files: list[str] = Field(default_factory=list)

    def plan(self) -> list[str]:
        return host_plan(self.host, _SCRIPT, self._env()) + [
            f"on {self.host}: git show <commit>:{file}, kept with the run" for file in self.files
        ]

    def outputs(self) -> tuple[str, ...]:
        return ("commit", "commit_before")

    def preflight(self) -> list[PreflightCheck]:
        asks = RefAndFiles(host=self.host, repository=self.repository, ref=self.ref, files=tuple(self.files))
        return [ProgramsCheck(host=self.host, names=("git",)), asks]

    def run(self, ctx: Context) -> Outcome:
        ended = run_job(self, ctx, self.host, _SCRIPT, self._env())
        ref = fill(self.ref, ctx.values)
        if ended.code == 66:
            return failed(f"There is no branch, tag or commit {ref} in the repository's origin.", output=ended.tail)
        if ended.code:
            return failed(f"git ended with {ended.code}; nothing was changed.", lines=ended.last_lines)
        values = parse_values(ended.tail)
        commit, before = values["commit"], values["commit_before"]
        for file in self.files:
            if wrong := self._keep(ctx, commit, file):
                return failed(wrong)
        changed = int(values["changed"])
        files = "file changes" if changed == 1 else "files change"
        summary = f"{ref} is {commit[:10]}; production runs {before[:10]}, and {changed} {files}."
        if commit == before:
            summary = f"{ref} is {commit[:10]}, which production runs already: nothing new would be deployed."
        return done(summary, lines=tuple(ended.tail.splitlines()[: -len(values)]), values=values)

    def _env(self) -> dict[str, str]:
        return {"REPOSITORY": self.repository, "REF": self.ref}

    def _keep(self, ctx: Context, commit: str, file: str) -> str:
        """Keep one file with the run; says what is wrong, or nothing."""
        env = {"REPOSITORY": self.repository, "COMMIT": commit, "FILE": file}
        wanted = ctx.tools.shell.ask(self.host, _HASH, env=env)
        if wanted.code:
            return f"Commit {commit[:10]} has no file {file}; the runbook page and the release do not fit together."
        found = ctx.tools.shell.ask(self.host, _FILE, env=env, keep=KEPT_AT_MOST)
        if found.size > KEPT_AT_MOST:
            return f"{file} {_too_large(found.size)}; {SPLIT}."
        if found.code or blob(found.tail) != wanted.tail.strip():
            return (
                f"{file} cannot be kept as commit {commit[:10]} has it: it is not UTF-8 text, or it holds a secret of the bot's, "
                "which is hidden in all that the bot reads."
            )
        ctx.save_file(file, found.tail)
        if ctx.file(file) != found.tail:
            return f"{file} changed since this run first read it; abort this run and start a new one."
        return ""


def _too_large(size: int) -> str:
    return f"has {size / 1e6:.1f} MB, and at most {KEPT_AT_MOST / 1e6:.0f} MB can be kept with the run"


def blob(text: str) -> str:
    """The name git gives to a file with this text."""
    data = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, kw_only=True)
class RefAndFiles:
    """Whether the ref is in the repository's origin, and holds every file of the page; leaves their texts for other checks."""

    host: str
    repository: str
    ref: str
    files: tuple[str, ...]
    late: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The host."""
        return ("hosts", self.host)

    def examine(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Fetch as the step does, and read each file as that commit has it."""
        ref = fill(self.ref, {"ref": ctx.ref})
        ended = ctx.tools.shell.ask(self.host, _SCRIPT, env={"REPOSITORY": self.repository, "REF": ref})
        if ended.code == 66:
            return blocked(
                f"there is no branch, tag or commit {ref} in the repository's origin", "push it, or name another"
            )
        commit = parse_values(ended.tail).get("commit", "")
        if ended.code or not commit:
            return blocked(f"the release cannot be fetched ({ended.last_line})", "try git fetch there by hand")
        found = [one for file in self.files for one in self._file(ctx, commit, file)]
        return found or passed(f"{ref} is {commit[:10]}, with all {len(self.files)} files that the page names")

    def _file(self, ctx: PreflightContext, commit: str, file: str) -> list[PreflightResult]:
        env = {"REPOSITORY": self.repository, "COMMIT": commit, "FILE": file}
        read = ctx.tools.shell.ask(self.host, _FILE, env=env, keep=KEPT_AT_MOST)
        if read.code:
            return blocked(f"commit {commit[:10]} has no file {file}", "name the ref that this page was written for")
        if read.size > KEPT_AT_MOST:
            return blocked(f"{file} {_too_large(read.size)}", SPLIT)
        ctx.files[file] = read.tail
        return []
