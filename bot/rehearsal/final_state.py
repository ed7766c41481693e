"""Checks the target after a scenario: schema, rows, commits, services, and leftovers."""

from __future__ import annotations

from bot.rehearsal.scenarios import Scenario
from bot.rehearsal.target import Target
from bot.rehearsal.target.audit import Audit
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class TargetBefore:
    """The target before the run: both commits, the API's starts so far, and the number of V2 rows."""

    old: str
    new: str
    boots: int
    v2_rows: int


def target_before(target: Target) -> TargetBefore:
    """Read it from the target, which must not have a run yet."""
    audit = target.audit()
    return TargetBefore(old=target.old, new=target.new, boots=audit.boots, v2_rows=audit.v2_rows)


def final_state_problems(scenario: Scenario, audit: Audit, before: TargetBefore) -> list[str]:
    """Where the target differs from the scenario's final state, one sentence for each; [] when nothing differs."""
    checks = {"kept": _after_keep, "rolled back": _after_rollback, "aborted": _after_abort}
    results = [*checks[scenario.final_state](scenario, audit, before), *_in_any_case(audit)]
    return [problem for problem, passed in results if not passed]


Results = list[tuple[str, bool]]


def _in_any_case(audit: Audit) -> Results:
    return [
        ("the maintenance page is still on", not audit.maintenance),
        (f"{audit.test_jobs} test jobs were left behind", audit.test_jobs == 0),
        (f"pm2 reports the API as {audit.pm2_status}", audit.pm2_status == "online"),
    ]


def _after_keep(_: Scenario, audit: Audit, before: TargetBefore) -> Results:
    return [
        (f"the forward migration was applied {audit.forward_count} times", audit.forward_count == 1),
        (f"the rollback migration was applied {audit.rollback_count} times", audit.rollback_count == 0),
        (f"there are {audit.v1_columns} of the 4 V1 columns", audit.v1_columns == 4),
        (f"there are {audit.v2_tables} V2 tables", audit.v2_tables == 0),
        *_serves(audit, before.new),
    ]


def _after_rollback(scenario: Scenario, audit: Audit, before: TargetBefore) -> Results:
    applied = 0 if scenario.flaws & {"bad-migration", "locked-table"} else 1
    return [
        (f"the forward migration was applied {audit.forward_count} times", audit.forward_count == applied),
        (f"the rollback migration was applied {audit.rollback_count} times", audit.rollback_count == applied),
        (f"there are {audit.v1_columns} V1 columns", audit.v1_columns == 0),
        (f"there are {audit.v2_tables} of the 4 V2 tables", audit.v2_tables == 4),
        (f"there are {audit.v2_rows} of the {before.v2_rows} V2 rows", audit.v2_rows == before.v2_rows),
        *_serves(audit, before.old),
    ]


def _after_abort(_: Scenario, audit: Audit, before: TargetBefore) -> Results:
    return [
        ("a migration was applied", audit.forward_count + audit.rollback_count == 0),
        ("the API was restarted", audit.boots == before.boots),
        *_serves(audit, before.old),
    ]


def _serves(audit: Audit, commit: str) -> Results:
    return [
        (f"the working copy is at {audit.head[:8]}, not {commit[:8]}", audit.head == commit),
        (f"the API runs {audit.running_commit[:8]}, not {commit[:8]}", audit.running_commit == commit),
        (f"the served page is {audit.served_commit[:8]}, not {commit[:8]}", audit.served_commit == commit),
    ]
