"""What the kinds share that work on a copy of the run's backup: where the copy is made, its checks, and how a cut attempt is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import ClassVar

from pydantic import Field

from commands.ports.preflight import PreflightCheck, PreflightResult, blocked, passed
from commands.ports.shell import CommandResult
from commands.steps.base import EnvName, StepBox, execute
from commands.steps.execution import host_plan, recover_job, run_job
from commands.steps.outcome import Context, Outcome
from commands.steps.values import fill
from commands.systems.postgres.client_programs import NO_ADDRESS, NO_ADDRESS_CODE, SCRATCH, SCRATCH_ERRORS
from commands.systems.postgres.scratch_copy import NEEDS_SCRIPT, DatabaseCopy, ScratchAvailable
from commands.systems.preflight.hosts import HostCheck, ProgramsCheck
from state.errors import Failed


class OnCopy(StepBox):
    """What the kinds have that work on a copy of the run's backup, made beside `scratch_url` and dropped at the end.

    `scratch_url` is an empty database that the host reaches; production is only asked who it is. Without one, the copy
    is made on a PostgreSQL that the bot starts on its own machine for this step alone. The copy is restored by
    `jobs` processes.
    """

    skip_needs_two: ClassVar[bool] = True
    # what is missing where there is no copy
    what: ClassVar[str]
    # whether the host's pg_dump reads the copy, which must then be on no newer server
    # whether it works on the copy that a proof leaves on a named server
    takes_left_copy: ClassVar[bool] = False
    dumped: ClassVar[bool] = False

    host: str
    database_url: EnvName
    scratch_url: EnvName | None = None
    folder: EnvName
    file: str = "<backup_file>"
    sha256: str = "<backup_sha256>"
    jobs: int = Field(default=2, ge=1, le=64)

    def judge(self, ctx: Context, ended: CommandResult) -> Outcome:
        """What the end of its script means."""
        raise NotImplementedError

    def preflight(self) -> list[PreflightCheck]:
        """The scratch database can be reached from the host, is not production and is empty, and copies may be made beside it."""
        programs = ProgramsCheck(host=self.host, names=("psql", "pg_dump", "pg_restore", "sha256sum", "awk", "sort"))
        if self.scratch_url is None:
            return [programs, ScratchAvailable(copy=self._copy())]
        env = (("DATABASE_URL", self.database_url), ("SCRATCH_URL", self.scratch_url))
        return [programs, HostCheck(host=self.host, script=f"{SCRATCH}fits\nmay_copy", judge=_judge_scratch, env=env)]

    def where(self) -> str:
        """Where the copy is made, in words for the plan."""
        if self.scratch_url:
            return f"beside {self.scratch_url}"
        return (
            "into a PostgreSQL that is started on the bot's machine for this step alone and thrown away after it "
            "(the host reaches it through the bot's SSH connection, at a port of its own loopback)"
        )

    def asked_first(self) -> list[str]:
        """What the host is asked before the script, as plan lines."""
        return [] if self.scratch_url else host_plan(self.host, NEEDS_SCRIPT, {"DATABASE_URL": self.database_url})

    def recover(self, ctx: Context) -> Outcome | None:
        return recover_job(self, ctx, self.host) if self.scratch_url else self._look_or_again(ctx)

    def env(self) -> dict[str, str]:
        """The environment of its script."""
        return {
            "DATABASE_URL": self.database_url,
            "SCRATCH_URL": self.scratch_url or "<the address of the bot's PostgreSQL>",
            "FOLDER": self.folder,
            "FILE": self.file,
            "SHA256": self.sha256,
            "JOBS": str(self.jobs),
        }

    def run_on_copy(self, ctx: Context, script: str, env: dict[str, str]) -> CommandResult:
        """Run its script on the host, with a server to make the copy on. Raises the tools' errors."""
        if self.scratch_url:
            return run_job(self, ctx, self.host, script, env)
        copy = self._copy()
        with copy.server(ctx.tools, ctx.stop) as server:
            ended = run_job(self, ctx, self.host, script, {**env, "SCRATCH_URL": server.address})
            if ended.code and (why := server.failure()):
                # the script can but blame the backup for what the way to the server did
                raise Failed(copy.missing_message(why), ended.tail)
            return ended

    def drop_left(self, ctx: Context) -> None:
        """Drop the copy of the run's backup that a proof left beside the scratch address, where there is one. Raises the tools' errors."""
        if self.scratch_url:
            env = {name: fill(value, ctx.values) for name, value in self.env().items()}
            ctx.tools.shell.ask(self.host, f"{SCRATCH}fits\ntake_proven && drop_copy", env=env)

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        if self.on_failure == "tell":
            return (
                f'on_failure = "tell" would go on without the {self.what}, and nobody would have agreed; leave it out'
            )
        return ""

    def _copy(self) -> DatabaseCopy:
        return DatabaseCopy(host=self.host, database_url=self.database_url, what=self.what, dumped=self.dumped)

    def _look_or_again(self, ctx: Context) -> Outcome:
        """What ended well is judged. Any other attempt lost its server with the bot: it is ended on the host and made anew.

        Each try has a job of its own, because what is begun under a key is never begun again.
        """
        for number in count(1):
            key = ctx.key if number == 1 else f"{ctx.key}+{number}"
            found = ctx.tools.shell.job_status(self.host, key)
            if found.finished and found.finished.code == 0:
                return self.judge(ctx, found.finished)
            # also what has not begun: it may be on its way still
            ctx.tools.shell.end(self.host, key)
            if found.state == "absent":
                return execute(self, replace(ctx, key=f"{ctx.key}+{number + 1}"))
        raise AssertionError("unreachable")


def _judge_scratch(ended: CommandResult) -> list[PreflightResult]:
    if ended.code == 0:
        return passed("the scratch database is another than production's and empty, and copies may be made beside it")
    wrong = {NO_ADDRESS_CODE: NO_ADDRESS, **SCRATCH_ERRORS}.get(ended.code)
    if wrong is None:
        return blocked(
            f"the scratch database cannot be looked at ({ended.last_line})", "try psql there with its address"
        )
    return blocked(wrong.rstrip("."), "mend it, or name another scratch database in the environment")
