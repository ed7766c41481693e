"""A migration that a framework's own tool runs, as another step may run it on a copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from state.frozen import dataclass

RESTORE = "restore"  # instead of a tool's way back: the whole database, from the run's backup


@dataclass(frozen=True, kw_only=True)
class ToolMigration:
    """The scripts of a step with a migration tool, as bash.

    - `ask` prints the line that `STATE` finds; `run` goes forward or back. Empty if the tool has no way back.
    - `env` are the page's variables of both, with `FOLDER`, where they run.
    - `address_parts`: which of these variables hold one part of the database's address (host, port, user …).
    - `grows`: tables in which the framework leaves rows when it goes back.
    - `tool`: its name, if `passed` prints what it never applies; the run keeps its files from the start `kept_as`.
    """

    host: str
    ask: str
    run: str
    env: Mapping[str, str]
    may_be_empty: bool = False
    restores: bool = False
    address_parts: Mapping[str, str] = field(default_factory=dict)
    grows: tuple[str, ...] = ()
    tool: str = ""
    passed: str = ""
    kept_as: str = ""
