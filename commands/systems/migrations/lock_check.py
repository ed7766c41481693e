"""Whether a lock of another migration would keep a tool from starting, asked before a run."""

from __future__ import annotations

from commands.ports.preflight import PreflightContext, PreflightResult, passed, warned
from commands.systems.migrations.locks import AdvisoryLock, locked_clause, locked_rows, release_words
from commands.systems.migrations.session_name import at_work
from commands.systems.postgres.migrated_databases import MigratedDatabases
from commands.text.phrases import agree, joined_few
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class MigrationLockCheck(MigratedDatabases):
    """Looks in a step's `database`, or in those of the page at its `addresses`, which its tool on `host` migrates.

    `lock` is that of a known tool; without one, the rows of all that are known count.
    """

    lock: AdvisoryLock | None = None

    def run_preflight(self, ctx: PreflightContext) -> list[PreflightResult]:
        """Ask each database. Raises Unreachable, Failed."""
        found = [result for name in self.names(ctx) for result in self._judged(ctx, name)]
        return found or passed("no lock of another migration was found, where the page knows the tool's database")

    def _judged(self, ctx: PreflightContext, name: str) -> list[PreflightResult]:
        database = ctx.tools.database
        if not self.lock:
            rows = locked_rows(database, name)
            return warned(locked_clause(name, rows), release_words(rows)) if rows else []
        found = at_work(database, name, step="", run_steps=(), target="", lock=self.lock)
        if not found.with_lock:
            return []
        pids = found.with_lock
        what = f"{agree(len(pids), 'a session has', f'{len(pids)} sessions have')} the lock {found.lock} of a migration"
        ends = joined_few([f"SELECT pg_terminate_backend({pid})" for pid in pids], 3)
        return warned(f"in database {name} {what} by {self.lock.tool}", f"if nobody migrates now, end it: {ends}")
