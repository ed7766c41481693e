"""The statements of a block of shell text, turned into boxes one after another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from commands.adopt.draft import Box
from commands.adopt.folders import Group, Line, after_cd
from commands.adopt.found import Found, Step, expectation
from commands.adopt.people import comment_text, gate, instructions
from commands.adopt.recognise import is_endless, is_needless, recognise
from commands.adopt.scene import Scene
from commands.adopt.shell import Command, Statement, commands_in, statements
from commands.adopt.titles import title_in, title_of, word_for
from commands.adopt.toml_box import Tables
from commands.runbook.page import Part
from commands.text.redaction import masked

_INLINE_COMMENT = re.compile(r"\s#\s*([^\n]*)$")
_COMPUTES = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)=\S*\$\(|^\s*read\b.*?(\w+)\s*$", re.MULTILINE)
_READS = re.compile(r"\$\{?([A-Za-z_]\w*)")
_MOST_SETTINGS = 200  # of one block; each box of it may need all of them
_SAYS_ONLY = frozenset(("echo", "printf", "set", "true", ":"))


@dataclass(kw_only=True)
class _Entry:
    statement: Statement
    comments: list[str]
    expects: list[str] = field(default_factory=list)


class Script:
    """Reads one block; `first` is the runbook's line of its first line."""

    def __init__(self, scene: Scene, first: int) -> None:
        self._scene = scene
        self._first = first
        self._done: list[Box] = []
        self._group = Group(scene)
        self._sets: dict[str, str] = {}
        self._fetched: Line | None = None
        self._title = ""
        scene.exports, scene.sourced = False, ""

    def boxes(self, text: str) -> Iterator[Box]:
        """The boxes of the block, in order."""
        found = statements(text)
        if self._must_stay_whole(found):
            self._add_whole(found)
        else:
            for entry in _entries(found):
                self._add(entry)
        self._flush()
        yield from self._done

    def _add_whole(self, found: list[Statement]) -> None:
        """One box of all statements but those that never end."""
        kept = []
        for statement in found:
            commands = commands_in(statement.code)
            steps = [
                Step(command=command, line=self._first + statement.line, words=command.words) for command in commands
            ]
            endless = [step for step in steps if is_endless(step)]
            for step in endless:
                self._leave(step)
            for step in steps:
                self._scene.folder = after_cd(step, self._scene)
            kept += [] if endless else [statement]
        if kept:
            self._add_run("\n\n".join(one.text for one in kept), kept[0].line, kept[0].comments)

    def _leave(self, step: Step) -> None:
        program = step.command.program
        shown = f"`{masked(step.command.text)[:70]}`"
        if program == "ssh":
            self._scene.notes.assume(step.line, f"{shown}: it only logs in, as the steps with this host do themselves")
            self._scene.places.note_login(step.words)
            return
        why = "it ends the script" if program in {"exit", "logout"} else "it does not end by itself"
        self._scene.notes.leave(step.line, f"{shown}: {why}, so it is in no box")

    def _must_stay_whole(self, found: list[Statement]) -> bool:
        """Whether a later statement needs what an earlier one has put into a variable by a command."""
        computed = {name for one in found for pair in _COMPUTES.findall(one.code) for name in pair if name}
        users = [one for one in found if not computed.isdisjoint(_READS.findall(one.code))]
        return any(map(self._is_run, users)) or sum("=" in one.code for one in found) > _MOST_SETTINGS

    def _is_run(self, statement: Statement) -> bool:
        commands = commands_in(statement.code)
        if not commands:
            return True
        known = ("pg_dump", "ls", "wc", "gzip", "du", "stat", *_SAYS_ONLY)
        return any(
            one.words and (one.program not in known or one.into or one.writes) for one in commands if not _dumps(one)
        )

    def _add(self, entry: _Entry) -> None:
        if not entry.statement.code:
            self._add_instructions(entry)
            return
        commands = commands_in(entry.statement.code)
        steps = [self._step(command, entry, last=command is commands[-1]) for command in commands]
        if not self._any_special(steps):
            self._add_run(entry.statement.text, entry.statement.line, tuple(entry.comments))
            for step in steps:
                self._scene.folder = after_cd(step, self._scene)
            return
        for step in steps:
            self._add_step(step, alone=len(steps) == 1)

    def _step(self, command: Command, entry: _Entry, *, last: bool) -> Step:
        return Step(
            command=command,
            line=self._first + entry.statement.line + command.line,
            comments=tuple(entry.comments),
            expects=tuple(entry.expects) if last else (),
            words=command.words,
            sets=self._sets,
        )

    def _any_special(self, steps: list[Step]) -> bool:
        """Whether any of them is more than a command that stays one, each in its own folder."""
        folder = self._scene.folder
        special = False
        for step in steps:
            special = special or self._is_special(step)
            self._scene.folder = after_cd(step, self._scene)
        self._scene.folder = folder
        return special

    def _is_special(self, step: Step) -> bool:
        return _only_sets(step) or bool(
            is_needless(step, self._above()) or is_endless(step) or recognise(step, self._scene)
        )

    def _above(self) -> Box | None:
        """The box right above; none if other commands stand between."""
        return self._done[-1] if self._done and self._group.is_empty else None

    def _add_step(self, step: Step, *, alone: bool) -> None:
        if _only_sets(step):
            self._sets.update(step.command.sets)
            self._note_settings(step.command)
            self._group.add(Line(text=step.command.text, line=step.line, comments=step.comments, sets=True))
        elif found := recognise(step, self._scene):
            self._add_found(step, found)
        elif (above := self._above()) and is_needless(step, above):
            text = masked(step.command.text)[:70]
            self._scene.notes.assume(step.line, f"`{text}` is left out, because `{above.kind}` checks that itself")
        elif is_endless(step):
            self._leave(step)
        else:
            text = "\n".join([*step.comments, step.command.text]) if alone else step.command.text
            self._add_run(text, step.line - self._first, step.comments)
            self._scene.folder = after_cd(step, self._scene)

    def _note_settings(self, command: Command) -> None:
        """Note whether programs behind this command get other variables, and from which file."""
        file = command.words[1] if len(command.words) == 2 and command.program in {"source", "."} else ""
        if file and not file.endswith("/activate"):
            self._scene.sourced = file
        else:
            self._scene.exports |= bool(command.words)

    def _add_found(self, step: Step, found: Found) -> None:
        if found.kind == "checkout" and found.joins:
            self._fetched = Line(text=step.command.text, line=step.line, comments=step.comments)
            return
        if found.kind == "checkout":
            self._fetched = None
            if self._done and self._done[-1].kind == "checkout" and self._group.is_empty:
                return
        self._flush()
        if found.kind == "verify":
            self._scene.boxes[-1].fields.setdefault("verify", []).append(Tables(found.fields))
            return
        fields = dict(found.fields)
        if self._scene.part == Part.WATCH and self._scene.every:
            fields |= {"every": self._scene.every, "on_failure": "tell"}
        title = title_of(step.comments)
        self._put(Box(kind=found.kind, fields=fields, line=step.line, title=title, why=found.why, about=found.about))

    def _add_instructions(self, entry: _Entry) -> None:
        if items := instructions(entry.comments):
            self._flush()
            self._put(gate(items, self._first + entry.statement.start, self._scene, title_of(entry.comments)))

    def _add_run(self, text: str, line: int, comments: tuple[str, ...]) -> None:
        if self._fetched:
            self._group.add(self._fetched)
            self._fetched = None
        program = text.rsplit("#", maxsplit=1)[-1] if text.startswith("#") else text
        only_says = (program.split() or [""])[0] in _SAYS_ONLY and not re.search(r"[|><;&]", program)
        if only_says and self._group.is_empty and self._done:
            return
        self._group.add(Line(text=text, line=self._first + line, comments=comments))

    def _flush(self) -> None:
        if self._fetched:
            self._group.add(self._fetched)
            self._fetched = None
        if box := self._group.box():
            box.title = title_of(box.title.split("\n"))
            self._put(box)
        self._group = self._group.next()

    def _put(self, box: Box) -> None:
        """Add a box; one without words of its own is named after those above it."""
        if not box.title and not self._done:
            box.title = title_in(self._scene.lead)
        if not box.title.endswith("."):  # a whole sentence is about the block, and names no other box
            self._title = box.title or self._title
        if not box.title and self._done:
            box.title = f"{self._title or self._scene.heading}: {word_for(box)}"
        self._done.append(box)
        self._scene.boxes.append(box)


def _only_sets(step: Step) -> bool:
    """Whether a command only sets variables, for itself or for the programs behind it."""
    return not step.command.words or step.command.program in {"export", "source", "."}


def _dumps(command: Command) -> bool:
    return command.program == "pg_dump" and command.plain


def _entries(found: list[Statement]) -> list[_Entry]:
    """The statements with their comments; one that says what should come of a command goes to that command."""
    entries: list[_Entry] = []
    for statement in found:
        comments = list(statement.comments)
        while comments and entries and (said := expectation(comment_text(comments[0]))) is not None:
            entries[-1].expects.append(said)
            comments.pop(0)
        if not statement.code and not comments:
            continue
        entry = _Entry(statement=replace(statement, comments=tuple(comments)), comments=comments)
        if (inline := _INLINE_COMMENT.search(statement.code)) and (said := expectation(inline[1])) is not None:
            entry.expects.append(said)
        entries.append(entry)
    return entries
