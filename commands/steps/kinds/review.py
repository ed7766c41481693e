"""`review`: shows what the release changes in production, and findings in its lines."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import ClassVar

from pydantic import Field

from commands.ports.page_text import Text
from commands.ports.preflight import PreflightCheck
from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.plan_line import commands_plan
from commands.steps.shared_fields import HostName, Repository
from commands.steps.values import page_texts
from commands.systems import code_review
from commands.systems.git.environment import OWN_REPOSITORY
from commands.systems.preflight.hosts import ProgramsCheck
from commands.systems.scripts import without_remarks
from commands.text.numbers import format_bytes, format_count

_STAT = OWN_REPOSITORY + 'cd "$REPOSITORY"\ngit diff --no-color --no-ext-diff --stat=100 "$BEFORE" "$COMMIT"'
_NAMES = (
    OWN_REPOSITORY + 'cd "$REPOSITORY"\ngit diff --name-only -z --diff-filter=d "$BEFORE" "$COMMIT" | tr "\\0" "\\n"'
)
# as text, whatever the repository's attributes and the host's settings of git say
_ADDED = f"""\
{OWN_REPOSITORY}cd "$REPOSITORY"
git --literal-pathspecs diff --no-color --no-ext-diff --no-textconv --text -U0 "$BEFORE" "$COMMIT" -- "$FILE\""""
_MAX_BYTES = 1_000_000  # of one file's diff, and of the list of files
_LISTED = 20  # findings in the thread; the output has all
_NAMED = 8  # binary files by name
_STAT_LINES = 12  # of git's summary in the thread
_LOCKS = ("package-lock.json", "yarn.lock", "pnpm-lock.yaml")


class ReviewStep(StepBox):
    """Shows what the release changes, with findings in the added lines: debug code, secrets, SQL.

    Findings do not fail the step: a reviewer sees them, and signs or refuses (`sign`). Submodules and files in Git LFS
    are not searched, and it says so.
    """

    kind: ClassVar[str] = "review"
    proves: ClassVar[str] = "what people saw before they signed"
    done_on_each: ClassVar[bool] = False

    host: HostName
    repository: Repository
    before: str = Field(
        default="<commit_before>",
        description="The commit to compare with: what production runs.",
        examples=["<commit_before>"],
    )
    commit: str = Field(default="<commit>", description="The commit to review.", examples=["<commit>"])
    migrations: list[str] = Field(
        default_factory=list,
        description=(
            "SQL files to check for syntax, long locks and statements that break clients; they are among "
            "the `files` of the `release` step."
        ),
        examples=[["migrations/016_up.sql"]],
    )

    def plan(self) -> list[str]:
        return [
            *commands_plan(self.host, _STAT, self._env()),
            f'on {self.host}: git diff -U0 "$BEFORE" "$COMMIT", file by file: debug code and secrets in added lines',
            *(
                f"parses and lints {file}: long locks, statements that break clients or cannot run in a transaction"
                for file in self.migrations
            ),
        ]

    def preflight(self) -> list[PreflightCheck]:
        return [ProgramsCheck(host=self.host, names=("git",))]

    def run(self, ctx: Context) -> Outcome:
        env = page_texts(self._env(), ctx.values)
        stat = ctx.tools.shell.ask(self.host, without_remarks(_STAT), env=env)
        names = ctx.tools.shell.ask(self.host, without_remarks(_NAMES), env=env, keep=_MAX_BYTES)
        if stat.code or names.code:
            return failed(
                "git cannot compare the two commits.", lines=tuple((stat.tail + names.tail).splitlines()[-8:])
            )
        if names.size > _MAX_BYTES:
            return failed("Too many files changed to search them all. Deploy smaller releases, or review by hand.")
        binary: list[str] = []
        findings = [line for file in names.tail.split("\n") if file for line in self._in_file(ctx, env, file, binary)]
        findings += [line for file in self.migrations for line in self._in_migration(ctx, file)]
        if binary:
            count = format_count(len(binary), "binary file was", "binary files were")
            findings.append(f"{count} not searched: {', '.join(binary[:_NAMED])}{' …' if len(binary) > _NAMED else ''}")
        findings.sort(key=code_review.importance)
        more = (f"… and {len(findings) - _LISTED} more, in the full output",) if len(findings) > _LISTED else ()
        pinned = self._pinned(ctx, str(env["COMMIT"]))
        lines = (*stat.tail.splitlines()[-_STAT_LINES:], *findings[:_LISTED], *more, pinned)
        summary = "No findings in the changes."
        if findings:
            summary = f"{format_count(len(findings), 'finding')} to review before you sign."
        output = "\n".join((stat.tail, *findings, pinned))
        return done(summary, lines=lines, output=output, measures={"findings": float(len(findings))})

    def _env(self) -> dict[str, str]:
        return {"REPOSITORY": self.repository, "BEFORE": self.before, "COMMIT": self.commit}

    def _pinned(self, ctx: Context, commit: str) -> str:
        """The line with the hashes of everything that is signed. None of it can change in this run."""
        texts = {ctx.run.page: ctx.run.text, **{file: ctx.file(file) or "" for file in self.migrations}}
        hashes = (
            f"{PurePosixPath(name).name} {hashlib.sha256(text.encode()).hexdigest()[:12]}"
            for name, text in texts.items()
        )
        return f"pinned: commit {commit[:12]}, by SHA-256 {', '.join(hashes)}"

    def _in_migration(self, ctx: Context, file: str) -> list[str]:
        text = ctx.file(file)
        if text is None:
            return [f"{file}:1 was not stored by the release step"]
        return code_review.review_sql(PurePosixPath(file).name, text, ctx.tools.analysis)

    def _in_file(self, ctx: Context, env: Mapping[str, Text], file: str, binary: list[str]) -> list[str]:
        """The findings in a file's added lines. A file that is no text is added to `binary`."""
        if file.endswith(_LOCKS):
            return []
        diff = ctx.tools.shell.ask(self.host, without_remarks(_ADDED), env={**env, "FILE": file}, keep=_MAX_BYTES)
        if why := code_review.content_elsewhere(diff.tail):
            return [f"{file}:1 {why}"]
        lines = code_review.readable_lines(list(code_review.added_lines(diff.tail)))
        if lines is None:
            binary.append(file)
            return []
        if diff.code or not 0 < diff.size <= _MAX_BYTES:
            return [f"{file}:1 could not be searched (the diff has {format_bytes(diff.size)}); review it by hand"]
        return code_review.review_added_lines(file, lines, ctx.tools.analysis.secrets(file, lines))
