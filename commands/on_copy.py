"""What the kinds share that work on a copy of the run's backup: the scratch address, its checks, and how a cut attempt is looked at."""

from __future__ import annotations

from pydantic import Field

from commands.checks import Check, Found, OnHost, Programs, bad, good
from commands.host_postgres import NO_ADDRESS, NO_ADDRESS_CODE, SCRATCH, SCRATCH_WRONG
from commands.outcome import Context, Outcome
from commands.steps.base import EnvName, StepBox, look_at_job
from commands.tools import Finished


class OnCopy(StepBox):
    """What the kinds have that work on a copy of the run's backup, made beside `scratch_url` and dropped at the end.

    `scratch_url` is an empty database that the host reaches; production is only asked who it is. The copy is restored by
    `jobs` processes.
    """

    host: str
    database_url: EnvName
    scratch_url: EnvName
    folder: EnvName
    file: str = "<backup_file>"
    sha256: str = "<backup_sha256>"
    jobs: int = Field(default=2, ge=1, le=64)

    def checks(self) -> list[Check]:
        """The scratch database can be reached from the host, is not production and is empty, and copies may be made beside it."""
        env = (("DATABASE_URL", self.database_url), ("SCRATCH_URL", self.scratch_url))
        return [
            Programs(host=self.host, names=("psql", "pg_dump", "pg_restore", "sha256sum", "awk", "sort")),
            OnHost(host=self.host, script=f"{SCRATCH}fits\nmay_copy", judge=_judge_scratch, env=env),
        ]

    def look(self, ctx: Context) -> Outcome | None:
        return look_at_job(self, ctx, self.host)

    def env(self) -> dict[str, str]:
        """The environment of its script."""
        return {
            "DATABASE_URL": self.database_url,
            "SCRATCH_URL": self.scratch_url,
            "FOLDER": self.folder,
            "FILE": self.file,
            "SHA256": self.sha256,
            "JOBS": str(self.jobs),
        }


def _judge_scratch(ended: Finished) -> list[Found]:
    if ended.code == 0:
        return good("the scratch database is another than production's and empty, and copies may be made beside it")
    wrong = {NO_ADDRESS_CODE: NO_ADDRESS, **SCRATCH_WRONG}.get(ended.code)
    if wrong is None:
        said = ended.tail.strip().splitlines()[-1:] or [f"exit {ended.code}"]
        return bad(f"the scratch database cannot be looked at ({said[0][:160]})", "try psql there with its address")
    return bad(wrong.rstrip("."), "mend it, or name another scratch database in the environment")
