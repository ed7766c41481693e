"""Commands that stay as they are: grouped into `run` boxes, each in its own folder."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from itertools import accumulate
from typing import Any

from commands.adopt.draft import Box
from commands.adopt.found import Step
from commands.adopt.recognise import hazards_of
from commands.adopt.scene import REPOSITORY, Scene
from commands.adopt.shell import commands_in
from commands.runbook.page import Part
from commands.steps.unset_variables import unset_variables
from state.frozen import dataclass

# what does something else in another folder
_NEEDS_FOLDER = re.compile(
    r"\b(?:npm|npx|yarn|pnpm|make|composer|bundle|rake|mvn|gradle|git|docker[ -]compose|poetry)\s|(?:^|\s)\./"
    r"|manage\.py|\balembic\s|\bphp (?:artisan|bin/console)\b",
    re.MULTILINE,
)
_PASSWORD = re.compile(r"://[^\s:/@$<{]+:[^\s@$<{]+@")
_FOR_PROGRAMS = re.compile(r"\s*(?:export|source|\.)\s")
_READS = re.compile(r"\$\{?([A-Za-z_]\w*)")
_SETS = re.compile(r"(?:^|\s)([A-Za-z_]\w*)=")
_BLANKS = (
    (r"\{\{.*?\}\}|\$\{\{.*?\}\}", "stands for something that only you know"),
    (r"\b(?:YOUR|MY)_\w+|\byour-[\w.-]+|/path/to/[\w./-]*|\bx{3,}\b|\bexample\.(?:com|org)\b", "stands for something"),
    (r"(?<![\w.])v\d+\.\d+\.\d+\b", "is one fixed version; write <ref> if the run's own is meant"),
    (r"<[A-Za-z][\w.]*[- ][\w. -]*>", "stands for something, and a shell reads it as two redirections"),
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A statement that stays as it is, with its line in the runbook. `sets`: it only prepares later ones."""

    text: str
    line: int
    comments: tuple[str, ...] = ()
    sets: bool = False

    @property
    def code(self) -> str:
        """The statement without the comments above it."""
        return "\n".join(line for line in self.text.split("\n") if not line.lstrip().startswith("#"))

    @property
    def is_cd(self) -> bool:
        """Whether it only enters a folder."""
        return all(one.words and one.program == "cd" for one in commands_in(self.text) or [_NOTHING])


_NOTHING = commands_in("true")[0]


def after_cd(step: Step, scene: Scene) -> str:
    """The folder behind a command: another one only behind `cd`."""
    words = step.command.words
    if words[:1] != ("cd",):
        return scene.folder
    target = words[1] if len(words) > 1 else "~"
    if target.startswith(("/", "~", "$")) or not scene.folder or target == "-":
        return target
    return posixpath.normpath(f"{scene.folder}/{target}")


class Group:
    """Statements that become one `run` box."""

    def __init__(self, scene: Scene, settings: tuple[str, ...] = ()) -> None:
        self._scene = scene
        self._settings = settings
        self._lines: list[Line] = []
        self._folder = scene.folder

    def next(self) -> Group:
        """An empty group behind this one, in the same shell."""
        return Group(self._scene, (*self._settings, *(line.text for line in self._lines if line.sets)))

    @property
    def is_empty(self) -> bool:
        """Whether nothing in it does anything."""
        return all(line.is_cd or line.sets for line in self._lines)

    def add(self, line: Line) -> None:
        """Add one more statement."""
        self._lines.append(line)

    def box(self) -> Box | None:
        """The box; None if nothing in the group does anything."""
        if self.is_empty:
            return None
        entered, lines = self._entered()
        texts = [line.text for line in lines]
        folder = entered or self._known_folder(lines)
        fields: dict[str, Any] = {"host": self._scene.places.host(), **self._in_folder(folder)}
        into = [_cd(folder)] if folder and "cd" not in fields else []
        fields["commands"] = [*into, *self._settings_read_by(texts), *texts]
        if names := unset_variables(fields["commands"], ("repository",)):
            fields["env"] = {**fields.get("env", {}), **{name: f"${name}" for name in names if name.isupper()}}
        if self._scene.part == Part.WATCH and self._scene.every:
            fields |= {"every": self._scene.every, "on_failure": "tell"}
        self._note_blanks(lines)
        if not folder.startswith("<"):
            self._remember(lines, folder)
        title = "\n".join(next((line.comments for line in self._lines if line.comments), ()))
        self._note_hazards(lines)
        return Box(kind="run", fields=_ordered(fields), line=lines[0].line, title=title)

    def _entered(self) -> tuple[str, list[Line]]:
        """The folder that the first statements enter, and the statements behind them."""
        folder, lines = self._folder, list(self._lines)
        while lines[0].is_cd:  # what only enters folders is no group
            for command in commands_in(lines.pop(0).text):
                folder = _joined(folder, command.words[1] if len(command.words) > 1 else "~")
        return folder, lines

    def _in_folder(self, folder: str) -> dict[str, Any]:
        """The fields of a box that runs in the repository, or in a folder that nobody knows yet."""
        inside = self._scene.in_repository(folder) if folder else None
        if inside is not None:
            return {"cd": f"$repository/{inside}".rstrip("/"), "env": {"repository": REPOSITORY}}
        return {"cd": folder} if folder.startswith("<") else {}

    def _remember(self, lines: list[Line], folder: str) -> None:
        """Note in which folder each statement runs."""
        for line in lines:
            if line.is_cd:
                for command in commands_in(line.text):
                    folder = _joined(folder, command.words[1] if len(command.words) > 1 else "~")
            elif folder:
                self._scene.folders.setdefault(line.code, []).append(folder)

    def _settings_read_by(self, texts: list[str]) -> list[str]:
        """The statements of earlier groups that these need: what programs see always, else what is read."""
        read = set(_READS.findall("\n".join(texts)))
        return [
            text for text in self._settings if _FOR_PROGRAMS.match(text) or not read.isdisjoint(_SETS.findall(text))
        ]

    def _known_folder(self, lines: list[Line]) -> str:
        """Where the runbook runs the same command elsewhere; a blank if it says nothing and it matters."""
        known = [set(self._scene.folders[line.code]) for line in lines if line.code in self._scene.folders]
        common = set.intersection(*known) if known else set()
        if len(common) == 1:
            folder = common.pop()
            why = f"runs in {folder}, where the same command runs elsewhere in the runbook"
            self._scene.notes.assume(lines[0].line, why)
            return folder
        here = re.split(r"^\s*cd\s", "\n".join(line.code for line in lines), maxsplit=1, flags=re.MULTILINE)[0]
        if not _NEEDS_FOLDER.search(here):
            return ""
        why = "the runbook does not say in which folder this runs; write it in `cd`, in the place of <folder>"
        self._scene.notes.fill_in(lines[0].line, why)
        return "<folder>"

    def _note_hazards(self, lines: list[Line]) -> None:
        texts = [line.text for line in lines]
        ends = list(accumulate(len(text) + 1 for text in texts))
        for place, why in hazards_of("\n".join(texts)):
            self._scene.notes.fill_in(lines[bisect_right(ends, place)].line, why)

    def _note_blanks(self, lines: list[Line]) -> None:
        for line in lines:
            if _PASSWORD.search(line.text):
                why = "a command holds a password; hand the address over by `env`, and change the password"
                self._scene.notes.fill_in(line.line, why)
            for pattern, why in _BLANKS:
                for blank in dict.fromkeys(re.findall(pattern, line.text)):
                    self._scene.notes.fill_in(line.line, f"`{blank}` in a command {why}")


def _joined(folder: str, target: str) -> str:
    if target.startswith(("/", "~", "$")) or not folder:
        return target
    return posixpath.normpath(f"{folder}/{target}")


def _cd(folder: str) -> str:
    return f"cd {folder}" if re.fullmatch(r"[\w./~-]+", folder) else f'cd "{folder}"'


def _ordered(fields: dict[str, Any]) -> dict[str, Any]:
    order = ("host", "cd", "env", "commands", "every", "on_failure")
    return {name: fields[name] for name in order if name in fields}
