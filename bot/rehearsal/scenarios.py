"""The scenarios that a rehearsal can play, each with what goes wrong and how the run must end."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path

from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One scenario: what is wrong with the target, what the people do, and the run's final state.

    flaws: what is wrong with the release or the target from the start
    roll_back_at: the title of a step, or a text in a message, at which somebody presses Roll back
    refusing_role: the role that refuses its first sign-off
    watch_delay: seconds that each API answer takes longer from the start of the watch on
    database_locked_out: in the watch the database refuses the bot's logins
    people_fix_it: people end the fault as soon as they are called, and hold an alert as a false alarm
    downloads_cut_off: in the watch the host can reach neither git's remote nor the npm registry
    time_budget: the rollback's time budget in place of the page's, which would be too long to wait for
    frontend: a folder of files that replace the target's own
    expected_texts: texts that must be in the channel
    """

    name: str
    description: str
    final_state: str
    flaws: frozenset[str] = field(default_factory=frozenset)
    roll_back_at: str = ""
    refusing_role: str = ""
    watch_delay: float = 0
    database_locked_out: bool = False
    people_fix_it: bool = False
    downloads_cut_off: bool = False
    time_budget: str = ""
    frontend: Path | None = None
    expected_texts: tuple[str, ...] = ()


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(name="keep", description="everything succeeds, and the tech lead decides KEEP", final_state="kept"),
        Scenario(
            name="rollback",
            description="during the deploy of the frontend somebody presses Roll back on a phone",
            final_state="rolled back",
            roll_back_at="Deploy Frontend",
        ),
        Scenario(
            name="bad-migration",
            description="the migration fails at its last statement, and the run rolls back at once",
            final_state="rolled back",
            flaws=frozenset({"bad-migration"}),
        ),
        Scenario(
            name="failing-smoke",
            description="the new version answers 500 to jobs that skip approval, and the smoke test rolls back",
            final_state="rolled back",
            flaws=frozenset({"failing-smoke"}),
        ),
        Scenario(
            name="alert-in-watch",
            description="in the watch the API becomes slow, nobody holds the alert, and its countdown rolls back",
            final_state="rolled back",
            watch_delay=6,
            expected_texts=("nobody held the countdown",),
        ),
        Scenario(
            name="slow-api",
            description="in the watch the API becomes slower, but only enough for a warning; a person rolls back",
            final_state="rolled back",
            watch_delay=3,
            roll_back_at="a person decides above 1 s",
            expected_texts=("a person decides above 1 s",),
        ),
        Scenario(
            name="false-alarm-held",
            description="a load test makes the API slow; the tech lead holds the alert as a false alarm, and keeps",
            final_state="kept",
            watch_delay=6,
            people_fix_it=True,
            expected_texts=("Held as a false alarm",),
        ),
        Scenario(
            name="bad-before",
            description="the list of jobs was as slow before the deploy; this is reported and rolls nothing back",
            final_state="kept",
            flaws=frozenset({"slow-list"}),
            expected_texts=("It was outside its limit before the deploy too",),
        ),
        Scenario(
            name="no-data",
            description="the database refuses the bot's logins; missing data calls people, who fix it and keep",
            final_state="kept",
            database_locked_out=True,
            people_fix_it=True,
            expected_texts=("Missing data never counts as healthy",),
        ),
        Scenario(
            name="crash-loop",
            description="the new backend starts and crashes again and again; the check over time rolls back",
            final_state="rolled back",
            flaws=frozenset({"crash-loop"}),
            expected_texts=("did not start properly",),
        ),
        Scenario(
            name="old-page-served",
            description="the new page is published, but the old one is served; its build stamp rolls back",
            final_state="rolled back",
            flaws=frozenset({"stale-page"}),
            expected_texts=("does not name commit",),
        ),
        Scenario(
            name="registry-away",
            description="git's remote and the npm registry are unreachable; a rollback needs neither",
            final_state="rolled back",
            downloads_cut_off=True,
            roll_back_at="watching",
            expected_texts=("is back in its place",),
        ),
        Scenario(
            name="rollback-over-budget",
            description="a rollback exceeds its time budget; people are called at 50, 80 and 100 %, and it goes on",
            final_state="rolled back",
            roll_back_at="Deploy Frontend",
            time_budget="4 s",
            expected_texts=(
                "50 % of the 4 s time budget",
                "80 % of the 4 s time budget",
                "The 4 s time budget is used up",
            ),
        ),
        Scenario(
            name="truncated-backup",
            description="the dump lacks rows and looks complete; its trial restore shows it before any change",
            final_state="aborted",
            flaws=frozenset({"truncated-backup"}),
            roll_back_at="the restored rows differ from the rows",
        ),
        Scenario(
            name="lossy-rollback",
            description="the rollback file deletes rows that nothing restores; its rehearsal shows it first",
            final_state="aborted",
            flaws=frozenset({"lossy-rollback"}),
            roll_back_at="does not restore the rows",
        ),
        Scenario(
            name="locked-table",
            description="a forgotten report locks a table, the migration times out, and the run rolls back at once",
            final_state="rolled back",
            flaws=frozenset({"locked-table"}),
        ),
        Scenario(
            name="refused-sign-off",
            description="the reviewer refuses to sign, and the run is aborted before any change",
            final_state="aborted",
            refusing_role="reviewer",
        ),
    )
}
