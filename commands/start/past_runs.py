"""The runs of the record as evidence: which commit each deployed, with which migration files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from commands.runbook import read_stored_page
from commands.runbook.page import Page, Part
from commands.start.preflight import PreflightReport
from commands.steps.shared.release_box import ReleaseBox
from commands.steps.values import fill
from state.errors import GonogoError, UnreadableRun
from state.records import Record, Run, RunState
from state.store import RecordStore

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
MOST = 50  # newest runs that are looked through


@dataclass
class PastRuns:
    """The newest runs of a record, newest first, drills apart. `commits` keeps those of the runs that are over."""

    store: RecordStore
    commits: dict[int, str] = field(default_factory=dict)
    _records: dict[int, Record] = field(default_factory=dict)

    def of(self, page: str, *, drills: bool = False) -> Iterator[Run]:
        """The runs of a page; those of an empty name are of all pages."""
        for run in self.store.runs(MOST):
            if bool(run.drill) == drills and page in {"", run.page, run.page.removesuffix(".md")}:
                yield run

    def kept(self, page: str = "") -> Iterator[Run]:
        """Those that were kept."""
        return (run for run in self.of(page) if run.state == RunState.KEPT)

    def record(self, run: Run) -> Record | None:
        """The record of a run; None where a row of it cannot be read."""
        if run.id in self._records:
            return self._records[run.id]
        try:
            record = self.store.record(run.id)
        except (UnreadableRun, KeyError):
            return None
        if not record.run.active:
            self._records = {**dict(list(self._records.items())[-20:]), run.id: record}
        return record

    def commit(self, run: Run) -> str:
        """The commit that a run deployed; empty where its record says none."""
        if run.id not in self.commits:
            record = self.record(run)
            commit = record.values().get("commit", "") if record else ""
            if run.active or record is None:
                return commit
            self.commits[run.id] = commit
        return self.commits[run.id]


def commit_of(page: Page, report: PreflightReport, ref: str) -> str:
    """The commit that a start would deploy, as its preflight found it; empty where it did not look that up."""
    found = dict(report.kept)
    for step in page.part(Part.BEFORE)[::-1]:
        if isinstance(step.box, ReleaseBox) and (
            commit := found.get(step.box.place_of(fill(step.box.ref, {"ref": ref})))
        ):
            return commit
    return ref if _COMMIT.fullmatch(ref) else ""


def page_of_run(run: Run) -> Page | None:
    """The run's own copy of its page; None where this version cannot read it."""
    try:
        return read_stored_page(run.text, run.page)
    except GonogoError:
        return None


def migration_files(page: Page) -> frozenset[str]:
    """The SQL files that the page's steps apply, those of its rollback too, by their paths in the repository."""
    return frozenset(file.path for step in page.steps if (file := step.box.applied_file()))
