"""The terminal door: the same actions as in Slack, also while Slack is unreachable."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from bot.doors.actions import CHOICES, signed_text
from bot.doors.deps import Deps
from bot.settings import Settings
from bot.text import event_kind, event_title_and_detail
from commands.progress.usual_time import usual_times_before
from commands.report.status import status_of
from commands.report.status_text import status_lines
from commands.rollback.request import rollback
from commands.run.close_run import close_run, left_on_production
from commands.run.engine import page_of
from commands.signoff.actions import RunActions
from commands.signoff.waiting import waiting_for
from commands.start.request import StartRequest
from state.errors import NothingRuns, Refused
from state.events import Ask
from state.facts import Actor, Door
from state.records import Run
from state.sqlite.lock import is_served, take_lock
from state.sqlite.store import Store


class Terminal:
    """One command at the terminal. Every method yields the lines to print.

    Only with `may_create` a missing state file is created; otherwise it raises NothingRuns.
    """

    def __init__(
        self,
        settings: Settings,
        run: int,
        person: str,
        deps_of: Callable[[Store], Deps],
        *,
        may_create: bool = False,
    ) -> None:
        self.settings = settings
        if not may_create and not settings.state.exists():
            raise NothingRuns(
                f"There is no state file {settings.state.absolute()}. Set GONOGO_STATE to the bot's state file, "
                "or start a run with `gonogo start`."
            )
        self.store = Store(settings.state)
        self.deps = deps_of(self.store)
        self.number = run
        self.actor = Actor(person=person, door=Door.TERMINAL)

    def close(self) -> None:
        """Close the state file."""
        self.store.close()

    def start(self, options: Namespace) -> Iterator[str]:
        """Start a run of a page."""
        request = StartRequest(
            page=options.page,
            ref=options.ref,
            notice_minutes=options.countdown,
            note=options.note,
            speed=self.settings.speed,
        )
        started = self.deps.starter.start(request, self.actor)
        yield from (f"Warning: {warning}" for warning in started.warnings)
        yield f"Run {started.run.id} of {page_of(started.run).title} has started."
        yield from self._warn_if_not_served()

    def rollback(self, options: Namespace) -> Iterator[str]:
        """Request the rollback."""
        run = self._run()
        first = rollback(self.store, run, self.actor, options.reason, self._now())
        requested = f"Rollback requested for run {run.id}."
        yield requested if first else f"Run {run.id} is already rolling back. A second request changes nothing."
        yield from self._warn_if_not_served()

    def sign(self, options: Namespace) -> Iterator[str]:
        """Sign a step, or refuse to."""
        actions, attempt = self._actions_and_attempt(options.step)
        refused = bool(options.refuse)
        roles = actions.sign(options.step, attempt, self.actor, self._now(), refused=refused, reason=options.refuse)
        yield signed_text(actions, options.step, roles, refused=refused)

    def answer(self, options: Namespace) -> Iterator[str]:
        """Answer for a step that failed or whose result is unknown."""
        actions, attempt = self._actions_and_attempt(options.step)
        if options.answer == "agree":
            actions.agree(options.step, attempt, self.actor, self._now())
        else:
            actions.answer(options.step, attempt, self.actor, CHOICES[options.answer], options.reason, self._now())
        yield "Your answer is saved."

    def hold(self, options: Namespace) -> Iterator[str]:
        """Start no new step."""
        first = self._actions().hold(self.actor, options.reason, self._now())
        yield "On hold. No new step starts." if first else "The run is already on hold."

    def resume(self, options: Namespace) -> Iterator[str]:
        """Continue after a hold."""
        first = self._actions().resume(self.actor, options.reason, self._now())
        yield "Resumed." if first else "The run is not on hold."

    def keep(self, options: Namespace) -> Iterator[str]:
        """Decide KEEP."""
        yield self._actions().keep(self.actor, options.reason, self._now())

    def false_alarm(self, options: Namespace) -> Iterator[str]:
        """Hold the countdown of an alert as a false alarm."""
        actions = self._actions()
        record = self.store.record(actions.run)
        running = [waiting for waiting in waiting_for(actions.page, record) if waiting.ask is Ask.COUNTDOWN]
        countdown = next((waiting for waiting in running if waiting.step == options.alert), None)
        if countdown is None:
            names = ", ".join(f"“{waiting.step}”" for waiting in running) or "none"
            raise Refused(f"No countdown of “{options.alert}” is running. Running countdowns: {names}.")
        alert, number = countdown.step, countdown.attempt
        first = actions.false_alarm(alert, number, self.actor, options.reason, options.lasts, self._now())
        yield f"“{alert}” is held for {options.lasts}." if first else f"“{alert}” is already held."

    def status(self, _: Namespace) -> Iterator[str]:
        """Show the run, what it waits for, and what to type."""
        run = self._run(any_state=True)
        status = status_of(page_of(run), self.store.record(run.id), self._now(), usual_times_before(self.store, run))
        yield from status_lines(status)
        if run.active:
            yield from self._warn_if_not_served()

    def end(self, options: Namespace) -> Iterator[str]:
        """End a run by hand, once its number is typed. Raises BadRecord while a bot is serving the record."""
        self.number = options.number
        run = self._run()
        lock = take_lock(self.settings.state)
        try:
            try:
                page = page_of(run)
            except Refused:
                page = None  # this version cannot read the run's page; the run can still be ended
            left = left_on_production(page, self.store.record(run.id))
            yield f"This ends run {run.id} of {run.target} ({run.ref}, started by {run.starter}) by hand."
            yield "Nothing is rolled back. Left on production:"
            yield from (f"  {item}" for item in left or ["nothing was changed in production"])
            yield f"Type {run.id} to end the run, or anything else to cancel:"
            if sys.stdin.readline().strip() != str(run.id):
                raise Refused(f"Run {run.id} was not ended.")
            close_run(self.store, run, page, self.actor, options.reason, self._now())
        finally:
            lock.close()
        yield f"Run {run.id} is ended. {run.target} is free for another run."

    def log(self, _: Namespace) -> Iterator[str]:
        """Print every event of the run, with its time in UTC."""
        run, after = self._run(any_state=True), 0
        while events := self.store.events(run.id, after):
            for event in events:
                title, detail = event_title_and_detail(event.data)
                text = ": ".join(filter(None, [title, detail]))
                yield f"{event.at:%Y-%m-%d %H:%M:%S} {event_kind(event.data):<18} {text}"
            after = events[-1].id

    def report(self, options: Namespace) -> Iterator[str]:
        """Print the report of a run as Markdown, or write it to a file as one HTML page."""
        from bot.report.build import chart_of, report_of
        from bot.report.markdown import as_markdown

        self.number = options.number or self.number
        run = self._run(any_state=True)
        report = report_of(self.store, run, self.deps.people(page_of(run)), self._now())
        if not options.html:
            yield as_markdown(report).rstrip("\n")
            return
        from bot.report.html import as_html

        path: Path = options.html
        try:
            path.write_text(as_html(report, chart_of(report)), encoding="utf-8")
        except OSError as error:
            raise Refused(f"The report cannot be written to {path} ({error.strerror}).") from None
        yield f"The report of run {run.id} is in {path}."

    def history(self, options: Namespace) -> Iterator[str]:
        """Print the newest runs, and the DORA metrics over all runs."""
        from bot.report.build import history_of
        from bot.report.history import history_lines

        if options.limit < 1:
            raise Refused(f"--limit is {options.limit}; it is the number of runs to show, at least 1.")
        runs = history_of(self.store)
        if not runs:
            raise NothingRuns(f"There is no run yet in {self.settings.state}. Start one with `gonogo start`.")
        yield from history_lines(runs[: options.limit], runs)

    # -- inside -------------------------------------------------------------------------------------------------

    def _now(self) -> datetime:
        return datetime.now(UTC)

    def _run(self, *, any_state: bool = False) -> Run:
        if self.number:
            try:
                return self.store.run(self.number)
            except KeyError:
                raise NothingRuns(f"There is no run {self.number} in {self.settings.state}.") from None
        active = self.store.active_runs()
        if len(active) > 1:
            raise Refused(
                f"Several runs are active. Choose one with --run: {', '.join(f'{r.id} ({r.target})' for r in active)}."
            )
        runs = active or (self.store.runs(1) if any_state else [])
        if not runs:
            raise NothingRuns(f"No run is active in {self.settings.state}. Start one with `gonogo start`.")
        return runs[0]

    def _actions(self) -> RunActions:
        run = self._run()
        page = page_of(run)
        return RunActions(self.store, page, run.id, self.deps.people(page))

    def _actions_and_attempt(self, step: str) -> tuple[RunActions, int]:
        actions = self._actions()
        newest = self.store.record(actions.run).last(step)
        return actions, newest.attempt if newest else 1

    def _warn_if_not_served(self) -> Iterator[str]:
        if not is_served(self.settings.state):
            yield "No bot is serving this state file. Start it with `gonogo serve` (no Slack: add `--no-slack`)."
            yield "To close an abandoned run: `gonogo end RUN --reason WHY`. It rolls nothing back."
