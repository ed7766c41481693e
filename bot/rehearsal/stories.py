"""The stories a rehearsal can play, each with its expected end, checked against the target itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bot.rehearsal.target.audit import Audit


@dataclass(frozen=True, kw_only=True)
class Story:
    """One story: what is wrong with the target, what the people do differently, and how it must end.

    `ends` is the run's last state. `presses_rollback_at` is the title of the step during which somebody presses the
    button, or words of the message on which it is pressed; `refuses` is the role that refuses its first sign-off.
    In the watch every API answer takes `slow_in_watch` seconds longer, or the database lets the bot in no more (`locks_out`);
    with `mends` what is wrong is mended as soon as people are called for it, and an alert is held as a false alarm.
    With `cuts_off` the host reaches neither git's remote nor the npm registry any more. `within` is how long the rollback may
    take, where the page's own time would be too long to wait for. The files in `frontend` stand for the targets' own.
    `tells` is what happens, `told` words that the channel must have said.
    """

    name: str
    tells: str
    ends: str
    flaws: frozenset[str] = field(default_factory=frozenset)
    presses_rollback_at: str = ""
    refuses: str = ""
    slow_in_watch: float = 0
    locks_out: bool = False
    mends: bool = False
    cuts_off: bool = False
    within: str = ""
    frontend: Path | None = None
    told: tuple[str, ...] = ()


STORIES = {
    story.name: story
    for story in (
        Story(name="keep", tells="everything goes well, and the tech lead decides KEEP", ends="kept"),
        Story(
            name="rollback",
            tells="while the frontend is deployed, somebody presses Roll back on a phone",
            ends="rolled back",
            presses_rollback_at="Deploy Frontend",
        ),
        Story(
            name="bad-migration",
            tells="the forward migration fails at its last statement, and the run goes straight back",
            ends="rolled back",
            flaws=frozenset({"bad-migration"}),
        ),
        Story(
            name="failing-smoke",
            tells="jobs with skipped approval answer 500, and the smoke test rolls everything back",
            ends="rolled back",
            flaws=frozenset({"failing-smoke"}),
        ),
        Story(
            name="alert-in-watch",
            tells="the API becomes slow during the watch, nobody holds the alert, and at the end of its countdown everything goes back",
            ends="rolled back",
            slow_in_watch=6,
            told=("nobody held the countdown",),
        ),
        Story(
            name="slow-api",
            tells="the API becomes slower, but not so slow that the bot rolls back; a person reads the warning and presses Roll back",
            ends="rolled back",
            slow_in_watch=3,
            presses_rollback_at="a person decides above 1 s",
            told=("a person decides above 1 s",),
        ),
        Story(
            name="false-alarm-held",
            tells="the API is slow under a load test; the tech lead holds the alert as a false alarm, and keeps",
            ends="kept",
            slow_in_watch=6,
            mends=True,
            told=("Held as a false alarm",),
        ),
        Story(
            name="bad-before",
            tells="the list of jobs was slow before the deploy and still is; that is said, and rolls nothing back",
            ends="kept",
            flaws=frozenset({"slow-list"}),
            told=("It was beyond its limit before the deploy as well",),
        ),
        Story(
            name="no-data",
            tells="the database lets the bot in no more; that is not taken for healthy, people are called, mend it, and keep",
            ends="kept",
            locks_out=True,
            mends=True,
            told=("No data is not healthy",),
        ),
        Story(
            name="crash-loop",
            tells="the new backend comes up and crashes again and again; that is seen over time, and everything goes back",
            ends="rolled back",
            flaws=frozenset({"crash-loop"}),
            told=("did not come up well",),
        ),
        Story(
            name="old-page-served",
            tells="the new page is published and the old one still served; its build stamp shows it, and everything goes back",
            ends="rolled back",
            flaws=frozenset({"stale-page"}),
            told=("is not the stamp of",),
        ),
        Story(
            name="registry-away",
            tells="neither git's remote nor the npm registry can be reached; somebody presses Roll back, and it needs neither",
            ends="rolled back",
            cuts_off=True,
            presses_rollback_at="being watched",
            told=("is back in its place",),
        ),
        Story(
            name="rollback-over-budget",
            tells="a rollback takes longer than it may; at 50, 80 and 100 % of its time the right people are told, and it goes on",
            ends="rolled back",
            presses_rollback_at="Deploy Frontend",
            within="4 s",
            told=("50 % of 4 s are over", "80 % of 4 s are over", "The 4 s are over"),
        ),
        Story(
            name="truncated-backup",
            tells="the dump loses rows and looks whole; its trial restore shows it, and the run ends before anything is touched",
            ends="aborted",
            flaws=frozenset({"truncated-backup"}),
            presses_rollback_at="does not hold what the database held",
        ),
        Story(
            name="lossy-rollback",
            tells="the rollback file deletes rows that nothing brings back; its rehearsal shows it, and nothing is touched",
            ends="aborted",
            flaws=frozenset({"lossy-rollback"}),
            presses_rollback_at="does not bring back the rows",
        ),
        Story(
            name="locked-table",
            tells="a forgotten report holds a table, the migration gives up within its patience, and the run goes straight back",
            ends="rolled back",
            flaws=frozenset({"locked-table"}),
        ),
        Story(
            name="refused-sign-off",
            tells="the reviewer refuses to sign, and the run ends before anything is touched",
            ends="aborted",
            refuses="reviewer",
        ),
    )
}


@dataclass(frozen=True, kw_only=True)
class Before:
    """What the target was before the run."""

    old: str
    new: str
    boots: int
    v2_rows: int


def wrong_at_the_end(story: Story, audit: Audit, before: Before) -> list[str]:
    """Everything in which the target differs from the story's end, one sentence each; empty when all agree."""
    checks = {"kept": _after_keep, "rolled back": _after_rollback, "aborted": _after_abort}
    return [sentence for sentence, good in checks[story.ends](story, audit, before) if not good] + [
        sentence for sentence, good in _always(audit) if not good
    ]


Checks = list[tuple[str, bool]]
Ending = Callable[[Story, Audit, Before], Checks]


def _always(audit: Audit) -> Checks:
    return [
        ("the maintenance page is still served", not audit.maintenance),
        (f"{audit.test_jobs} test jobs were left behind", audit.test_jobs == 0),
        (f"pm2 says {audit.pm2_status}", audit.pm2_status == "online"),
    ]


def _after_keep(_: Story, audit: Audit, before: Before) -> Checks:
    return [
        (f"the forward migration was applied {audit.forward_count} times", audit.forward_count == 1),
        (f"the rollback migration was applied {audit.rollback_count} times", audit.rollback_count == 0),
        (f"there are {audit.v1_columns} of the 4 V1 columns", audit.v1_columns == 4),
        (f"there are {audit.v2_tables} V2 tables", audit.v2_tables == 0),
        *_runs(audit, before.new),
    ]


def _after_rollback(story: Story, audit: Audit, before: Before) -> Checks:
    applied = 0 if story.flaws & {"bad-migration", "locked-table"} else 1
    return [
        (f"the forward migration was applied {audit.forward_count} times", audit.forward_count == applied),
        (f"the rollback migration was applied {audit.rollback_count} times", audit.rollback_count == applied),
        (f"there are {audit.v1_columns} V1 columns", audit.v1_columns == 0),
        (f"there are {audit.v2_tables} of the 4 V2 tables", audit.v2_tables == 4),
        (f"there are {audit.v2_rows} of the {before.v2_rows} V2 rows", audit.v2_rows == before.v2_rows),
        *_runs(audit, before.old),
    ]


def _after_abort(_: Story, audit: Audit, before: Before) -> Checks:
    return [
        ("a migration was applied", audit.forward_count + audit.rollback_count == 0),
        ("the API was restarted", audit.boots == before.boots),
        *_runs(audit, before.old),
    ]


def _runs(audit: Audit, commit: str) -> Checks:
    return [
        (f"the working copy is at {audit.head[:8]}, not {commit[:8]}", audit.head == commit),
        (f"the API answers as {audit.running_commit[:8]}, not {commit[:8]}", audit.running_commit == commit),
        (f"the page served is {audit.served_commit[:8]}, not {commit[:8]}", audit.served_commit == commit),
    ]
