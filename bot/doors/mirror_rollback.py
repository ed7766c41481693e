"""`gonogo rollback --from FILE`: rolls back from a run's mirror while its record is away."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from zoneinfo import ZoneInfo

from bot import log
from bot.doors.in_force import InForce
from bot.doors.record_again import RecordAgain
from bot.doors.system_user import SystemUser
from bot.environment import missing
from bot.settings import Settings
from bot.text import counted, event_line
from bot.tools.clock import SystemClock
from bot.tools.secrets import redactor_for
from commands.ports.tools import Tools
from commands.progress.own_steps import OWN
from commands.progress.rollback_steps import rollback_steps
from commands.rollback.request import rollback
from commands.run.close_run import left_on_production
from commands.run.engine import page_of, zone_of
from commands.run.runner import Runner
from commands.runbook import Page
from commands.text.actors import actor_in_words
from commands.text.durations import format_duration
from state.errors import BadRecord, GonogoError, Refused
from state.events import PeopleAsked, RunMoved, StepBegan, StepEnded
from state.facts import Actor
from state.journal import RecordKey
from state.mirror_file import require_readable
from state.mirror_notes import MirrorNotes, notes_of, remove_mirror, set_taken
from state.records import Attempt, AttemptState, Event, Record, Run
from state.sqlite.lock import is_served
from state.sqlite.private_file import require_private
from state.sqlite.store import Store

TURN = 0.3  # seconds between two looks at what the rollback has done
ToolsFor = Callable[[Page], Tools]


def open_mirror(file: Path, settings: Settings) -> Store:
    """The record in a mirror, to write to; nobody else can meanwhile. Raises BadRecord."""
    if not file.is_file():
        raise BadRecord(f"There is no mirror {file}. The bot's log names the file when its record is away.")
    require_readable(file)
    require_private(file)
    if is_served(file):
        raise BadRecord(f"The mirror {file} is in use: somebody is rolling back from it, in another terminal.")
    return Store(file, serving=True, key=_key_of(settings))


def entries_in_words(number: int) -> str:
    """So many entries of the journal."""
    return "1 entry" if number == 1 else f"{number} entries"


def _key_of(settings: Settings) -> RecordKey | Path | BadRecord:
    """The record's key; if there is none, the error: nobody needs it to roll back."""
    try:
        return settings.record_key
    except BadRecord as error:
        return error


@dataclass(kw_only=True)
class MirrorRollback:
    """One rollback from a mirror, by the system user `user`, who calls himself `person`."""

    settings: Settings
    file: Path
    reason: str
    user: SystemUser
    person: str
    tools_for: ToolsFor

    def lines(self) -> Iterator[str]:
        """Roll back; the lines to print. Raises Refused while the record itself can be used, and BadRecord."""
        self.file = self.file.absolute()
        with closing(open_mirror(self.file, self.settings)) as store:
            notes = notes_of(store.tables, self.file)
            run = store.run(notes.run)
            page = page_of(run)
            away = self._require_needed(notes, run, page)
            yield from self._before(store, notes, run, page, away)
            if sys.stdin.readline().strip() != run.target:
                raise Refused("Nothing was rolled back.")
            self._require_needed(notes, run, page)
            log.set_up(redactor_for(page.masked_names(), self.settings.environ), logging.WARNING)
            actor = InForce(values=store.in_force()).actor(self.user, self.person)
            self._begin(store, notes, run, page, actor)
            yield from self._carry_out(store, notes, run, page)
            if not notes_of(store.tables, self.file).taken:
                remove_mirror(self.file)  # before anybody else can open it

    # -- before anything is done --------------------------------------------------------------------------------

    def _require_needed(self, notes: MirrorNotes, run: Run, page: Page) -> str:
        """Why the record cannot be used. Raises Refused if it can, or if this run cannot be rolled back from here."""
        if notes.of != str(self.settings.state):
            raise Refused(
                f"{self.file} is the mirror of a run of the record at {notes.of}, and GONOGO_STATE names "
                f"{self.settings.state}. Set the environment as the bot has it."
            )
        if not run.active:
            raise Refused(
                f"By its mirror, run {run.id} of {run.target} is over ({run.state}). When the record is there, "
                f"type: gonogo record read {quote(str(self.file))}"
            )
        if names := missing(page, self.settings.environ, slack=False):
            raise Refused(
                f"Not set in the environment: {', '.join(names)}. The rollback needs them, as the bot has them."
            )
        again = RecordAgain(self.settings.state, _key_of(self.settings), run)
        try:
            found = again.find_writable()
        except BadRecord as error:
            return str(error)
        finally:
            again.close()
        if found is None:
            return f"The record at {self.settings.state} can be used, but does not hold this run."
        raise Refused(
            f"The record at {self.settings.state} can be used, and run {run.id} is {found.state} there. "
            + (
                f"Roll back as usual: gonogo rollback --run {run.id}"
                if found.active
                else "There is nothing to roll back."
            )
        )

    def _before(self, store: Store, notes: MirrorNotes, run: Run, page: Page, away: str) -> Iterator[str]:
        zone, now, record = zone_of(run), datetime.now(UTC) + notes.ahead, store.record(run.id)
        ago = format_duration(max(now - notes.written, now - now))
        starter = actor_in_words(run.started_by)
        yield f"This rolls {run.target} back: run {run.id} ({run.release}, started by {starter})."
        yield f"Why not as usual: {away}"
        yield f"Its mirror was last written at {notes.written.astimezone(zone):%H:%M:%S} ({zone}), {ago} ago."
        yield f"What changed {run.target}, by the mirror:"
        yield from (f"  {item}" for item in left_on_production(page, record) or ["nothing"])
        yield "What it cannot know:"
        yield from (f"  {sentence}" for sentence in _unknown(notes, page, record))
        steps = rollback_steps(page, _as_begun(notes, record))
        yield f"The rollback has {counted(len(steps), 'step')}: {'; '.join(step.title for step in steps) or 'none'}."
        if problem := store.key_problem():
            yield f"What it does is not signed, so it cannot be read into the record later: {problem}"
        yield "A bot on this machine will leave the run alone. If bots run on other machines, stop them first."
        yield f"Type {run.target} to roll back, or anything else to cancel:"

    # -- the rollback -------------------------------------------------------------------------------------------

    def _begin(self, store: Store, notes: MirrorNotes, run: Run, page: Page, actor: Actor) -> None:
        """Take the mirror, so that no bot that keeps it begins anything any more, and request the rollback.

        What may have begun counts as begun: each such step is looked at, and what undoes it runs.
        """
        now = datetime.now(UTC) + notes.ahead
        set_taken(store.opened, now)
        record, known = store.record(run.id), {step.id for step in page.steps} | OWN
        for may in _may_have_begun(notes_of(store.tables, self.file), record):
            if may.step in known:
                store.begin_attempt(run.id, may.step, may.attempt, may.began_at)
        rollback(store, run, actor, self.reason, now)

    def _carry_out(self, store: Store, notes: MirrorNotes, run: Run, page: Page) -> Iterator[str]:
        request = store.record(run.id).rollback
        assert request is not None, "it was just written"  # noqa: S101
        again = RecordAgain(self.settings.state, _key_of(self.settings), run, request)
        tools = replace(self.tools_for(page), clock=SystemClock(lambda: notes.ahead))
        runner = Runner(store, page, run.id, tools)
        after = store.record(run.id).position.event  # what was told before the record went away
        runner.start()
        again.start()
        try:
            yield from self._told(store, run, runner, again, after)
        except KeyboardInterrupt:
            yield "Stopped here; commands that run on hosts go on. The same command continues the rollback."
            raise
        finally:
            runner.detach()
            again.stop()
        yield from self._over(store, run.id, again)
        again.close()

    def _told(self, store: Store, run: Run, runner: Runner, again: RecordAgain, after: int) -> Iterator[str]:
        zone, told, over = zone_of(run), False, False
        while not over:
            over = runner.wait(TURN)
            if again.knows and not told:
                told = True
                yield "The record can be used again. It knows of this rollback, which goes on here."
            for event in store.events(run.id, after):
                after = event.id
                yield from _told_of(event, zone)
                if isinstance(event.data, PeopleAsked):
                    state = f"GONOGO_STATE={quote(str(self.file))}"
                    yield f"  It waits for an answer. In another terminal: {state} gonogo status"

    def _over(self, store: Store, run: int, again: RecordAgain) -> Iterator[str]:
        now = store.run(run)
        if now.active:
            raise Refused(f"The rollback of run {run} is not over; the reason is above. The same command continues it.")
        yield f"Run {run} is {now.state}, by the mirror {self.file}."
        try:
            read = again.read(store.opened, self.file)
        except GonogoError as error:
            yield f"The record does not have that yet: {error}"
            yield "A bot on this machine reads it by itself once the record can be used. Without one, type then:"
            yield f"  gonogo record read {quote(str(self.file))}"
            return
        yield f"Read into the record at {self.settings.state}: {entries_in_words(read.entries)}."


def _told_of(event: Event, zone: ZoneInfo) -> Iterator[str]:
    """An event for somebody who waits for the rollback: what began, how it ended, and what is not as before."""
    time, data = f"{event.at.astimezone(zone):%H:%M:%S}", event.data
    match data:
        case StepBegan():
            yield f"{time}  {data.title} …"
        case StepEnded():
            yield f"{time}  {data.title}: {data.state}. {data.summary}"
            yield from (f"{' ' * len(time)}  {line}" for line in data.lines)
        case RunMoved():
            yield f"{time}  {data.state.capitalize()}."
            yield from (f"NOT restored: {sentence}" for sentence in data.not_restored)
            yield from data.not_undone
            yield from (
                f"{what}: {text}" for what, text in {"Lost": data.lost, "Watched now": data.watch}.items() if text
            )
            yield from (f"Compared: {what}" for what in data.compared)
            yield from (f"NOT compared: {what}" for what in data.not_compared)
        case _:
            yield event_line(event, zone)


def _may_have_begun(notes: MirrorNotes, record: Record) -> Iterator[Attempt]:
    """The attempts that were about to begin, and that nobody can say of whether they did."""
    for step, attempt, at in notes.may_begin:
        last = record.last(step)
        if last is None or last.attempt < attempt:
            yield Attempt(step=step, attempt=attempt, state=AttemptState.RUNNING, began_at=at)


def _as_begun(notes: MirrorNotes, record: Record) -> Record:
    """The record, as if all that may have begun had."""
    return replace(record, attempts=(*record.attempts, *_may_have_begun(notes, record)))


def _unknown(notes: MirrorNotes, page: Page, record: Record) -> Iterator[str]:
    titles = {step.id: step.title for step in page.steps}
    for step in dict.fromkeys(attempt.step for attempt in _may_have_begun(notes, record)):
        yield f"whether “{titles.get(step, step)}” began: it was about to. The rollback looks at it first."
    running = [
        attempt.step for attempt in record.attempts if attempt.state == AttemptState.RUNNING and attempt.step in titles
    ]
    for step in dict.fromkeys(running):
        yield f"how “{titles[step]}” ended: it was running. The rollback looks at it first."
    yield "what people did by hand after that time, or another bot that took the run: then its own mirror is newer, on"
    yield "its machine. Look at the run's thread in Slack."
