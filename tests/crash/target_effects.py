"""Counts at the target what one run did there, and how often, from the target's own audit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bot.rehearsal.target import Target
from bot.rehearsal.target.audit import FORWARD_COUNT, ROLLBACK_COUNT, Audit, read_audit_log

# the effects of the crash page's deploy, in their order
DEPLOY_EFFECTS = (
    "backup",
    "maintenance-on",
    "migration",
    "code",
    "install-begun",
    "install-ended",
    "restart",
    "maintenance-off",
    "build-begun",
    "build-ended",
    "create-job",
    "clean-up",
)


@dataclass(frozen=True)
class Counters:
    """The target's counters at one moment."""

    audit_lines: int
    forward: int
    rollback: int
    jobs: int


@dataclass
class Effects:
    """What one run did at the target: how often each effect happened, and what is wrong with the target afterwards."""

    counts: Counter[str]
    problems: list[str] = field(default_factory=list)

    def doubled(self) -> list[str]:
        """The effects that happened more than once."""
        return [f"{name} happened {count} times" for name, count in self.counts.items() if count > 1]

    def lost(self, final_state: str, *, complete: bool) -> list[str]:
        """The effects that are missing.

        After a complete deploy every effect must be there; otherwise every effect before the last one that is.
        """
        deploy = DEPLOY_EFFECTS if complete else DEPLOY_EFFECTS[: self._reached()]
        missing = [name for name in deploy if not self.counts[name]]
        if final_state == "rolled back":
            missing += [name for name in self._rollback_effects() if not self.counts[name]]
        return [f"{name} never happened" for name in missing]

    @property
    def is_untouched(self) -> bool:
        """Whether the run made at most a backup."""
        return not any(count for name, count in self.counts.items() if name != "backup")

    def _reached(self) -> int:
        """How many effects of the deploy there are up to the last one that happened."""
        happened = [number for number, name in enumerate(DEPLOY_EFFECTS, start=1) if self.counts[name]]
        return max(happened, default=0)

    def _rollback_effects(self) -> list[str]:
        """What the rollback must have done, given what the deploy did."""
        effects = ["stop-requests", "let-requests-in", "clean-up-back"]
        if self.counts["migration"]:
            effects.append("database-back")
        if self.counts["code"]:
            effects += ["code-back", "install-back-begun", "install-back-ended", "restart-back"]
        return effects


def read_counters(target: Target) -> Counters:
    """The target's counters now."""
    postgres = target.postgres
    forward, rollback = (int(str(postgres.query(query)[0][0])) for query in (FORWARD_COUNT, ROLLBACK_COUNT))
    return Counters(len(read_audit_log(target.host.audit_log)), forward, rollback, _jobs_created(target))


def effects_since(target: Target, before: Counters, run: int, final_state: str) -> Effects:
    """What a run did since `before`, and what differs from the state in which it must leave the target."""
    lines = read_audit_log(target.host.audit_log)[before.audit_lines :]
    now = read_counters(target)
    counts: Counter[str] = Counter(line["name"] for line in lines if line["what"] == "act" and line["run"] == str(run))
    for effect, what, commit in (
        ("code", "checkout", target.new),
        ("code-back", "checkout", target.old),
        ("restart", "pm2 restart", target.new),
        ("restart-back", "pm2 restart", target.old),
    ):
        counts[effect] = sum(line["what"] == what and line.get("commit") == commit for line in lines)
    counts["backup"] = sum(line["what"] == "pg_dump" for line in lines)
    counts["migration"] = now.forward - before.forward
    counts["database-back"] = now.rollback - before.rollback
    counts["create-job"] = now.jobs - before.jobs
    commit = target.new if final_state == "kept" else target.old
    return Effects(counts, target_problems(target.audit(), commit, final_state))


def target_problems(audit: Audit, commit: str, final_state: str) -> list[str]:
    """Where the target differs from the state in which a run must leave it; [] when nowhere."""
    columns, tables = (4, 0) if final_state == "kept" else (0, 4)
    checks = [
        (f"there are {audit.v1_columns} V1 columns, not {columns}", audit.v1_columns == columns),
        (f"there are {audit.v2_tables} V2 tables, not {tables}", audit.v2_tables == tables),
        (f"the working copy is at {audit.head[:8]}, not {commit[:8]}", audit.head == commit),
        (f"the API runs {audit.running_commit[:8]}, not {commit[:8]}", audit.running_commit == commit),
        (f"the served page is {audit.served_commit[:8]}, not {commit[:8]}", audit.served_commit == commit),
        ("the maintenance page is still on", not audit.maintenance),
        (f"{audit.test_jobs} test jobs were left behind", audit.test_jobs == 0),
        (f"pm2 reports the API as {audit.pm2_status}", audit.pm2_status == "online"),
    ]
    return [problem for problem, passed in checks if not passed]


def _jobs_created(target: Target) -> int:
    """How many jobs were ever created: the sequence also counts those that were deleted."""
    query = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM jobs_id_seq"
    return int(str(target.postgres.query(query)[0][0]))
