"""The counting at the target: what happened there in one run, and how often, from the target's own audit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bot.rehearsal.target import Target
from bot.rehearsal.target.audit import FORWARD_COUNT, ROLLBACK_COUNT, read_audit_log

# the effects of the crash page, in the order in which they happen
DEPLOY = (
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
BACK = (
    "stop-requests",
    "database-back",
    "code-back",
    "install-back-begun",
    "install-back-ended",
    "restart-back",
    "let-requests-in",
    "clean-up-back",
)


@dataclass(frozen=True)
class Mark:
    """Where the target's counters stood before a run."""

    lines: int
    forward: int
    rollback: int
    jobs: int


@dataclass
class Effects:
    """What one run did at the target: how often each effect happened, and what is wrong with the target afterwards."""

    counts: Counter[str]
    wrong: list[str] = field(default_factory=list)

    def doubled(self) -> list[str]:
        """Effects that happened more than once."""
        return [f"{name} happened {count} times" for name, count in self.counts.items() if count > 1]

    def lost(self, ended: str, *, whole: bool) -> list[str]:
        """Effects that are missing: all must be there after a whole run; in any run none before one that is there."""
        deploy = DEPLOY if whole else DEPLOY[: self._reached()]
        missing = [name for name in deploy if not self.counts[name]]
        if ended == "rolled back":
            missing += [name for name in self._due_back() if not self.counts[name]]
        return [f"{name} never happened" for name in missing]

    @property
    def untouched(self) -> bool:
        """Whether nothing but a backup was made."""
        return not any(count for name, count in self.counts.items() if name != "backup")

    def _reached(self) -> int:
        there = [number for number, name in enumerate(DEPLOY) if self.counts[name]]
        return there[-1] + 1 if there else 0

    def _due_back(self) -> list[str]:
        """What the rollback must have done, given what the deploy did."""
        due = ["stop-requests", "let-requests-in", "clean-up-back"]
        if self.counts["migration"]:
            due.append("database-back")
        if self.counts["code"]:
            due += ["code-back", "install-back-begun", "install-back-ended", "restart-back"]
        return due


def mark(target: Target) -> Mark:
    """Where the target's counters stand now."""
    postgres = target.postgres
    forward, rollback = (int(str(postgres.query(query)[0][0])) for query in (FORWARD_COUNT, ROLLBACK_COUNT))
    return Mark(len(read_audit_log(target.host.audit_log)), forward, rollback, _jobs(target))


def effects(target: Target, before: Mark, run: int, ended: str) -> Effects:
    """What a run did since `before`, and whether the target is as it must be after a run that `ended` so."""
    lines = read_audit_log(target.host.audit_log)[before.lines :]
    now = mark(target)
    counts: Counter[str] = Counter(line["name"] for line in lines if line["what"] == "act" and line["run"] == str(run))
    counts["code"] = sum(line.get("commit") == target.new for line in lines if line["what"] == "checkout")
    counts["code-back"] = sum(line.get("commit") == target.old for line in lines if line["what"] == "checkout")
    counts["restart"] = sum(line.get("commit") == target.new for line in lines if line["what"] == "pm2 restart")
    counts["restart-back"] = sum(line.get("commit") == target.old for line in lines if line["what"] == "pm2 restart")
    counts["backup"] = sum(line["what"] == "pg_dump" for line in lines)
    counts["migration"] = now.forward - before.forward
    counts["database-back"] = now.rollback - before.rollback
    counts["create-job"] = now.jobs - before.jobs
    return Effects(counts, _wrong(target, ended))


def _jobs(target: Target) -> int:
    """How many jobs were ever made: the sequence counts those that are deleted too."""
    query = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM jobs_id_seq"
    return int(str(target.postgres.query(query)[0][0]))


def _wrong(target: Target, ended: str) -> list[str]:
    audit = target.audit()
    commit, columns, tables = (target.new, 4, 0) if ended == "kept" else (target.old, 0, 4)
    checks = [
        (f"there are {audit.v1_columns} V1 columns, not {columns}", audit.v1_columns == columns),
        (f"there are {audit.v2_tables} V2 tables, not {tables}", audit.v2_tables == tables),
        (f"the working copy is at {audit.head[:8]}, not {commit[:8]}", audit.head == commit),
        (f"the API answers as {audit.running_commit[:8]}, not {commit[:8]}", audit.running_commit == commit),
        (f"the page served is {audit.served_commit[:8]}, not {commit[:8]}", audit.served_commit == commit),
        ("the maintenance page is still served", not audit.maintenance),
        (f"{audit.test_jobs} test jobs were left behind", audit.test_jobs == 0),
        (f"pm2 says {audit.pm2_status}", audit.pm2_status == "online"),
    ]
    return [sentence for sentence, good in checks if not good]
