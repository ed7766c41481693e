"""`keep`: stores a copy of a folder on its host, and restores it in a rollback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal
from urllib.parse import quote

from pydantic import Field

from commands.ports.preflight import PreflightCheck
from commands.steps.base import StepBox
from commands.steps.execution import recover_job, run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import EnvName
from commands.steps.plan_line import program_plan
from commands.steps.shared_fields import HostName, Repository
from commands.steps.values import TO_THE_BOT, fill, page_texts, parse_values
from commands.systems.preflight.free_files import FITS_FILES, copy_does_not_fit
from commands.systems.preflight.hosts import ProgramsCheck, folder_check
from commands.systems.scripts import script
from commands.text.exit_codes import exit_words
from commands.text.numbers import format_bytes, format_count
from commands.text.printable import printable
from state.errors import Failed


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
        more = script("folders/keep_size.sh") + script("folders/read_only.sh")
        if self.mode == "back":
            return more + script("folders/keep_back.sh")
        return FITS_FILES + more + script("folders/keep.sh")

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
        if result.code:
            why = self._why(commit, result.code, result.last_line, values)
            unknown = f"{self.folder} could not be copied completely ({exit_words(result.code)}); see the output."
            return failed(why or unknown, lines=() if why else result.last_lines)
        verb = "is kept for a rollback" if self.mode == "keep" else "is back in place"
        files = f" ({format_count(int(values['files']), 'file')})" if "files" in values else ""
        return done(f"{self.folder} of commit {commit} {verb}{files}.")

    def recover(self, ctx: Context) -> Outcome | None:
        return recover_job(self, ctx, self.host)

    def in_its_way(self, ctx: Context, name: str) -> tuple[str, ...]:
        if self.mode == "keep":
            return ()
        look = script("folders/keep_size.sh") + script("folders/keep_in_way.sh")
        result = ctx.tools.shell.ask(self.host, look, env=page_texts(self._env(), ctx.values))
        if result.code:
            raise Failed(f"the kept copy could not be looked at ({result.last_line})")
        found = parse_values(result.tail)
        copy = f"the kept copy of {printable(self.folder)}"
        build = f"so {name} would refuse: be ready to build it in a rollback, or keep it again"
        why = [f"{copy} is gone, {build}"] if "gone" in found else []
        why += [f"{copy} is not whole any more (it has {printable(found['part'])}), {build}"] if "part" in found else []
        if closed := found.get("closed"):
            why.append(
                f"the deploying user may not move {printable(closed)} now, so {name} would fail: make that user the "
                "owner (chown -R)"
            )
        return tuple(why)

    def _why(self, commit: str, code: int, last_line: str, values: Mapping[str, str]) -> str:
        """The sentence for an exit code of the scripts; empty if there is none."""
        match code, self.mode:
            case 65, "back":
                return (
                    f"Host “{self.host}” has no kept copy of {self.folder} for commit {commit}; nothing was changed. "
                    "Build it instead."
                )
            case 65, _:
                return f"The working copy on host “{self.host}” has no folder {self.folder}."
            case 66, _:
                need, free = (format_bytes(int(values[name]) * 1024) for name in ("need", "free"))
                return (
                    f"{self.folder} needs {need} in the store on host “{self.host}”, but only {free} is free. "
                    "Free up space there."
                )
            case 68, _:
                return copy_does_not_fit(values, self.folder, f"in the store on host “{self.host}”")
            case 69, _:
                return (
                    f"The kept copy of {self.folder} for commit {commit} is not whole: it has {last_line}. "
                    "Nothing was changed. Build it instead."
                )
        return ""

    def _env(self) -> dict[str, str]:
        folder = self.folder.strip("/")
        return {
            "REPOSITORY": self.repository,
            "FOLDER": self.folder,
            "STORE": self.store,
            "NAME": quote(folder, safe=""),
            "OLD_NAME": folder.replace("/", "-"),
            "COMMIT": self.commit,
            "KEEP": str(self.newest),
        }
