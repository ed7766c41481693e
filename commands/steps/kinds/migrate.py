"""`migrate`: runs a framework's own migrations, and takes them back; its tool tells the state."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import takewhile
from typing import ClassVar

from pydantic import PrivateAttr

from commands.ports.preflight import PreflightCheck, passed
from commands.ports.shell import CommandResult
from commands.steps.base import StepBox, execute
from commands.steps.container_commands import container_warning
from commands.steps.execution import recover_job
from commands.steps.outcome import Context, Outcome, done, failed, unknown
from commands.steps.plan_line import program_plan
from commands.steps.shared.failed_migration import invalid_sentence, lock_sentence
from commands.steps.shared.irreversible import Irreversible, irreversible
from commands.steps.shared.migration_tool import ASK_LIMIT, MigrationToolStep, note_after, states_after
from commands.steps.shared.new_objects import new_objects, note_objects
from commands.steps.shared.not_applied import not_applied
from commands.steps.shared.passed_over import passed_over_in
from commands.steps.shared.recorded import Recorded, left_behind, recorded
from commands.steps.shared.same_schema import note_schema, same_schema
from commands.steps.shared.verify_queries import as_compared, ask_queries, first_failed
from commands.steps.shared.way_back import with_way_back
from commands.steps.tool_migration import RESTORE, ToolMigration
from commands.steps.values import has_placeholder
from commands.systems.migrations.first_look import IS_THERE, judge_state
from commands.systems.migrations.lock_check import MigrationLockCheck
from commands.systems.migrations.passed_over import passed_sentence
from commands.systems.migrations.tool_script import show_state
from commands.systems.postgres.writable import WritableDatabaseCheck
from commands.systems.preflight.hosts import HostCheck
from commands.text.exit_codes import exit_words
from state.errors import ToolError
from state.records import AttemptState

_AGAIN = "Run the step again to go on all the same."
# of Django's atomic = False, Alembic's autocommit_block and the like no tool keeps an account
_NOT_IN_STATE = "What a failed migration did outside of a transaction stays, and is not in that state."


class MigrateStep(MigrationToolStep):
    """Runs a framework's own migrations (Alembic, Django, Rails …, or commands of yours), and takes them back.

    The tool is asked what is applied before the first attempt, and after every one; if somebody else has moved that
    meanwhile, the step fails before it runs anything. The box of the rollback has the same fields with `mode = "back"`
    and `undoes`; the release's code must still be in `folder`, because only it has the migrations. `back = "restore"`
    is for tools without a way back: the whole database comes back from the run's backup.
    """

    kind: ClassVar[str] = "migrate"
    proves: ClassVar[str] = "what the tool says is applied has changed, or in a rollback is what it was before"
    done_on_each: ClassVar[bool] = False
    changes_production: ClassVar[bool] = True
    needs_second_person: ClassVar[bool] = True

    # the page's backups, which the page's reader puts in
    _backups: tuple[StepBox, ...] = PrivateAttr(())

    def take_boxes(self, boxes: Mapping[str, StepBox]) -> None:
        self._backups = tuple(box for box in boxes.values() if box.makes_backup)

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        if why := self.commands_error():
            return why
        if self.mode == "forward":
            return 'back: is for the step with mode = "back"' if self.back == RESTORE else ""
        undone = boxes.get(self.undoes)
        if not isinstance(undone, MigrateStep) or undone.mode == "back":
            return "undoes: must name the migrate step that goes forward; its state from before is where this one goes"
        return self._restore_error(boxes) if self.back == RESTORE else ""

    def page_warning(self, boxes: Mapping[str, StepBox]) -> str:
        above = takewhile(lambda name: boxes[name] is not self, boxes) if self.mode == "back" else ()
        code = [name for name in above if boxes[name].undoes and self._is_in(boxes[name].changed_thing())]
        if not code:
            return container_warning(map(self.command, ("program", "forward", "back")))
        return (
            f"{code[0]} above puts the old code into {self.folder}, which does not have the migrations to take back; "
            "move this step above it"
        )

    def plan(self) -> list[str]:
        if self.restores():
            return [line for box in self._backups[:1] for line in box.restore_plan()]
        lines = program_plan(self.host, self._says(), self.script(self.mode), self.script_env())
        if self.mode == "back":
            reached = "STATE_BEFORE is the state before the step that this one undoes; it must be reached"
            return [*lines, reached, *self._plan_of_queries()]
        return [
            *lines,
            "the state is asked before and after" + ("" if self.may_be_empty else ", and must have changed"),
            *self._plan_of_queries(),
        ]

    def _says(self) -> str:
        command = " ".join(line.strip() for line in self.ran()[0].splitlines() if not line.lstrip().startswith("#"))
        return f"in {self.folder}: {command}"

    def _plan_of_queries(self) -> list[str]:
        return [f"on {self.database}, after: {query.sql} (expects {query.expect})" for query in self.verify]

    def preflight(self) -> list[PreflightCheck]:
        host, database, addresses = self.host, self.database, tuple(self.env.values())
        more: list[PreflightCheck] = [WritableDatabaseCheck(database=database, host=host, addresses=addresses)]
        if (lock := self.lock()) or not self.tool:
            more.append(MigrationLockCheck(database=database, host=host, addresses=addresses, lock=lock))
        if self.restores():
            more += [check for box in self._backups[:1] for check in box.restore_checks()]
        env = tuple(self.script_env().items())
        later = any(has_placeholder(text) for _, text in env)
        one_head = self.mode == "back" and self.tool == "alembic" and not self.back
        names = (self.kept_as(), self.files_kept_as())
        judge = partial(judge_state, kept_as=names, one_head=one_head, tool=self.known_tool())
        if later:
            told = "the migration tool is not asked yet: its folder or variables are known only in the run"
            return [HostCheck(host=self.host, script=":", judge=lambda _: passed(told)), *more]
        script = self.ask_script(enter=IS_THERE) + self.look_script()
        return [HostCheck(host=self.host, script=script, judge=judge, env=env, limit=ASK_LIMIT), *more]

    def run(self, ctx: Context) -> Outcome:
        if self.mode == "back":
            return self._verified(ctx, self._go_back(ctx))
        if left := self.left_at_work(ctx).at_work:
            return failed(f"Nothing was run. {left}")
        return with_way_back(self, self.host, ctx, self._verified(ctx, self._go_forward(ctx)))

    def recover(self, ctx: Context) -> Outcome | None:
        if self.restores() and self._backups:
            return self._recover_restore(ctx)
        if ctx.tools.shell.job_status(self.host, ctx.key).state != "dead":
            return recover_job(self, ctx, self.host)
        ctx.tools.shell.end(self.host, ctx.key)  # its containers may still run, and change the state
        state = self.ask(ctx)
        before = ctx.file(self.note_of_before(ctx))
        if before is not None and state == before:
            if self.mode == "back":
                return self._verified(ctx, self._is_back(state))
            shown = show_state(state)
            why = f"The bot was interrupted here, and the tool recorded nothing: the state is still {shown}."
            return failed(f"{why} {_NOT_IN_STATE}")
        self.note_state(ctx, state)
        gone = f"The command is no longer running on host “{self.host}” and left no exit code."
        return unknown(f"{gone} The state is {show_state(state)}; check the database before you decide.")

    def holds_now(self, ctx: Context) -> bool:
        if self.mode != "back" or self.restores() or self.left_at_work(ctx).at_work:
            return False
        if self.ask(ctx) != ctx.file(self.note_of_before(ctx)):
            return False
        return ask_queries(ctx, self.database, self.verify)[0] == len(self.verify)

    def queries(self) -> tuple[str, ...]:
        return tuple(query.sql for query in self.verify)

    def ran(self) -> tuple[str, ...]:
        return (self.command(self.mode).replace("$PROGRAM", self.command("program")).strip(),)

    def tool_migration(self) -> ToolMigration:
        return self.as_migration(self.mode)

    def clean_up_after_run(self, ctx: Context) -> None:
        for box in self._backups[:1] if self.restores() else ():
            box.drop_replaced(ctx)

    def _verified(self, ctx: Context, outcome: Outcome) -> Outcome:
        """An outcome with the answers of the verify queries, which must hold if the tool has ended well."""
        if outcome.state != AttemptState.DONE or not self.verify:
            return outcome
        count, lines = ask_queries(ctx, self.database, self.verify)
        if count < len(lines):
            return failed(f"{outcome.summary} But {first_failed(lines)}.", lines=lines, output=outcome.output)
        compared = (*outcome.compared, *as_compared(lines))
        summary = f"{outcome.summary} Every verify query passed."
        return replace(outcome, summary=summary, lines=(*outcome.lines, *lines), compared=compared)

    def _go_forward(self, ctx: Context) -> Outcome:
        # the first attempt's: a later look may find half of the migrations applied, or the job still at work
        before, now = ctx.file(self.note_of_before(ctx)), None
        if before is None:
            before = now = self.ask(ctx)
            at_start = ctx.found_at_start.get(self.kept_as(), before)
            expected = {at_start, *self.states_of_others(ctx)}
            if before not in expected and self.is_news(ctx, before):
                was, found_now = show_state(at_start), show_state(before)
                why = f"The state was {was} at the start and is {found_now} now, and this run has not migrated yet"
                return failed(f"{why}: somebody else has. Nothing was run. {_AGAIN}")
            ctx.save_file(self.note_of_before(ctx), before)
        if why := self.trouble(ctx, now):
            return failed(why)
        first = Recorded() if now is None else recorded(self, ctx, now)
        found, passed = irreversible(self, ctx), passed_over_in(self.folder, self.as_migration("forward"), ctx)
        never = passed_sentence(passed.names, self.tool or "")
        if why := self._doubt(ctx, first.differs, found.stays, never):
            return failed(f"Nothing was run: {why}. {_AGAIN}")
        databases = self.databases(ctx)
        note_objects(ctx, databases)
        note_schema(self, ctx)
        result = self.run_tool(ctx)
        if result.code:
            return failed(self._failure(ctx, result, before), lines=result.error_lines, output=result.tail)
        outcome = self._forward_outcome(ctx, result, before, found, never)
        if outcome.state != AttemptState.DONE:
            return outcome
        new = new_objects(ctx, databases)
        same = "" if outcome.applied_nothing else same_schema(self, ctx)
        return replace(
            outcome,
            summary=f"{outcome.summary}{same}{new.sentence}",
            lines=(*outcome.lines, *new.lines),
            not_compared=(*outcome.not_compared, *passed.unseen, *new.not_compared),
        )

    def _forward_outcome(
        self, ctx: Context, result: CommandResult, before: str, found: Irreversible, never: str
    ) -> Outcome:
        """What the tool did, by its own state and by what the database has recorded."""
        after = self.after_attempt(ctx)
        summary = f"Migrated from {show_state(before)} to {show_state(after)}."
        summary += f" A rollback cannot take back {found.stays}." if found.stays else ""
        summary += f" A rollback leaves what {found.leaves} did." if found.leaves else ""
        if after == before:
            still = show_state(after)
            summary = f"The migrations ended with exit code 0 and changed nothing: the state is still {still}."
        summary += f" But {never}." if never else ""
        last = recorded(self, ctx, after)
        summary += f" But {last.differs}." if last.differs else left_behind(self, ctx, before, after)
        # an env.py or a command of the project may keep an error to itself
        left = not_applied(self, ctx)
        summary += f" But {left.clause}." if left.clause else ""
        if (after == before and not self.may_be_empty) or any(
            why and self.is_news(ctx, why) for why in (last.differs, left.clause)
        ):
            return failed(summary, lines=result.last_lines, output=result.tail)
        return done(
            summary,
            lines=result.last_lines,
            compared=(f"migrations at {show_state(after)}",),
            not_compared=(*found.unasked, *last.unseen, *left.unasked),
            applied_nothing=after == before,
        )

    def _doubt(self, ctx: Context, differs: str, stays: str, never: str) -> str:
        """Why people decide first: another database, no way back, a part never applied; empty once they were told."""
        doubts = {differs: differs, stays: f"the rollback could not take back {stays}", never: never}
        told = (why for what, why in doubts.items() if what and self.is_news(ctx, what))
        return next(told, "") if self.on_failure == "ask" else ""

    def _go_back(self, ctx: Context) -> Outcome:
        before = ctx.file(self.note_of_before(ctx))
        if before is None:
            return done("Nothing to roll back: the migrations never began.")
        if self.restores():
            return self._restore(ctx, before)
        left = self.left_at_work(ctx)
        if left.at_work:
            return failed(f"Nothing was rolled back. {left.at_work}")
        outcome = self._take_back(ctx, before)
        return replace(outcome, not_compared=(*outcome.not_compared, *left.unseen))

    def _take_back(self, ctx: Context, before: str) -> Outcome:
        now = self.ask(ctx)
        if now == before:
            return self._was_there(ctx, before)
        afters = set(states_after(ctx, self.undoes))
        if afters and now not in {*afters, *self.states_of_others(ctx)} and self.is_news(ctx, now):
            was = " or ".join(map(show_state, sorted(afters)))
            why = f"After the deploy's migration the state was {was}, and it is {show_state(now)} now"
            return failed(f"{why}: somebody else has migrated since. Nothing was rolled back. {_AGAIN}")
        ctx.save_file(note_after(self.undoes, "back"), now)
        return self._run_back(ctx, before)

    def _restore(self, ctx: Context, before: str) -> Outcome:
        with suppress(ToolError):  # a database that the migration broke may not tell it
            if self.ask(ctx) == before:
                return self._was_there(ctx, before)
        restored = self._backups[0].restore_whole(self, ctx)
        if restored.state != AttemptState.DONE:
            return restored
        if (after := self.ask(ctx)) != before:
            was, now = show_state(before), show_state(after)
            return failed(f"{restored.summary} But the tool's state is {now}, and before the migration it was {was}.")
        return replace(restored, compared=self._is_back(after).compared)

    def _recover_restore(self, ctx: Context) -> Outcome:
        """Look whether the database was replaced; a restore that never began, or still runs, is carried on."""
        host = str(getattr(self._backups[0], "host", self.host))
        if ctx.tools.shell.job_status(host, ctx.key).state != "dead":
            return execute(self, ctx)
        state = self.ask(ctx)
        if state == ctx.file(self.note_of_before(ctx)):
            return self._verified(ctx, self._is_back(state))
        shown = show_state(state)
        return failed(f"The restore was interrupted before the database was replaced: the state is still {shown}.")

    def _run_back(self, ctx: Context, before: str) -> Outcome:
        result = self.run_tool(ctx, {"STATE_BEFORE": before})
        if result.code:
            return failed(self._failure(ctx, result, before), lines=result.error_lines, output=result.tail)
        after = self.after_attempt(ctx)
        if after != before:
            was, now = show_state(before), show_state(after)
            summary = f"The tool ended with exit code 0, but the state is {now}, not {was} as before."
            return failed(summary, lines=result.last_lines, output=result.tail)
        outcome = self._is_back(after)
        behind = "".join(left_behind(self, ctx, state, before) for state in set(states_after(ctx, self.undoes)))
        return replace(outcome, summary=outcome.summary + behind)

    def _was_there(self, ctx: Context, before: str) -> Outcome:
        """The outcome where nothing is to be taken back: it was already, or the tool recorded nothing."""
        outcome = self._is_back(before)
        if self.has_applied(ctx, self.undoes):
            return outcome
        none = f"The tool recorded no migration of this run. {_NOT_IN_STATE}"
        sentences = (outcome.summary, none, invalid_sentence(ctx, self.databases(ctx)))
        return replace(outcome, summary=" ".join(filter(None, sentences)))

    def _is_back(self, state: str) -> Outcome:
        shown = f"migrations at {show_state(state)}, as before the deploy"
        return done(f"The {shown}.", compared=(shown,))

    def _failure(self, ctx: Context, result: CommandResult, before: str) -> str:
        try:
            now = self.after_attempt(ctx)
        except ToolError as error:
            return f"The migrations failed with {exit_words(result.code)}. Their state could not be asked: {error}"
        still = f"The state is still {show_state(before)}." if now == before else f"The state is now {show_state(now)}."
        before_that = "" if now == before else f" Before the deploy it was {show_state(before)}."
        said = f"The migrations failed with {exit_words(result.code)}. {still}{before_that} {_NOT_IN_STATE}"
        databases = self.databases(ctx)
        waited = lock_sentence(ctx, result.tail, self.lock_timeout, databases)
        return " ".join(filter(None, (said, waited, invalid_sentence(ctx, databases), self.locked(ctx))))

    def _is_in(self, changed: tuple[str, ...]) -> bool:
        """Whether what a step changes is the tool's folder, or a folder above it."""
        host, *folders = changed or ("",)
        return host == self.host and len(folders) == 1 and f"{self.folder}/".startswith(f"{folders[0].rstrip('/')}/")

    def _restore_error(self, boxes: Mapping[str, StepBox]) -> str:
        if (number := sum(box.makes_backup for box in boxes.values())) != 1:
            return f"back: a restore needs the page's one backup step, and this page has {number}"
        above = list(takewhile(lambda name: boxes[name] is not self, boxes))
        requests = [name for name in above if boxes[name].stops_requests() or boxes[name].lets_requests_in()]
        if not requests or not boxes[requests[-1]].stops_requests():
            return 'back: before a restore requests must be stopped; put a maintenance step (state = "on") above it'
        if self.after is not None and requests[-1] not in self.after:
            return f'after: a restore waits for the step that stops requests; name "{requests[-1]}"'
        return ""
