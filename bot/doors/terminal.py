"""The terminal door: the same acts as in Slack, on the same record, also while Slack is away."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from bot.doors.actions import CHOICES
from bot.doors.deps import Deps
from bot.settings import Settings
from bot.text import event_in_short
from commands.progress.usual_time import usual_times_before
from commands.report.status import status_lines, status_of
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
    """One visit at the terminal; every method yields the lines to print. Only with `may_begin` a new record is made."""

    def __init__(
        self,
        settings: Settings,
        run: int,
        person: str,
        deps_of: Callable[[Store], Deps],
        *,
        may_begin: bool = False,
    ) -> None:
        self.settings = settings
        if not may_begin and not settings.state.exists():
            raise NothingRuns(
                f"There is no record {settings.state.absolute()}: set GONOGO_STATE to the bot's own, "
                "or begin one with: gonogo start"
            )
        self.store = Store(settings.state)
        self.deps = deps_of(self.store)
        self.number = run
        self.actor = Actor(person=person, door=Door.TERMINAL)

    def close(self) -> None:
        """Close the record."""
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
        yield from (f"Before you go on: {warning}" for warning in started.warnings)
        yield f"Run {started.run.id} of {page_of(started.run).title} is started."
        yield from self._is_served()

    def rollback(self, options: Namespace) -> Iterator[str]:
        """Take everything back."""
        run = self._run()
        first = rollback(self.store, run, self.actor, options.reason, self._now())
        yield f"Run {run.id}: the rollback is " + ("asked for." if first else "under way already; it happens once.")
        yield from self._is_served()

    def sign(self, options: Namespace) -> Iterator[str]:
        """Sign a step, or refuse to."""
        actions, attempt = self._actions_and_attempt(options.step)
        refused = bool(options.refuse)
        roles = actions.sign(options.step, attempt, self.actor, self._now(), refused=refused, reason=options.refuse)
        yield f"{'Refused' if options.refuse else 'Signed'} as {', '.join(actions.page.roles[role].title for role in roles)}."

    def answer(self, options: Namespace) -> Iterator[str]:
        """Answer for a step that did not end well."""
        actions, attempt = self._actions_and_attempt(options.step)
        if options.said == "agree":
            actions.agree(options.step, attempt, self.actor, self._now())
        else:
            actions.answer(options.step, attempt, self.actor, CHOICES[options.said], options.reason, self._now())
        yield "Noted."

    def hold(self, options: Namespace) -> Iterator[str]:
        """Let no new step begin."""
        yield "On hold." if self._actions().hold(self.actor, options.reason, self._now()) else "It is on hold already."

    def resume(self, options: Namespace) -> Iterator[str]:
        """Go on after a hold."""
        yield "It goes on." if self._actions().resume(self.actor, options.reason, self._now()) else "It is not on hold."

    def keep(self, options: Namespace) -> Iterator[str]:
        """Decide KEEP."""
        yield self._actions().keep(self.actor, options.reason, self._now())

    def false_alarm(self, options: Namespace) -> Iterator[str]:
        """Hold the countdown of an alert."""
        actions = self._actions()
        record = self.store.record(actions.run)
        open_ = [one for one in waiting_for(actions.page, record) if one.ask is Ask.COUNTDOWN]
        asked = next((one for one in open_ if one.step == options.alert), None)
        if asked is None:
            which = ", ".join(f"“{one.step}”" for one in open_) or "none"
            raise Refused(f"No countdown of “{options.alert}” runs; these do: {which}.")
        first = actions.false_alarm(asked.step, asked.attempt, self.actor, options.reason, options.lasts, self._now())
        yield f"“{asked.step}” is held for {options.lasts}." if first else "It is held already."

    def status(self, _: Namespace) -> Iterator[str]:
        """Show the run and what to type next."""
        run = self._run(any_state=True)
        status = status_of(page_of(run), self.store.record(run.id), self._now(), usual_times_before(self.store, run))
        yield from status_lines(status)
        for waiting in status.waiting:
            typed = {
                Ask.SIGN: "sign {}",
                Ask.ANSWER: "answer {} again|done|skip REASON",
                Ask.AGREE: "answer {} agree",
                Ask.DECIDE: "keep",
                Ask.COUNTDOWN: "false-alarm '{}' --reason WHY",
            }
            yield f"  type: gonogo {typed[waiting.ask].format(waiting.step)} --as USER_ID"
        if run.active:
            yield from self._is_served()

    def end(self, options: Namespace) -> Iterator[str]:
        """End a run by hand, after its number was typed; nobody may serve the record meanwhile."""
        self.number = options.number
        run = self._run()
        lock = take_lock(self.settings.state)
        try:
            try:
                page = page_of(run)
            except Refused:
                page = None  # a page of another version: the run can still be ended
            stays = left_on_production(page, self.store.record(run.id))
            yield f"Run {run.id} of {run.target} ({run.ref}, begun by {run.starter}) will be ended. Nothing is taken back:"
            yield from (f"  {one}" for one in stays or ["nothing was changed in production"])
            yield f"Type {run.id} to end it, anything else to leave it:"
            if sys.stdin.readline().strip() != str(run.id):
                raise Refused(f"Run {run.id} was left as it is.")
            close_run(self.store, run, page, self.actor, options.reason, self._now())
        finally:
            lock.close()
        yield f"Run {run.id} is ended; {run.target} is free for another run."

    def log(self, _: Namespace) -> Iterator[str]:
        """Print everything that was told."""
        run, after = self._run(any_state=True), 0
        while events := self.store.events(run.id, after):
            for event in events:
                title, said = event_in_short(event.data)
                colon = ": " if title and said else ""
                yield f"{event.at:%Y-%m-%d %H:%M:%S} {event.data.stored_kind:<10} {title}{colon}{said}"
            after = events[-1].id

    def report(self, options: Namespace) -> Iterator[str]:
        """The report of a run as Markdown, or written to a file as one HTML page."""
        from bot.report.build import chart_of, report_of
        from bot.report.markdown import as_markdown

        self.number = options.number or self.number
        run = self._run(any_state=True)
        made = report_of(self.store, run, self.deps.people(page_of(run)), self._now())
        if not options.html:
            yield as_markdown(made).rstrip("\n")
            return
        from bot.report.html import as_html

        path: Path = options.html
        try:
            path.write_text(as_html(made, chart_of(made)), encoding="utf-8")
        except OSError as error:
            raise Refused(f"The report cannot be written to {path} ({error.strerror}).") from None
        yield f"The report of run {run.id} is in {path}."

    def history(self, options: Namespace) -> Iterator[str]:
        """The newest runs, and the four figures of delivery over all of them."""
        from bot.report.build import history_of
        from bot.report.delivery_figures import history_lines

        if options.limit < 1:
            raise Refused(f"--limit is how many runs are shown, at least 1, not {options.limit}.")
        whole = history_of(self.store)
        if not whole:
            raise NothingRuns(f"Nothing has run yet in {self.settings.state}. A run starts with: gonogo start")
        yield from history_lines(whole[: options.limit], whole)

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
                f"Several runs are active, say which with --run: {', '.join(f'{r.id} ({r.target})' for r in active)}."
            )
        found = active or (self.store.runs(1) if any_state else [])
        if not found:
            raise NothingRuns(f"Nothing runs in {self.settings.state}. A run starts with: gonogo start")
        return found[0]

    def _actions(self) -> RunActions:
        run = self._run()
        page = page_of(run)
        return RunActions(self.store, page, run.id, self.deps.people(page))

    def _actions_and_attempt(self, step: str) -> tuple[RunActions, int]:
        actions = self._actions()
        row = self.store.record(actions.run).last(step)
        return actions, row.attempt if row else 1

    def _is_served(self) -> Iterator[str]:
        if not is_served(self.settings.state):
            yield "No bot serves this record now; begin with: gonogo serve (while Slack is away: gonogo serve --no-slack)"
            yield "If none will: gonogo end RUN --reason WHY ends a run by hand and takes nothing back."
