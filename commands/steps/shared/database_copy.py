"""The base of kinds that work on a restored copy of the run's backup (`proof`, `rehearse`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import ClassVar

from pydantic import Field

from commands.ports.page_text import DatabaseAddress, Text
from commands.ports.preflight import PreflightCheck, PreflightResult, blocked, passed, warned
from commands.ports.shell import CommandResult
from commands.steps.base import StepBox, execute
from commands.steps.execution import recover_job, run_job
from commands.steps.outcome import Context, Outcome
from commands.steps.page_fields import EnvName
from commands.steps.plan_line import program_plan
from commands.steps.shared.client_programs import ClientProgramsStep
from commands.steps.shared_fields import BackupChecksum, BackupFile, BackupFolder
from commands.steps.values import TO_THE_BOT, page_texts, parse_values
from commands.systems.postgres.client_programs import NOT_QUERIED, SCRATCH, SCRATCH_ERRORS, address_error
from commands.systems.postgres.same_database import SameDatabaseCheck, identities
from commands.systems.postgres.scratch_copy import NEEDS_SCRIPT, DatabaseCopy, ScratchAvailable
from commands.systems.preflight.hosts import HostCheck
from commands.systems.scripts import script
from state.errors import Failed

_MAY_COPY = f"""{SCRATCH}{script("postgres/event_triggers.sh")}fits
may_copy
names=$(denied_event_triggers scratch)
[ -z "$names" ] || printf 'event_triggers=%s\\n' "$names"
"""


class BackupCopyStep(ClientProgramsStep):
    """A step that restores the run's backup into a new database, works on that copy, and drops it.

    Production is only asked to identify itself.
    """

    needs_second_person: ClassVar[bool] = True
    has_job: ClassVar[bool] = True
    # what the copy is for: "proof", "rehearsal"
    purpose: ClassVar[str]
    # uses the copy that a proof keeps on the server of `scratch_url`
    uses_copy_of_proof: ClassVar[bool] = False
    # the host's pg_dump reads the copy, so the copy's server must not be newer than that pg_dump
    dumps_copy: ClassVar[bool] = False

    scratch_url: EnvName | None = Field(
        default=None,
        description=(
            "The variable with the address of an empty database, on whose server the copy is made. "
            "Without it, the bot starts a PostgreSQL of its own for this step."
        ),
        examples=["$SCRATCH_DATABASE_URL"],
    )
    folder: BackupFolder
    file: BackupFile = "<backup_file>"
    sha256: BackupChecksum = "<backup_sha256>"
    jobs: int = Field(
        default=2,
        ge=1,
        le=64,
        description="How many processes restore side by side.",
        examples=[4],
        json_schema_extra={"unit": "processes"},
    )

    def judge(self, ctx: Context, result: CommandResult) -> Outcome:
        """The outcome that the result of its script means."""
        raise NotImplementedError

    def preflight(self) -> list[PreflightCheck]:
        """The host's programs, and whether a copy can be made.

        With `scratch_url`: it can be reached, is not production, is empty, and its user may create databases.
        """
        programs = self.program_checks(("psql", "pg_dump", "pg_restore", "sha256sum", "awk", "sort"))
        same = SameDatabaseCheck(host=self.host, database_url=self.database_url, words=self._words)
        if self.scratch_url is None:
            return [*programs, same, ScratchAvailable(copy=self._copy())]
        env = (("DATABASE", DatabaseAddress(self.database_url)), ("SCRATCH", DatabaseAddress(self.scratch_url)))
        return [
            *programs,
            same,
            HostCheck(host=self.host, script=self.script(_MAY_COPY), judge=_judge_scratch, env=env),
        ]

    def plan_of_copy(self) -> str:
        """Where the copy is made, as words for the plan."""
        if self.scratch_url:
            return f"into a new database on the server of {self.scratch_url}"
        return (
            "into a PostgreSQL that the bot starts on its own machine for this step only and removes afterwards "
            "(the host reaches it through the bot's SSH connection, at a port of the host's own loopback)"
        )

    def plan_of_needs(self) -> list[str]:
        """Plan lines: what the host is asked about production, to start a PostgreSQL that fits."""
        says = "asks for the version, settings and extensions that the copy's PostgreSQL needs"
        return (
            []
            if self.scratch_url
            else program_plan(self.host, says, NEEDS_SCRIPT, {"DATABASE": DatabaseAddress(self.database_url)})
        )

    def recover(self, ctx: Context) -> Outcome | None:
        return recover_job(self, ctx, self.host) if self.scratch_url else self._judge_or_run_again(ctx)

    def env(self) -> dict[str, Text]:
        """The environment of its script."""
        return {
            "DATABASE": DatabaseAddress(self.database_url),
            "SCRATCH": DatabaseAddress(self.scratch_url or "<the address of the bot's PostgreSQL>"),
            "FOLDER": self.folder,
            "FILE": self.file,
            "SHA256": self.sha256,
            "JOBS": str(self.jobs),
        }

    def run_on_copy(self, ctx: Context, text: str, env: Mapping[str, Text]) -> CommandResult:
        """Run the script `text` on the host, with a server for the copy. Raises the tools' errors."""
        seen = {"SEEN": identities(ctx.tools, self.database_url)}
        if self.scratch_url:
            return run_job(self, ctx, self.host, self.script(text), env, seen, hides=TO_THE_BOT)
        copy = self._copy()
        with copy.server(ctx.tools, ctx.stop) as server:
            result = run_job(self, ctx, self.host, text, env, {**seen, "SCRATCH": server.address}, hides=TO_THE_BOT)
            if result.code and (why := server.failure()):
                # the script can only blame the backup, but the connection to the server was lost
                raise Failed(copy.missing_message(why), result.tail)
            return result

    def drop_copy_of_proof(self, ctx: Context) -> None:
        """Drop the copy that a proof kept on the server of `scratch_url`, if there is one. Raises the tools' errors."""
        if self.scratch_url:
            env = page_texts(self.env(), ctx.values)
            ctx.tools.shell.ask(self.host, self.script(f"{SCRATCH}fits\ntake_proven && drop_copy"), env=env)

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        if self.on_failure == "tell":
            return (
                f'on_failure = "tell" would continue without the {self.purpose}, and nobody would have agreed to that; '
                "remove it"
            )
        if self._words and self.scratch_url is None:
            return (
                "scratch_url: is missing; the bot's own PostgreSQL is at the host's loopback, which what runs through "
                "pg_programs need not reach: name an empty database that it reaches"
            )
        return ""

    def _copy(self) -> DatabaseCopy:
        return DatabaseCopy(host=self.host, database_url=self.database_url, what=self.purpose, dumped=self.dumps_copy)

    def _judge_or_run_again(self, ctx: Context) -> Outcome:
        """Judge the attempt if its script succeeded. Otherwise end it on the host and run it again.

        An attempt that did not succeed lost its server together with the bot. Each new run gets a job of its own,
        because a job's key is never used twice.
        """
        for number in count(1):
            key = ctx.key if number == 1 else f"{ctx.key}+{number}"
            status = ctx.tools.shell.job_status(self.host, key)
            if status.finished and status.finished.code == 0:
                return self.judge(ctx, status.finished)
            # even if it has not begun: its start may still be on the way to the host
            ctx.tools.shell.end(self.host, key)
            if status.state == "absent":
                return execute(self, replace(ctx, key=f"{ctx.key}+{number + 1}"))
        raise AssertionError("unreachable")


def _judge_scratch(result: CommandResult) -> list[PreflightResult]:
    if event_triggers := parse_values(result.tail).get("event_triggers"):
        return warned(
            f"the scratch user may not create the database's event triggers ({event_triggers}), so no copy can be made",
            "let `scratch_url` name a superuser of a server of its own, or remove it: the bot's own PostgreSQL has one",
        )
    if result.code == 0:
        return passed("the scratch database is not the one of the backup, is empty, and its user may create databases")
    problem = address_error(result.code, result.tail) or SCRATCH_ERRORS.get(result.code)
    if problem is None:
        return blocked(
            f"the scratch database cannot be checked ({result.last_line})", "run psql on the host with its address"
        )
    if result.code == NOT_QUERIED:
        problem = f"{problem.rstrip('.')} ({result.last_line})"
    return blocked(problem.rstrip("."), "fix it, or name another scratch database in the environment")
