"""`rehearse`: runs the migration and its rollback on a copy of the restored backup, and says what does not come back."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from commands.durations import took
from commands.host_postgres import NO_ADDRESS, NO_ADDRESS_CODE, SCRATCH, SCRATCH_WRONG
from commands.on_copy import OnCopy
from commands.outcome import Context, Outcome, done, failed
from commands.scripts import read
from commands.sql_file import unsafe_statements
from commands.steps.base import StepBox, on_host, run_job, told
from commands.tools import Finished

_SCRIPT = "".join(("umask 077\n", SCRATCH, f"LOCKS={shlex.quote(read('rehearse_locks.sql'))}\n", read("rehearse.sh")))
_TABLE = re.compile(r"^table: (.*)\|(\d*)\|(\d*)\|(\d*)\|(same|other)$", re.MULTILINE)
_LOCK = re.compile(r"^lock: forward\|(\w+)\|(.*)$", re.MULTILINE)
_VERIFY = re.compile(r"^verify: (\w+)\|(.*?)\|(.*?)\|(.*)$", re.MULTILINE)
NO_ANSWER = "no answer"
_WRONG = {
    NO_ADDRESS_CODE: NO_ADDRESS,
    68: "The backup is not there, or not as it was (its checksum differs); nothing was rehearsed.",
    75: "The backup cannot be restored; nothing was rehearsed.",
    77: "On the copy, the {failing} file fails; production was not touched.",
    **SCRATCH_WRONG,
}


class Rehearse(OnCopy):
    """`forward` and `rollback` are paths that the `release` step kept; `returns` are the tables that `data-return` fills again.

    A rollback that loses rows of any other table fails the step, so that the run goes on only when a person skips it
    and says why, and a second one agrees.
    """

    kind: ClassVar[str] = "rehearse"
    two_to_skip: ClassVar[bool] = True

    forward: str
    rollback: str
    returns: list[str] = Field(default_factory=list)

    def plan(self) -> list[str]:
        return [
            f"on a copy of {self.file}: {self.forward}, then {self.rollback}",
            "after each, the verify queries that the page has for that file",
            *on_host(self.host, _SCRIPT, self.env()),
        ]

    def run(self, ctx: Context) -> Outcome:
        texts = {name: ctx.file(path) for name, path in (("FORWARD", self.forward), ("BACK", self.rollback))}
        for path, text in zip((self.forward, self.rollback), texts.values(), strict=True):
            if text is None:
                return failed(f"{path} was not kept by this run; the release step must name it.")
            if unsafe := unsafe_statements(text):
                return failed(f"{path} line {unsafe[0].line}: {unsafe[0].why}; nothing was rehearsed.")
        verify = "".join(
            _verify(way, path, ctx) for way, path in (("forward", self.forward), ("rollback", self.rollback))
        )
        # in the script and not in its environment, where one text may be 128 KB at most
        script = "".join(f"{name}={shlex.quote(text or '')}\n" for name, text in texts.items()) + verify + _SCRIPT
        return self._judge(run_job(self, ctx, self.host, script, self.env()))

    def wrong_beside(self, boxes: Mapping[str, StepBox]) -> str:
        back = {name for box in boxes.values() if box.kind == "data-return" for name in getattr(box, "tables", [])}
        missing = sorted(set(self.returns) - back)
        return f"returns: no data-return of the page brings {missing[0]} back" if missing else ""

    def _judge(self, ended: Finished) -> Outcome:
        found = told(ended.tail)
        if ended.code:
            general = f"The rehearsal failed (exit {ended.code}); production was not touched."
            words = _WRONG.get(ended.code, general).format(failing=found.get("failing", "?"))
            shown = tuple(line for line in ended.last_lines if "=" not in line)
            return failed(words, lines=shown, output=ended.tail)
        if wrong := [one for one in _VERIFY.findall(ended.tail) if one[2] not in {one[1], NO_ANSWER}]:
            way, expected, answer, name = wrong[0]
            says = f"On the copy, after {way}, “{name}” is {answer} instead of {expected}; the page would stop there in production."
            return failed(
                says, lines=tuple(f"after {w}: {n} is {a}, expected {e}" for w, e, a, n in wrong), output=ended.tail
            )
        tables = _TABLE.findall(ended.tail)
        lines = (*sorted((self._line(*one) for one in tables), key=_bad_last), *_locks(ended.tail))
        times = ", ".join(f"{way} {took(int(found[f'{way}_ms']) / 1000)}" for way in ("forward", "rollback"))
        lost = [name for name, *_, same in tables if same == "other" and not self._returned(name)]
        if found.get("schema_differs"):
            return failed(
                f"On the copy, the rollback does not bring the schema back ({times}); production was not touched.",
                lines=(*lines, *(line for line in ended.tail.splitlines() if line.startswith(("< ", "> ")))),
                output=ended.tail,
            )
        if lost:
            says = f"On the copy, the rollback does not bring back the rows of {', '.join(lost)}. Skip it only to accept the loss."
            return failed(says, lines=lines, output=ended.tail)
        back = sum(int(before or 0) for name, before, _, _, same in tables if same == "other")
        more = f"; {back:,} rows come back from the backup" if back else "; no row is lost"
        asked = _VERIFY.findall(ended.tail)
        lines += tuple(
            f"after {way}, “{name}” could not be asked on the copy"
            for way, _, found_, name in asked
            if found_ == NO_ANSWER
        )
        held = sum(one[2] == one[1] for one in asked)
        more += f"; {held} verify queries agree" if held else ""
        return done(f"On the copy: {times}; the schema as before{more}.", lines=lines, output=ended.tail)

    def _line(self, name: str, before: str, after: str, back: str, same: str) -> str:
        ends = "as before" if same == "same" else "from the backup" if self._returned(name) else "❗ not as before"
        return f"{name}: {before or 'no'} rows → {after or 'gone'} → {back or 'gone'}, {ends}"

    def _returned(self, name: str) -> bool:
        return any(name in {one, f"public.{one}"} for one in self.returns)


def _verify(way: str, path: str, ctx: Context) -> str:
    """A shell function that asks the verify queries of the page's own steps for that file."""
    boxes = [box for box in ctx.beside.values() if box.kind == "sql" and getattr(box, "file", "") == path]
    asked = {one.sql: one for box in boxes for one in getattr(box, "verify", [])}
    calls = [f"verify {way} {shlex.join((one.says, str(one.expect), one.sql))}" for one in asked.values()]
    return f"verify_{way}() {{\n" + "\n".join(calls or [":"]) + "\n}\n"


def _bad_last(line: str) -> bool:
    return "❗" in line


def _locks(output: str) -> list[str]:
    """Which tables wait while forward runs, in words: nobody reads or writes them, or nobody writes them."""
    found = _LOCK.findall(output)
    closed = {name for mode, name in found if mode == "AccessExclusiveLock"}
    unwritten = {name for _, name in found} - closed
    told = (("no reads or writes", closed), ("no writes", unwritten))
    return [f"until forward is done, {what}: {', '.join(sorted(names))}" for what, names in told if names]
