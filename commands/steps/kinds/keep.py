"""`keep`: stores a copy of a folder on its host, and restores it in a rollback."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from commands.ports.preflight import PreflightCheck
from commands.steps.base import StepBox
from commands.steps.execution import recover_job, run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import EnvName
from commands.steps.plan_line import program_plan
from commands.steps.shared_fields import HostName, Repository
from commands.steps.values import TO_THE_BOT, fill, parse_values
from commands.systems.preflight.free_files import FITS_FILES, copy_does_not_fit
from commands.systems.preflight.hosts import ProgramsCheck, folder_check
from commands.systems.scripts import script
from commands.text.numbers import format_bytes, format_count

_NO_FOLDER, _NO_SPACE, _NO_FILES = 65, 66, 68  # exit codes of the scripts


class KeepStep(StepBox):
    """Stores a copy of a folder, like `node_modules`, on its host, and puts it back in a rollback.

    With a kept copy, a rollback needs neither git's remote nor a package registry.
    """

    kind: ClassVar[str] = "keep"
    proves: ClassVar[str] = "the copy is complete"
    changes_production: ClassVar[bool] = True

    host: HostName
    repository: Repository
    folder: str = Field(
        min_length=1, description="The folder to copy, as a path in the repository.", examples=["node_modules"]
    )
    store: EnvName = Field(
        description="The variable with the folder for the copies on the host.", examples=["$PROD_KEPT"]
    )
    commit: str = Field(
        default="<commit_before>",
        description="The commit that the folder belongs to; the copy is stored under it.",
        examples=["<commit_before>"],
    )
    newest: int = Field(
        default=3,
        ge=1,
        description="How many copies stay; older ones are removed.",
        examples=[5],
        json_schema_extra={"unit": "copies"},
    )
    mode: Literal["keep", "back"] = Field(
        default="keep", description="Whether the folder is copied, or put back in a rollback."
    )

    def script(self) -> str:
        """The script of this mode."""
        if self.mode == "back":
            return script("folders/keep_back.sh")
        return FITS_FILES + script("folders/keep.sh")

    def plan(self) -> list[str]:
        if self.mode == "keep":
            says = (
                f"copies {self.folder} to {self.store} under the name of {self.commit}, and keeps only the newest "
                f"{self.newest}"
            )
        else:
            says = (
                f"puts {self.folder} of {self.commit} back from {self.store}, with two renames if both are on the "
                "same disk"
            )
        return program_plan(self.host, says, self.script())

    def leaves_change(self) -> bool:
        return self.mode == "back"  # a copy beside the folder is in nobody's way

    def changed_thing(self) -> tuple[str, ...]:
        return (self.host, self.repository, self.folder)

    def preflight(self) -> list[PreflightCheck]:
        return [
            folder_check(self.host, self.store, "the folder for kept copies"),
            ProgramsCheck(host=self.host, names=("cp", "du", "df", "find")),
        ]

    def run(self, ctx: Context) -> Outcome:
        result = run_job(self, ctx, self.host, self.script(), self._env(), {"KEY": ctx.step_key}, hides=TO_THE_BOT)
        values = parse_values(result.tail)
        commit = fill(self.commit, ctx.values)[:10]
        if result.code == _NO_FOLDER and self.mode == "back":
            return failed(
                f"Host “{self.host}” has no kept copy of {self.folder} for commit {commit}; nothing was changed. "
                "Build it instead."
            )
        if result.code == _NO_FOLDER:
            return failed(f"The working copy on host “{self.host}” has no folder {self.folder}.")
        if result.code == _NO_SPACE:
            need, free = (format_bytes(int(values[name]) * 1024) for name in ("need", "free"))
            return failed(
                f"{self.folder} needs {need} in the store on host “{self.host}”, but only {free} is free. "
                "Free up space there."
            )
        if result.code == _NO_FILES:
            return failed(copy_does_not_fit(values, self.folder, f"in the store on host “{self.host}”"))
        if result.code:
            summary = f"{self.folder} could not be copied completely (exit code {result.code}); see the output."
            return failed(summary, lines=result.last_lines)
        verb = "is kept for a rollback" if self.mode == "keep" else "is back in place"
        files = f" ({format_count(int(values['files']), 'file')})" if "files" in values else ""
        return done(f"{self.folder} of commit {commit} {verb}{files}.")

    def recover(self, ctx: Context) -> Outcome | None:
        return recover_job(self, ctx, self.host)

    def _env(self) -> dict[str, str]:
        return {
            "REPOSITORY": self.repository,
            "FOLDER": self.folder,
            "STORE": self.store,
            "NAME": self.folder.strip("/").replace("/", "-"),
            "COMMIT": self.commit,
            "KEEP": str(self.newest),
        }
