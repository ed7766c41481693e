"""`proof`: a backup counts only after it was restored into a scratch database, every row with the content that the dump saw."""

from __future__ import annotations

from typing import ClassVar

from commands.ports.shell import CommandResult
from commands.steps.execution import host_plan
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.shared.database_copy import OnCopy
from commands.steps.values import fill, parse_values
from commands.systems.postgres.client_programs import NO_ADDRESS, NO_ADDRESS_CODE, SCRATCH, SCRATCH_ERRORS
from commands.systems.scripts import script
from commands.text.durations import format_seconds

_SCRIPT = "".join(("umask 077\n", SCRATCH, script("postgres/proof.sh")))
_WRONG = {
    NO_ADDRESS_CODE: NO_ADDRESS,
    68: "The backup is not there, or not as it was: its checksum differs.",
    75: "The backup cannot be restored: it is not proven.",
    76: "The backup does not hold what the database held: what was restored differs from what was dumped.",
    **SCRATCH_ERRORS,
}


class ProofStep(OnCopy):
    """A scratch database that is production itself is refused by the server's own identity, whatever its address says."""

    kind: ClassVar[str] = "proof"
    what: ClassVar[str] = "proof"

    compared: str = "<backup_compared>"

    def plan(self) -> list[str]:
        return [
            f"restores {self.file} {self.where()}, and compares the rows of every table and a checksum of them",
            *self.asked_first(),
            *host_plan(self.host, _SCRIPT, self._given(keep="<yes where the page rehearses on it>")),
        ]

    def run(self, ctx: Context) -> Outcome:
        given = self._given("yes" if self._rehearsed(ctx) else "no")
        return self.judge(ctx, self.run_on_copy(ctx, _SCRIPT, given))

    def judge(self, ctx: Context, ended: CommandResult) -> Outcome:
        found = parse_values(ended.tail)
        if ended.code or "proof_rows" not in found:
            general = f"The backup could not be restored (exit {ended.code}): it is not proven."
            return failed(_WRONG.get(ended.code, general), lines=ended.last_lines, output=ended.tail)
        rows, tables = int(found["proof_rows"]), int(found["proof_tables"])
        compared = fill(self.compared, ctx.values) != "rows"
        how = "unchanged" if compared else "as many in each; what is in them was not compared"
        return done(
            f"The backup was restored in {format_seconds(ended.seconds)}: all {tables} tables hold the {rows:,} rows of the dump, {how}."
        )

    def clean_up_after_run(self, ctx: Context) -> None:
        self.drop_left(ctx)

    def _given(self, keep: str) -> dict[str, str]:
        return {**self.env(), "BY": self.compared, "KEEP": keep}

    def _rehearsed(self, ctx: Context) -> bool:
        """Whether a step of the page works on the same copy, which is then left for it; a server of the bot's own is not left."""
        return self.scratch_url is not None and any(
            isinstance(box, OnCopy) and box.takes_left_copy and box.scratch_url == self.scratch_url
            for box in ctx.boxes.values()
        )
