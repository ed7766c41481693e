"""`review`: what a reviewer must see: the changed files against what production runs, and findings in what was added."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import ClassVar

from pydantic import Field

from commands.ports.preflight import PreflightCheck
from commands.steps.base import EnvName, StepBox
from commands.steps.execution import host_plan
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.values import fill
from commands.systems import code_review
from commands.systems.preflight.hosts import ProgramsCheck

_STAT = 'cd "$REPOSITORY"\ngit diff --no-color --stat=100 "$BEFORE" "$COMMIT"'
_NAMES = 'cd "$REPOSITORY"\ngit diff --name-only -z --diff-filter=d "$BEFORE" "$COMMIT" | tr "\\0" "\\n"'
_ADDED = 'cd "$REPOSITORY"\ngit --literal-pathspecs diff --no-color -U0 "$BEFORE" "$COMMIT" -- "$FILE"'
_READ_AT_MOST = 1_000_000  # bytes of one file's diff, and of the list of files
_SHOWN = 20  # findings in the thread; all are in the whole output
_LOCKS = ("package-lock.json", "yarn.lock", "pnpm-lock.yaml")


class ReviewStep(StepBox):
    """Findings do not fail the step: they are shown to the reviewer, who signs or refuses (`sign` on the page).

    `migrations` are files that the `release` step kept; each is parsed as PostgreSQL would parse it.
    """

    kind: ClassVar[str] = "review"

    host: str
    repository: EnvName
    before: str = "<commit_before>"
    commit: str = "<commit>"
    migrations: list[str] = Field(default_factory=list)

    def plan(self) -> list[str]:
        return [
            *host_plan(self.host, _STAT, self._env()),
            f'on {self.host}: git diff -U0 "$BEFORE" "$COMMIT", file by file: debug code and secrets in added lines',
            *(
                f"parses {file} and lints it: long locks, statements that break clients or need no transaction"
                for file in self.migrations
            ),
        ]

    def preflight(self) -> list[PreflightCheck]:
        return [ProgramsCheck(host=self.host, names=("git",))]

    def run(self, ctx: Context) -> Outcome:
        env = {name: fill(value, ctx.values) for name, value in self._env().items()}
        stat = ctx.tools.shell.ask(self.host, _STAT, env=env)
        names = ctx.tools.shell.ask(self.host, _NAMES, env=env, keep=_READ_AT_MOST)
        if stat.code or names.code:
            return failed(
                "git cannot compare the two commits.", lines=tuple((stat.tail + names.tail).splitlines()[-8:])
            )
        if names.size > _READ_AT_MOST:
            return failed("Too many files changed to search them all; deploy in smaller releases, or review by hand.")
        found = [line for file in names.tail.splitlines() for line in self._in_file(ctx, env, file)]
        found += [line for file in self.migrations for line in self._in_migration(ctx, file)]
        found.sort(key=lambda line: code_review.LEAK not in line)
        more = (f"… and {len(found) - _SHOWN} more, in the whole output",) if len(found) > _SHOWN else ()
        shown = (*stat.tail.splitlines()[-12:], *found[:_SHOWN], *more, self._pinned(ctx, env["COMMIT"]))
        summary = (
            f"{len(found)} {'finding' if len(found) == 1 else 'findings'} to look at before you sign."
            if found
            else "Nothing suspicious was found in what changed."
        )
        output = "\n".join((stat.tail, *found, shown[-1]))
        return done(summary, lines=shown, output=output, measures={"findings": float(len(found))})

    def _env(self) -> dict[str, str]:
        return {"REPOSITORY": self.repository, "BEFORE": self.before, "COMMIT": self.commit}

    def _pinned(self, ctx: Context, commit: str) -> str:
        """What a signature is for; none of it can change any more in this run."""
        texts = {ctx.run.page: ctx.run.text, **{file: ctx.file(file) or "" for file in self.migrations}}
        hashes = (
            f"{PurePosixPath(name).name} {hashlib.sha256(text.encode()).hexdigest()[:12]}"
            for name, text in texts.items()
        )
        return f"pinned: commit {commit[:12]}, by SHA-256 {', '.join(hashes)}"

    def _in_migration(self, ctx: Context, file: str) -> list[str]:
        text = ctx.file(file)
        if text is None:
            return [f"{file}:1 was not kept by the release step"]
        analysis = ctx.tools.analysis
        return code_review.review_sql(PurePosixPath(file).name, text, analysis.syntax_error(text), analysis.lint(text))

    def _in_file(self, ctx: Context, env: dict[str, str], file: str) -> list[str]:
        if file.endswith(_LOCKS):
            return []
        diff = ctx.tools.shell.ask(self.host, _ADDED, env={**env, "FILE": file}, keep=_READ_AT_MOST)
        if diff.code or not 0 < diff.size <= _READ_AT_MOST:
            return [f"{file}:1 could not be searched ({diff.size} bytes changed); look at it by hand"]
        lines = list(code_review.added_lines(diff.tail))
        return code_review.review_added_lines(file, lines, ctx.tools.analysis.secrets(lines))
