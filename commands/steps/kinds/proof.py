"""`proof`: restores the backup into a scratch database, and compares every row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from commands.ports.page_text import Text
from commands.ports.shell import CommandResult
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.plan_line import program_plan
from commands.steps.shared.database_copy import BackupCopyStep
from commands.steps.shared_fields import BackupCompared
from commands.steps.values import fill, parse_values
from commands.systems.postgres.catalog import CATALOG, ROLES, in_words, not_held_line, parse_differences, unlisted
from commands.systems.postgres.client_programs import SCRATCH, SCRATCH_ERRORS, address_error
from commands.systems.scripts import script
from commands.text.durations import format_seconds
from commands.text.exit_codes import exit_words
from commands.text.numbers import format_count

_SCRIPT = "".join(("umask 077\n", SCRATCH, CATALOG, ROLES, script("postgres/proof.sh")))
_OTHER_STATE = 84
_FAILURES = {
    68: "The proof failed: the backup is missing or was changed (its checksum differs).",
    75: "The proof failed: the backup cannot be restored.",
    76: "The proof failed: the restored rows differ from the rows that were dumped.",
    **SCRATCH_ERRORS,
}


class ProofStep(BackupCopyStep):
    """Restores the run's backup into an empty database, and compares every row with the dump.

    Sequences, large objects, owners, rights, comments and what else a dump holds are compared too. What no backup
    holds, such as settings of roles, is named. A scratch database that is production itself is refused, whatever its
    address. A backup with `compare = "rows"` is compared by the number of rows only.
    """

    kind: ClassVar[str] = "proof"
    proves: ClassVar[str] = "the backup can be restored, and what is restored is what was dumped"
    done_on_each: ClassVar[bool] = False
    evidence_name: ClassVar[str] = "proof"
    purpose: ClassVar[str] = "proof"

    compared: BackupCompared = "<backup_compared>"

    def plan(self) -> list[str]:
        return [
            *self.plan_of_needs(),
            *program_plan(
                self.host,
                f"restores {self.file} {self.plan_of_copy()}, and compares rows and a checksum of every table",
                self.script(_SCRIPT),
                self._env(keep="<yes if the page rehearses on this copy>"),
            ),
        ]

    def run(self, ctx: Context) -> Outcome:
        env = self._env(keep="yes" if self._is_copy_needed(ctx) else "no")
        return self.judge(ctx, self.run_on_copy(ctx, _SCRIPT, env))

    def judge(self, ctx: Context, result: CommandResult) -> Outcome:
        values = parse_values(result.tail)
        if result.code or "proof_rows" not in values:
            general = f"The proof ended with {exit_words(result.code)}; what failed is below."
            summary = address_error(result.code, result.tail) or _FAILURES.get(result.code, general)
            lines = result.last_lines
            if result.code == _OTHER_STATE:
                lines = tuple(one.line() for one in parse_differences(result.tail, "differs"))
                lacking = in_words(lines, unlisted(values, len(lines)))
                summary = f"The proof failed: the restored database lacks what the original has: {lacking}."
            return failed(summary, lines=lines, output=result.tail)
        rows = format_count(int(values["proof_rows"]), "row")
        tables = format_count(int(values["proof_tables"]), "table")
        how = "every row as it was dumped"
        if fill(self.compared, ctx.values) == "rows":
            how = "as many in each table as dumped; their content was not compared"
        summary = f"The backup was restored in {format_seconds(result.seconds)}: {rows} in {tables}, {how}."
        evidence = {"proof": f"{rows} in {tables} restored"}
        return done(summary, lines=_not_compared(result.tail, values), evidence=evidence)

    def clean_up_after_run(self, ctx: Context) -> None:
        self.drop_copy_of_proof(ctx)

    def _env(self, keep: str) -> dict[str, Text]:
        return {**self.env(), "BY": self.compared, "KEEP": keep}

    def _is_copy_needed(self, ctx: Context) -> bool:
        """Whether another step of the page uses this copy. A server that the bot starts itself is never kept."""
        return self.scratch_url is not None and any(
            isinstance(box, BackupCopyStep) and box.uses_copy_of_proof and box.scratch_url == self.scratch_url
            for box in ctx.boxes.values()
        )


def _not_compared(output: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """What was not compared beside the rows, one line each."""
    if values.get("state_not_compared"):
        return ("not compared: what the database has besides its rows; the backup is of an earlier version of the bot",)
    lines = []
    if why := values.get("rights_not_compared"):
        lines.append(f"not compared: owners and privileges; {why}")
    if line := not_held_line(output, values):
        lines.append(f"not in the backup, so a restore does not bring it back: {line}")
    return tuple(lines)
