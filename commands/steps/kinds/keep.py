"""`keep`: keeps a folder of the working copy on its host before the deploy changes it, and puts it back without building anything."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from commands.ports.preflight import PreflightCheck
from commands.steps.base import EnvName, StepBox
from commands.steps.execution import host_plan, recover_job, run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.values import fill, parse_values
from commands.systems.preflight.hosts import ProgramsCheck, folder_check
from commands.systems.scripts import script


class KeepStep(StepBox):
    """`mode = "keep"` copies `folder` (of the repository) to `store` under the name of `commit`; "back" puts it in its place.

    So the way back needs neither git's remote nor a package registry. The newest `newest` copies stay.
    """

    kind: ClassVar[str] = "keep"
    changes: ClassVar[bool] = True

    host: str
    repository: EnvName
    folder: str = Field(min_length=1)
    store: EnvName
    commit: str = "<commit_before>"
    newest: int = Field(default=3, ge=1)
    mode: Literal["keep", "back"] = "keep"

    def script(self) -> str:
        """The script of this mode."""
        return script("folders/keep.sh" if self.mode == "keep" else "folders/keep_back.sh")

    def plan(self) -> list[str]:
        if self.mode == "keep":
            return [
                f"on {self.host}: copies {self.folder} to {self.store} as that of {self.commit}; the newest {self.newest} stay"
            ]
        return [
            f"on {self.host}: puts {self.folder} of {self.commit} back from {self.store}, by two renames where both lie on one disk",
            *self._exactly(),
        ]

    def preflight(self) -> list[PreflightCheck]:
        return [
            folder_check(self.host, self.store, "the folder of what is kept for the way back"),
            ProgramsCheck(host=self.host, names=("cp", "du", "df", "find")),
        ]

    def run(self, ctx: Context) -> Outcome:
        ended = run_job(self, ctx, self.host, self.script(), {**self._env(), "KEY": ctx.step_key})
        words = parse_values(ended.tail)
        commit = fill(self.commit, ctx.values)[:10]
        if ended.code == 65 and self.mode == "back":
            return failed(
                f"Nothing is kept of {self.folder} of {commit} on {self.host}; nothing was changed. Build it instead."
            )
        if ended.code == 65:
            return failed(f"There is no folder {self.folder} in the working copy on {self.host}.")
        if ended.code == 66:
            need, free = (int(words[name]) // 1024 for name in ("need", "free"))
            return failed(
                f"{self.folder} needs {need} MiB in the store on {self.host}, and {free} MiB are free; make room."
            )
        if ended.code:
            return failed(
                f"It could not be copied whole (exit {ended.code}); see the words of the host.", lines=ended.last_lines
            )
        verb = "is kept for the way back" if self.mode == "keep" else "is back in its place"
        return done(f"{self.folder} of {commit} {verb}: {words.get('files', '?')} files.")

    def recover(self, ctx: Context) -> Outcome | None:
        return recover_job(self, ctx, self.host)

    def _exactly(self) -> list[str]:
        return [line for line in host_plan(self.host, self.script()) if "mv -T" in line]

    def _env(self) -> dict[str, str]:
        return {
            "REPOSITORY": self.repository,
            "FOLDER": self.folder,
            "STORE": self.store,
            "NAME": self.folder.strip("/").replace("/", "-"),
            "COMMIT": self.commit,
            "KEEP": str(self.newest),
        }
