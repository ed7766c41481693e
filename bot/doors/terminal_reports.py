"""The commands at the terminal that only read: status, log, report and history."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from bot.doors.deps import Deps
from bot.doors.freezes import freeze_lines
from bot.doors.in_force import InForce
from bot.doors.reports_as_json import event_json, history_json, status_json
from bot.doors.system_user import SystemUser
from bot.doors.terminal_queue import queue_lines
from bot.settings import Settings
from bot.text import event_line
from commands.progress.usual_time import usual_times_before
from commands.report.status import status_of
from commands.report.status_text import status_lines
from commands.run.engine import page_of, zone_of
from state.errors import BadRecord, NothingRuns, Refused, UnreadableRun
from state.journal import RecordKey
from state.place import has_record, is_served, open_record
from state.records import Run
from state.store import RecordStore


class TerminalReports:
    """A command at the terminal, of the system user `user`. Every method yields the lines to print.

    `person` is who he says he is, empty for nobody: it counts only where the bot's environment says so, too, or for
    what everybody may do. Raises NothingRuns if there is no record.
    """

    def __init__(
        self,
        settings: Settings,
        run: int,
        person: str,
        user: SystemUser,
        deps_of: Callable[[RecordStore], Deps],
    ) -> None:
        self.settings = settings
        if not has_record(settings.state):
            where = settings.state.absolute() if isinstance(settings.state, Path) else settings.state
            raise NothingRuns(
                f"There is no record at {where}. Set GONOGO_STATE to the bot's record, "
                "or start the bot with `gonogo serve`, which creates it."
            )
        self.store = open_record(settings.state, key=_key_of(settings))
        self.in_force = InForce(values=self.store.in_force())
        self.deps = self.in_force.deps(deps_of(self.store))
        self.number = run
        self.person = person
        self.user = user

    def close(self) -> None:
        """Close the record."""
        self.store.close()

    def status(self, options: Namespace) -> Iterator[str]:
        """Show the run, what it waits for, and what to type."""
        if not options.json:
            yield from freeze_lines(self.deps)
        run = self._run(any_state=True)
        status = status_of(page_of(run), self.store.record(run.id), self._now(), usual_times_before(self.store, run))
        if options.json:
            yield from status_json(status)
            return
        yield from status_lines(status)
        if queued := list(queue_lines(self.deps)):
            yield from ["QUEUED", *(f"  {line}" for line in queued)]
        yield from (str(UnreadableRun(number)) for number in self.store.unreadable_runs())
        if run.active:
            yield from self._warn_if_not_served()

    def log(self, options: Namespace) -> Iterator[str]:
        """Print every event of the run, with its time in the page's zone."""
        run, after = self._run(any_state=True, of_queue=True), 0
        zone = zone_of(run)
        if not options.json:
            yield f"Run {run.id} of {run.target}. Times are in {zone}."
        while events := self.store.events(run.id, after):
            for event in events:
                if options.json:
                    yield event_json(event)
                    continue
                yield event_line(event, zone)
            after = events[-1].id

    def report(self, options: Namespace) -> Iterator[str]:
        """Print the report of a run as Markdown, or write it to a file: one HTML page, or a signed bundle."""
        from bot.doors.terminal_report import report_lines

        run = self._run(any_state=True)
        yield from report_lines(self.settings, self.deps, run, self._now(), html=options.html, bundle=options.bundle)

    def history(self, options: Namespace) -> Iterator[str]:
        """Print the newest runs, and the DORA metrics over all runs; or the newest drills."""
        from bot.report.build import history_of, left_out, zone_of_history
        from bot.report.drills import drill_lines
        from bot.report.history import history_lines

        if options.limit < 1:
            raise Refused(f"--limit is {options.limit}; it is the number of runs to show, at least 1.")
        runs = history_of(self.store, drills=options.drills)
        unread = left_out(self.store, runs, drills=options.drills)
        if options.drills and not runs and not unread:
            raise NothingRuns(f"There is no drill yet in {self.settings.state}. Start one with `gonogo drill`.")
        if not runs and not unread:
            raise NothingRuns(f"There is no run yet in {self.settings.state}. Start one with `gonogo start`.")
        if options.json:
            yield from history_json(runs[: options.limit], runs, unread)
            return
        zone = zone_of_history(self.store, runs[: options.limit])
        yield f"Times are in {zone}."
        if options.drills:
            yield from drill_lines(self.store, runs[: options.limit], zone)
            yield from unread
            return
        yield from history_lines(runs[: options.limit], runs, zone)
        yield from unread

    # -- inside -------------------------------------------------------------------------------------------------

    def _now(self) -> datetime:
        return self.store.now()

    def _run(self, *, any_state: bool = False, stops: bool = False, of_queue: bool = False) -> Run:
        if self.number:
            try:
                run = self.store.run_to_stop(self.number) if stops else self.store.run(self.number)
            except KeyError:
                raise NothingRuns(f"There is no run {self.number} in {self.settings.state}.") from None
            if run.of_queue and not of_queue:
                raise NothingRuns(f"{run.id} is a queued start and no run. `gonogo queue` lists what is queued.")
            return run
        active = self.store.active_runs()
        # a drill must not be stopped in place of the real run beside it that cannot be read
        also = self.store.unreadable_runs(active) if stops and active and active[0].drill else {}
        several = {**{run.id: run.target for run in active}, **also}
        if len(several) > 1:
            which = ", ".join(f"{number} ({target})" for number, target in several.items())
            raise Refused(f"Several runs are active. Choose one with --run: {which}.")
        if not active and (unreadable := self.store.unreadable_runs()):
            if stops and len(unreadable) == 1:
                return self.store.run_to_stop(*unreadable)
            raise UnreadableRun(min(unreadable))
        runs = active or (self.store.runs(1) if any_state else [])
        if not runs:
            raise NothingRuns(f"No run is active in {self.settings.state}. Start one with `gonogo start`.")
        return runs[0]

    def _warn_if_not_served(self) -> Iterator[str]:
        if not is_served(self.settings.state):
            yield "No bot is serving this record. Start it with `gonogo serve` (no Slack: add `--no-slack`)."
            yield "To close an abandoned run: `gonogo end RUN --reason WHY`. It rolls nothing back."


def _key_of(settings: Settings) -> RecordKey | Path | BadRecord:
    """The record's key as it is set; if it is none, the error, because nobody needs a key to stop a run or to read."""
    try:
        return settings.record_key
    except BadRecord as error:
        return error
