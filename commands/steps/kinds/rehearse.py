"""`rehearse`: runs the migration, its rollback and the return of the rows on a copy of the backup, and says what does not come back."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import ClassVar

from commands.ports.shell import CommandResult
from commands.steps.base import AppliedFile, StepBox
from commands.steps.execution import host_plan
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.shared.database_copy import OnCopy
from commands.steps.values import parse_values, without_values
from commands.systems.postgres.client_programs import NO_ADDRESS, NO_ADDRESS_CODE, SCRATCH, SCRATCH_ERRORS
from commands.systems.postgres.rehearsal_output import column_lines, lock_lines, parse_tables, row_lines, short_name
from commands.systems.postgres.return_rows import BRING_BACK
from commands.systems.postgres.sql_file import append_to_each, server_wide_statements, unsafe_statements
from commands.systems.scripts import script
from commands.text.durations import format_seconds


def _one_line(name: str) -> str:
    """What stands among the statements of a file must leave its lines where they are."""
    return " ".join(line for line in script(name).splitlines() if not line.startswith("--"))


_PROBE = _one_line("postgres/rehearse_locks.sql")
_SCRIPT = "".join(
    (
        "umask 077\n",
        SCRATCH,
        BRING_BACK,
        f"TABLES_BEFORE={shlex.quote(_one_line('postgres/rehearse_tables.sql'))}\n",
        f"PROBE={shlex.quote(_PROBE)}\n",
        f"NEXT_INSERT={shlex.quote(script('postgres/next_insert.sql'))}\n",
        f"STANDING={shlex.quote(script('postgres/standing.sql'))}\n",
        f"ALL_COLUMNS={shlex.quote(script('postgres/columns.sql'))}\n",
        f"SETTINGS={shlex.quote(script('postgres/settings.sql'))}\n",
        "LOCK=0\n",
        script("postgres/rehearse.sh"),
    )
)
_VERIFY = re.compile(r"^verify: (\w+)\x1f(answer|error|unasked)\x1f(.*)\x1f(.*)\x1f(.*)$", re.MULTILINE)
_BEHIND = re.compile(r"^behind: (.*)\x1f(.*)$", re.MULTILINE)
_FEWER = re.compile(r"^fewer: (.*)\x1f(.*)\x1f(.*)$", re.MULTILINE)
_AS_PYTHON = {"t": ("True", "1"), "f": ("False", "0")}
# what the script says to the bot and not to people
_FOR_THE_BOT = re.compile(r"(verify|table|lock|column): ")
_WRONG = {
    NO_ADDRESS_CODE: NO_ADDRESS,
    68: "The backup is not there, or not as it was (its checksum differs); nothing was rehearsed.",
    75: "The backup cannot be restored; nothing was rehearsed.",
    77: "On the copy, the {failing} fails; production was not touched.",
    78: "The scratch database is on production's own server, and a file changes what the whole server shares: production "
    "itself would be changed, so nothing was rehearsed. Name a scratch database on another server.",
    **SCRATCH_ERRORS,
}


class RehearseStep(OnCopy):
    """`forward` and `rollback` are paths that the `release` step kept; the page's `data-return` steps follow them on the copy.

    What is not as it was after all of them fails the step, so that the run goes on only when a person skips it
    and says why, and a second one agrees.
    """

    kind: ClassVar[str] = "rehearse"
    what: ClassVar[str] = "rehearsal"
    dumped: ClassVar[bool] = True
    takes_left_copy: ClassVar[bool] = True

    forward: str
    rollback: str

    def plan(self) -> list[str]:
        made = [] if self.scratch_url else [f"restores {self.file} {self.where()}"]
        return [
            *made,
            f"on a copy of {self.file}: {self.forward}, then {self.rollback}",
            "after each, the verify queries that the page has for that file; then each data-return that undoes the first",
            *self.asked_first(),
            *host_plan(self.host, _SCRIPT, self.env()),
        ]

    def run(self, ctx: Context) -> Outcome:
        texts = {name: ctx.file(path) for name, path in (("FORWARD", self.forward), ("BACK", self.rollback))}
        named = list(zip((self.forward, self.rollback), texts.values(), strict=True))
        for path, text in named:
            if text is None:
                return self._not_begun(ctx, f"{path} was not kept by this run; the release step must name it.")
            if unsafe := unsafe_statements(text):
                why = f"{path} line {unsafe[0].line}: {unsafe[0].why}; nothing was rehearsed."
                return self._not_begun(ctx, why)
        # in the script and not in its environment, where one text may be 128 KB at most
        files = "".join(f"{name}={shlex.quote(append_to_each(text or '', _PROBE))}\n" for name, text in texts.items())
        asks = _verify("forward", self.forward, ctx) + _verify("rollback", self.rollback, ctx)
        beyond = (
            f"{path} line {one.line}: {one.statement}"
            for path, text in named
            for one in server_wide_statements(text or "")
        )
        files += f"SERVER_WIDE={shlex.quote(chr(10).join(beyond))}\n"
        script = files + asks + _returns(self.forward, ctx) + _SCRIPT
        return self.judge(ctx, self.run_on_copy(ctx, script, self.env()))

    def rehearsed(self, boxes: Mapping[str, StepBox], measures: Mapping[str, float]) -> dict[str, timedelta]:
        back = dict.fromkeys(_applying(self.rollback, boxes), measures.get("rollback_seconds", 0.0))
        returned = dict.fromkeys(_returning(self.forward, boxes), measures.get("return_seconds", 0.0))
        return {name: timedelta(seconds=seconds) for name, seconds in (back | returned).items()}

    def _not_begun(self, ctx: Context, why: str) -> Outcome:
        self.drop_left(ctx)
        return failed(why)

    def judge(self, ctx: Context, ended: CommandResult) -> Outcome:
        found = parse_values(ended.tail)
        if ended.code:
            general = f"The rehearsal failed (exit {ended.code}); production was not touched."
            words = _WRONG.get(ended.code, general).format(failing=found.get("failing", "?"))
            shown = tuple(line for line in without_values(ended.last_lines) if not _FOR_THE_BOT.match(line))
            return failed(words, lines=shown, output=ended.tail)
        verified = _VERIFY.findall(ended.tail)
        if wrong := [one for one in verified if not _holds(*one[1:])]:
            lines = tuple(f"after {way}, “{name}” {_instead(how, *more)}" for way, how, name, *more in wrong)
            summary = f"On the copy, {lines[0]}; the page would stop there in production."
            return failed(summary, lines=lines, output=ended.tail)
        tables = parse_tables(ended.tail)
        lines = (*column_lines(ended.tail), *row_lines(tables), *lock_lines(ended.tail), *_remarks(verified, found))
        times = ", ".join(f"{way} {format_seconds(int(found[f'{way}_ms']) / 1000)}" for way in ("forward", "rollback"))
        measures = {
            f"{way}_seconds": int(found.get(f"{way}_ms", 0)) / 1000 for way in ("forward", "rollback", "return")
        }
        if summary := _not_as_before(ended.tail, found, tables):
            differs = [line for line in ended.tail.splitlines() if line.startswith(("< ", "> "))]
            lines = (*lines, f"took: {times}", *differs)
            return failed(f"On the copy, {summary}", lines=lines, output=ended.tail, measures=measures)
        back = sum(int(before or 0) for name, before, *_, how in tables if how == "returned")
        if back:
            times += f", {back:,} rows brought back from the backup in {format_seconds(int(found['return_ms']) / 1000)}"
        held = sum(how == "answer" for _, how, *_ in verified)
        more = f"; {held} verify queries agree" if held else ""
        summary = f"On the copy: {times}; schema and every row as before{more}."
        return done(summary, lines=lines, output=ended.tail, measures=measures)


def _not_as_before(output: str, found: dict[str, str], tables: list[tuple[str, ...]]) -> str:
    """What is not as it was, the worst first, as a sentence that "On the copy, " begins; empty where all is."""
    if found.get("schema_differs"):
        return "the rollback does not bring the schema back; production was not touched."
    if lost := [name for name, *_, how in tables if how == "other"]:
        return f"the rollback does not bring back the rows of {', '.join(lost)}. Skip it only to accept the loss."
    if behind := _BEHIND.findall(output):
        places = ", ".join(
            f"{short_name(table)} (its sequence {short_name(name)} stands behind its rows)" for name, table in behind
        )
        return f"new rows collide after the rollback in {places}. Move them on with setval in the rollback file."
    if fewer := _FEWER.findall(output):
        views = ", ".join(f"{short_name(name)} {after} of {before}" for name, before, after in fewer)
        return f"materialised views have fewer rows in the end: {views}. Refresh them when the rows are back."
    return ""


def _holds(how: str, _name: str, expected: str, answer: str) -> bool:
    """Whether an answer of psql's is what the page expects of production, where the driver knows the types."""
    if how != "answer" or expected in {answer, *_AS_PYTHON.get(answer, ())}:
        return how != "error"
    try:
        return Decimal(expected) == Decimal(answer)
    except InvalidOperation:
        return False


def _instead(how: str, expected: str, answer: str) -> str:
    return f"is {answer} instead of {expected}" if how == "answer" else f"fails ({answer})"


def _applying(path: str, boxes: Mapping[str, StepBox]) -> dict[str, AppliedFile]:
    """The steps that apply a file, by id."""
    files = {name: box.applied_file() for name, box in boxes.items()}
    return {name: file for name, file in files.items() if file and file.path == path}


def _returning(forward: str, boxes: Mapping[str, StepBox]) -> dict[str, StepBox]:
    """The steps that bring back the rows which the forward file drops, by id."""
    undone = _applying(forward, boxes)
    return {name: box for name, box in boxes.items() if box.row_return() is not None and box.undoes in undone}


def _verify(way: str, path: str, ctx: Context) -> str:
    """A shell function that asks the verify queries of the page's own steps for that file."""
    asked = {one.sql: one for box in _applying(path, ctx.boxes).values() for one in box.verify}
    calls = [f"verify {way} {shlex.join((one.says, str(one.expect), one.sql))}" for one in asked.values()]
    return f"verify_{way}() {{\n" + "\n".join(calls or [":"]) + "\n}\n"


def _returns(forward: str, ctx: Context) -> str:
    """A shell function that makes each of the page's `data-return` steps that undoes the forward file."""
    asked = [box.row_return() for box in _returning(forward, ctx.boxes).values()]
    calls = [
        "\n".join((*(f"{name}={shlex.quote(value)}" for name, value in (one or {}).items()), "return_rows"))
        for one in asked
    ]
    return "bring_all_back() {\n" + "\n".join(calls or [":"]) + "\n}\n"


def _remarks(verified: list[tuple[str, ...]], found: dict[str, str]) -> list[str]:
    """What is worth a line and stops nothing."""
    lines = [
        f"after {way}, “{name}” could not be asked on the copy, which lacks a role"
        for way, how, name, *_ in verified
        if how == "unasked"
    ]
    if found.get("order_differs"):
        lines.append("columns stand in another order than before; nothing else of the schema differs")
    return lines
