"""The part of a rehearsal in which a migration tool runs on the copy."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping

from commands.ports.page_text import PLACEHOLDER, Text
from commands.steps.base import StepBox
from commands.steps.tool_migration import ToolMigration
from commands.systems.migrations.on_copy import TOOL_ON_COPY
from commands.systems.migrations.tool_script import show_state
from commands.systems.postgres.rehearsal_output import TableRows, short_name
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class ToolRehearsal:
    """A migration and its way back. `folder` is where they run on the copy; `copy_env` says parts of the address."""

    forward: ToolMigration
    back: ToolMigration
    folder: str
    copy_env: Mapping[str, str]

    def env(self) -> dict[str, Text]:
        """The page's variables of both, under other names: the tool's shell alone has them under their own."""
        variables = {**self.back.env, **self.forward.env, "FOLDER": self.folder}
        return {f"TOOL_{name}": text for name, text in variables.items()}

    def script(self) -> str:
        """The variables and functions that the rehearsal's script uses."""
        parts = {**self.forward.address_parts, **self.copy_env}
        variables = {
            "TOOL": "yes",
            "TOOL_NAMES": " ".join(name.removeprefix("TOOL_") for name in self.env()),
            "COPY_PARTS": "\n".join(f"{name}={part}" for name, part in parts.items()),
            "TOOL_ASK": self.forward.ask,
            "TOOL_FORWARD": self.forward.run,
            "TOOL_BACK": "" if self.back.restores else self.back.run,
            "MAY_BE_EMPTY": "yes" if self.forward.may_be_empty else "",
            "FORWARD": "",
            "BACK": "",
            "SERVER_WIDE": "whatever the tool does",
        }
        return "".join(f"{name}={shlex.quote(text)}\n" for name, text in variables.items()) + TOOL_ON_COPY

    def missing_values(self, values: Iterable[str]) -> list[str]:
        """The values that its variables need and no step above has set."""
        needed = PLACEHOLDER.findall("\n".join(map(str, self.env().values())))
        return sorted(set(needed) - set(values))

    def lines(self, values: Mapping[str, str]) -> list[str]:
        """What it did, for the thread."""
        first, _, second = values.get("migrated", "").partition("\x1f")
        how = "then the whole backup was restored again" if self.back.restores else "and back"
        moved = f"the tool went from {show_state(first)} to {show_state(second)} on the copy, {how}"
        return [f"{moved}; in the database itself the state is still {show_state(first)}"]

    def without_grown(self, tables: list[TableRows]) -> tuple[list[TableRows], list[str]]:
        """The tables without those in which the framework leaves rows, and a line for each of these."""
        grown = [one for one in tables if one[0] in self.forward.grows and one[-1] == "other" and _has_grown(one)]
        lines = [
            f"{short_name(name)}: {before} rows before, {end} at the end; the framework leaves the new ones there"
            for name, before, _, _, end, _ in grown
        ]
        return [one for one in tables if one not in grown], lines


def way_back(migration: str, boxes: Mapping[str, StepBox]) -> tuple[str, ToolMigration] | None:
    """The step that takes the migration of a step back, by id; None if the page has none."""
    found = ((name, box.tool_migration()) for name, box in boxes.items() if box.undoes == migration)
    return next(((name, tool) for name, tool in found if tool), None)


def _has_grown(table: TableRows) -> bool:
    _, before, _, _, end, _ = table
    return before.isdigit() and end.isdigit() and int(end) >= int(before)
