"""The terminal door: the same actions as in Slack, also while Slack is unreachable."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace

from bot.doors.answers import CHOICES
from bot.doors.freezes import act_on_freezes, meant
from bot.doors.queue_actions import START_QUEUED, carry_out, queue, queued_run
from bot.doors.replies import REFUSED_START, held_text, signed_text
from bot.doors.served_names import FREEZES
from bot.doors.start_gate import agree_at_gate
from bot.doors.terminal_queue import order_of, queue_lines, queued_text
from bot.doors.terminal_reports import TerminalReports
from commands.progress.drill import MARK
from commands.progress.handovers import handovers
from commands.progress.start_gate import GATE
from commands.rollback.refused_start import refuse_start
from commands.rollback.request import rollback, second_request
from commands.run.close_run import close_run, left_on_production
from commands.run.engine import page_of
from commands.signoff.actions import RunActions
from commands.signoff.handover_rules import role_named
from commands.signoff.waiting import waiting_for
from commands.start.advice_text import advice_lines
from commands.start.recommendation import advice
from commands.start.request import StartRequest, find_page
from commands.text.actors import actor_in_words
from state.errors import AlreadyRunning, NeedsReason, Refused, UnreadableRun
from state.events import Ask
from state.facts import Actor
from state.place import require_safe
from state.records import Drill


class Terminal(TerminalReports):
    """One command at the terminal. Every method yields the lines to print."""

    def start(self, options: Namespace) -> Iterator[str]:
        """Start a run of a page."""
        self._require_key()
        actor = self._known_actor()
        pages = self.deps.pages()
        if not options.page and len(pages) > 1:
            yield from advice_lines(advice(pages, self.deps.past, self._now()))
        page = find_page(pages, options.page)
        self.in_force.require_page(page)
        self.in_force.require_freezes(self.settings.environ.get(FREEZES, ""))
        request = StartRequest(
            page=page.name,
            ref=options.ref,
            notice_minutes=options.countdown,
            note=options.note,
            at=options.at,
            because=options.because,
        )
        # the very text that was compared, should the file change meanwhile
        deps = replace(self.deps, pages=lambda: {page.name: page})
        if request.at or options.queue:
            yield queued_text(queue(deps, request, actor))
            yield from self._warn_if_not_served()
            return
        try:
            started = deps.starter.start(request, actor)
        except AlreadyRunning as error:
            raise AlreadyRunning(f"{error} With --queue it waits for that.", error.run) from None
        except NeedsReason as error:
            raise Refused(f"{error} Give it as --because WHY.") from None
        yield from (f"Warning: {warning}" for warning in started.warnings)
        yield from advice_lines(started.advice)
        following = pages.get(page.decision.starts)
        if following and not self.in_force.serves(following):
            yield f"Warning: the bot serves another text of {following.name}, and KEEP starts the bot's."
        yield f"Run {started.run.id} of {page_of(started.run).title} has started."
        yield from self._warn_if_not_served()

    def drill(self, options: Namespace) -> Iterator[str]:
        """Start a drill of a page."""
        self._require_key()
        if not self.in_force.uses_slack:
            raise Refused(
                "A drill needs Slack: that is where people take part. The bot serves without it (--no-slack)."
            )
        actor, page = self._known_actor(), find_page(self.deps.pages(), options.page)
        self.in_force.require_page(page)
        deps = replace(self.deps, pages=lambda: {page.name: page})
        request = StartRequest(page=page.name, ref=options.ref, drill=Drill.PLACES, surprise=options.surprise)
        started = deps.starter.start(request, actor)
        yield from (f"Warning: {warning}" for warning in started.warnings)
        yield f"{MARK} · run {started.run.id} of {page.title} asks in its channel who takes part."
        yield "There they press “I take part”, and then one of them “Begin the drill”. To end it: gonogo rollback"
        if story := started.surprise:
            yield f"Only you are told its surprise, {story.name}. {story.sentence}"
        yield from self._warn_if_not_served()

    def freeze(self, options: Namespace) -> Iterator[str]:
        """Freeze or lock a target, or lift that: `name` is the word that was typed."""
        self._require_key()
        said = meant(self.deps, " ".join(options.words), "")
        yield from act_on_freezes(self.deps, options.name, said, self._known_actor()).splitlines()

    lock = unfreeze = unlock = freeze

    def queue(self, options: Namespace) -> Iterator[str]:
        """List the queued starts, or drop, move or start one."""
        if not options.action:
            yield from list(queue_lines(self.deps)) or ["No start is queued."]
            return
        order = order_of(options)
        if order.action == "drop":
            yield carry_out(self.deps, order, self._anybody())
            return
        self._require_key()
        actor, run = self._known_actor(), queued_run(self.deps, order.number)
        if order.action == START_QUEUED:
            self.in_force.require_page(find_page(self.deps.pages(), run.page))
            self.in_force.require_freezes(self.settings.environ.get(FREEZES, ""))
        try:
            yield carry_out(self.deps, order, actor)
        except NeedsReason as error:
            raise Refused(f"{error} Give it as --reason WHY.") from None
        yield from self._warn_if_not_served()

    def rollback(self, options: Namespace) -> Iterator[str]:
        """Request the rollback."""
        run = self._run(stops=True)
        first = rollback(self.store, run, self._anybody(), options.reason, self._now())
        requested = f"Rollback requested for run {run.id}."
        yield requested if first else f"Run {run.id} {second_request(self.store, run)}"
        yield from self._warn_if_unread(run.id)
        yield from self._warn_if_unsigned(first)
        yield from self._warn_if_not_served()

    def sign(self, options: Namespace) -> Iterator[str]:
        """Sign a step, or refuse to."""
        refused = bool(options.refuse)
        if options.step == GATE and refused:
            refuse_start(self.store, self._run(stops=True).id, self._anybody(), options.refuse, self._now())
            yield REFUSED_START
            yield from self._warn_if_unsigned(refused)
            return
        actions, attempt = self._actions_and_attempt(options.step, stops=refused)
        actor = self._anybody() if refused else self._known_actor()
        roles = actions.sign(options.step, attempt, actor, self._now(), refused=refused, reason=options.refuse)
        yield signed_text(actions, options.step, roles, refused=refused)
        yield from self._warn_if_unsigned(refused)

    def answer(self, options: Namespace) -> Iterator[str]:
        """Answer for a step that failed or whose result is unknown."""
        actor = self._known_actor()
        actions, attempt = self._actions_and_attempt(options.step)
        if (options.step, options.answer) == (GATE, "agree"):
            self.in_force.require_freezes(self.settings.environ.get(FREEZES, ""))
            yield agree_at_gate(self.deps, actions, actor, self._now())
            return
        if options.answer == "agree":
            actions.agree(options.step, attempt, actor, self._now())
        else:
            actions.answer(options.step, attempt, actor, CHOICES[options.answer], options.reason, self._now())
        yield "Your answer is saved."

    def hold(self, options: Namespace) -> Iterator[str]:
        """Start no new step."""
        actions = self._actions(stops=True)
        first = actions.hold(self._anybody(), options.reason, self._now())
        yield held_text(actions, first=first)
        yield from self._warn_if_unread(actions.run)
        yield from self._warn_if_unsigned(first)
        yield from self._warn_if_not_served()

    def resume(self, options: Namespace) -> Iterator[str]:
        """Continue after a hold."""
        first = self._actions().resume(self._known_actor(), options.reason, self._now())
        yield "Resumed." if first else "The run is not on hold."

    def keep(self, options: Namespace) -> Iterator[str]:
        """Decide KEEP."""
        yield self._actions().keep(self._known_actor(), options.reason, self._now())

    def false_alarm(self, options: Namespace) -> Iterator[str]:
        """Hold the countdown of an alert as a false alarm."""
        actor = self._known_actor()
        actions = self._actions()
        record = self.store.record(actions.run)
        running = [waiting for waiting in waiting_for(actions.page, record) if waiting.ask is Ask.COUNTDOWN]
        countdown = next((waiting for waiting in running if waiting.step == options.alert), None)
        if countdown is None:
            names = ", ".join(f"“{waiting.step}”" for waiting in running) or "none"
            raise Refused(f"No countdown of “{options.alert}” is running. Running countdowns: {names}.")
        alert, number = countdown.step, countdown.attempt
        first = actions.false_alarm(alert, number, actor, options.reason, options.lasts, self._now())
        yield f"“{alert}” is held for {options.lasts}." if first else f"“{alert}” is already held."

    def handover(self, options: Namespace) -> Iterator[str]:
        """Offer a role to another person for this run, or answer an offer."""
        actor, actions = self._known_actor(), self._actions()
        if options.to:
            yield actions.offer(options.role, options.to, actor, options.reason, self._now())
            return
        record, role = self.store.record(actions.run), role_named(actions.page, options.role)
        one = next(
            (one for one in handovers(record)[::-1] if one.offer.role == role and one.is_open(self._now())), None
        )
        if one is None:
            raise Refused(f"The role “{options.role}” is not offered in run {actions.run} now.")
        yield getattr(actions, options.answer)(one.offer.number, actor, self._now())

    def end(self, options: Namespace) -> Iterator[str]:
        """End a run by hand, once its number is typed. Raises BadRecord while a bot is serving the record."""
        self.number = options.number
        actor, run = self._known_actor(), self._run()
        with self.store.alone(run.id):
            try:
                page = page_of(run)
            except Refused:
                page = None  # this version cannot read the run's page; the run can still be ended
            left = left_on_production(page, self.store.record(run.id))
            starter = actor_in_words(run.started_by)
            yield f"This ends run {run.id} of {run.target} ({run.release}, started by {starter}) by hand."
            yield "Nothing is rolled back. Left as it is:"
            yield from (f"  {item}" for item in left or ["no step changed anything, by the record"])
            yield f"Type {run.id} to end the run, or anything else to cancel:"
            if sys.stdin.readline().strip() != str(run.id):
                raise Refused(f"Run {run.id} was not ended.")
            close_run(self.store, run, page, actor, options.reason, self._now())
        yield f"Run {run.id} is ended. {run.target} is free for another run."

    # -- inside -------------------------------------------------------------------------------------------------

    def _anybody(self) -> Actor:
        """Who acts, for what everybody who can open the record may do."""
        return self.in_force.actor(self.user, self.person)

    def _known_actor(self) -> Actor:
        """Who acts, for everything else. Raises NotAllowed unless the bot's environment says who this user is.

        Raises BadRecord where that is worth nothing, because everybody may write the record.
        """
        require_safe(self.settings.state)
        return self.in_force.known_actor(self.user, self.person)

    def _require_key(self) -> None:
        """Raise Refused without the bot's key: what continues a run must be signed with it; stopping is free."""
        if problem := self.store.key_problem():
            raise Refused(
                f"{problem} Without the bot's key it would take this for a change from outside. Set GONOGO_RECORD_KEY "
                "or GONOGO_RECORD_KEY_FILE as for the bot. Holding, refusing and rolling back work without it."
            )

    def _warn_if_unsigned(self, written: bool) -> Iterator[str]:
        if written and (problem := self.store.key_problem()):
            yield f"It counts, but its entry is not signed with the record's key: {problem}"

    def _warn_if_unread(self, run: int) -> Iterator[str]:
        try:
            self.store.record(run)
        except UnreadableRun as error:
            yield f"It waits. {error}"

    def _actions(self, *, stops: bool = False) -> RunActions:
        if not stops:
            self._require_key()
        run = self._run(stops=stops)
        page = page_of(run)
        return RunActions(self.store, page, run.id, self.deps.people(page))

    def _actions_and_attempt(self, step: str, *, stops: bool = False) -> tuple[RunActions, int]:
        actions = self._actions(stops=stops)
        newest = self.store.record(actions.run).last(step)
        return actions, newest.attempt if newest else 1
