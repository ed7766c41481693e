"""Commits that were rolled back: known from the runs, and looked for in what is to start."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from zoneinfo import ZoneInfo

from commands.ports.shell import Shell
from commands.ports.tools import Tools
from commands.runbook.page import Page
from commands.start.objections import Considered, Intent, Objection, ObjectionSort, Objector
from commands.steps.base import PinnedRelease
from commands.systems.git.contains import Contained, ask_whether_contained
from commands.text.numbers import format_count
from commands.text.phrases import agree
from commands.text.typed import one_line
from state.errors import ToolError
from state.frozen import dataclass
from state.records import AttemptState, Record, Run, RunState
from state.store import RecordStore

RUNS = 200  # newest runs of the target that are looked through
MOST = 5  # bad commits that git is asked about, the newest first
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BAD = frozenset({RunState.ROLLED_BACK, RunState.ENDED})  # closed by hand: only once a rollback was asked for
_SHORT = 10  # digits of a commit for people


@dataclass(frozen=True, kw_only=True)
class BadBuild:
    """A commit that was rolled back: in which run, when, by whom, why; `later` is what came after it, in words.

    `closed` means that the run was closed by hand before its rollback was over.
    """

    commit: str
    run: int
    at: datetime
    by: str
    reason: str
    later: str = ""
    closed: bool = False

    def sentence(self, zone: ZoneInfo) -> str:
        """When it was rolled back, by whom, why, and what came after."""
        reason = f": {one_line(self.reason)}" if self.reason else ""
        when = f"{self.at.astimezone(zone):%a %d %b %H:%M}"
        what = f"Commit {self.commit[:_SHORT]} was rolled back"
        closed = ""
        if self.closed:
            what = f"The rollback of commit {self.commit[:_SHORT]} was requested"
            closed = " That run was closed by hand before its rollback was over."
        return f"{what} on {when} in run {self.run} by {self.by}{reason}.{closed}{self.later}"


def bad_builds(store: RecordStore, target: str) -> list[BadBuild]:
    """The commits of a target that were rolled back after they had changed it, newest first.

    Those of a run that was closed by hand after its rollback was asked for, too. Not those of drills, and not one that
    was kept in a later run: that is proven.
    """
    runs = [run for run in store.runs_of(target, RUNS) if not run.drill and not run.active]
    rolled_back = [place for place, run in enumerate(runs) if run.state in _BAD]
    if not rolled_back:
        return []
    found: dict[str, BadBuild] = {}
    kept: set[str] = set()
    # a run before the oldest of them proves nothing, and the record of a watch is long
    for place, run in enumerate(runs[: rolled_back[-1] + 1]):
        if run.state not in {*_BAD, RunState.KEPT}:
            continue
        for record in store.records([run.id]):
            commits = set(_commits(record))
            if run.state == RunState.KEPT:
                kept |= commits - found.keys()
            elif run.state == RunState.ROLLED_BACK or record.rollback:
                bad = {commit: _bad(record, commit, runs[:place]) for commit in commits - kept}
                found = {**bad, **found}
    return sorted(found.values(), key=lambda one: -one.run)


def _commits(record: Record) -> Iterator[str]:
    """The commits that a run pinned."""
    for attempt in record.attempts:
        commit = attempt.values.get("commit", "") if attempt.state == AttemptState.DONE else ""
        if _COMMIT.fullmatch(commit):
            yield commit


def _bad(record: Record, commit: str, later: Sequence[Run]) -> BadBuild:
    run, request = record.run, record.rollback
    since = next((one for one in later if one.state == RunState.KEPT), None)
    return BadBuild(
        commit=commit,
        run=run.id,
        at=request.at if request else run.began_at,
        by=request.person if request else "somebody",
        reason=request.reason if request else "",
        closed=run.state == RunState.ENDED,
        later=f" Since then run {since.id} ({since.release}) was kept." if since else "",
    )


def bad_build_objector(store: RecordStore, tools_for: Callable[[Page], Tools]) -> Objector:
    """Finds bad commits in what is to start. A reverted or fixed one is a note, and so is what git cannot say."""

    def object_to(intent: Intent) -> Considered:
        page = intent.page
        bad = bad_builds(store, page.runbook.target)
        releases = [one for step in page.steps if (one := step.box.pinned_release(intent.ref))] if bad else []
        if not releases:
            return Considered()
        with closing(tools_for(page)) as tools:
            found = [
                _judge(tools.shell, intent, release, bad)
                for place, release in enumerate(releases)
                if release not in releases[:place]
            ]
        return Considered(
            objections=tuple(one for each in found for one in each.objections),
            notes=tuple(note for each in found for note in each.notes),
        )

    return object_to


def _judge(shell: Shell, intent: Intent, release: PinnedRelease, bad: Sequence[BadBuild]) -> Considered:
    """What the bad builds mean for the commit that the preflight has found for a release."""
    zone = ZoneInfo(intent.page.runbook.time_zone)
    commit = dict(intent.found).get(release.found_as, "")
    against, notes = [], []
    for one in bad[:MOST]:
        sentence = one.sentence(zone)
        if not commit:
            notes.append(f"{sentence} Whether the release contains it is not known: its commit was not found.")
            continue
        try:
            said = _ask(shell, intent.page, release, commit, one)
        except ToolError as error:
            notes.append(f"{sentence} Whether {commit[:_SHORT]} contains it is not known: {error}")
            continue
        if not said.known:
            notes.append(
                f"{sentence} Whether {commit[:_SHORT]} contains it is not known: the working copy on host "
                f"{release.host} lacks one of the two commits, or the history between them."
            )
        elif cure := said.reverted or said.fixed:
            word = "reverts it" if said.reverted else "says that it fixes it"
            notes.append(f"{sentence} Commit {cure[:_SHORT]} {word}.")
        elif said.contains:
            same = "This start would deploy it again." if one.commit == commit else f"{commit[:_SHORT]} contains it."
            against.append(Objection(sort=ObjectionSort.BAD_BUILD, summary=f"{sentence} {same}"))
    if more := bad[MOST:]:
        older = f"{format_count(len(more), 'older commit')} that {agree(len(more), 'was', 'were')} rolled back"
        notes.append(f"Not compared with the release: {older}.")
    return Considered(objections=tuple(against), notes=tuple(notes))


def _ask(shell: Shell, page: Page, release: PinnedRelease, commit: str, bad: BadBuild) -> Contained:
    if bad.commit == commit:
        return Contained(known=True, contains=True)
    fix = page.runbook.fixes.replace("<run>", str(bad.run)).replace("<commit>", bad.commit[:7])
    return ask_whether_contained(shell, release.host, release.repository, commit, bad.commit, fix)
