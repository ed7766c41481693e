"""Turns the output of a rehearsal into lines for the thread: columns, rows and locks."""

from __future__ import annotations

import re

from commands.text.durations import format_seconds

_TABLE = re.compile(r"^table: (.*)\|(\d*)\|(\d*)\|(\d*)\|(\d*)\|(same|returned|other)$", re.MULTILINE)
_LOCK = re.compile(r"^lock: (\w+)\|(\d+)\|(\w+)\|(.*)$", re.MULTILINE)
_SKIPPED = re.compile(r"^skipped: (\w+)\|(.*)$", re.MULTILINE)
_COLUMN = re.compile(r"^column: (adds|drops)\x1f(.*)\x1f(.*)\x1f(.*)$", re.MULTILINE)

# name; rows before, after forward, after rollback, after the data return; how it ends (same, returned, other)
TableRows = tuple[str, ...]


def parse_tables(output: str) -> list[TableRows]:
    """Each table whose rows change during the rehearsal. A count is "" while the table does not exist."""
    return _TABLE.findall(output)


def column_lines(output: str) -> list[str]:
    """How forward changes the columns of tables that stay, one line for each table."""
    changes: dict[str, dict[str, dict[str, str]]] = {}
    for change, table, column, column_type in _COLUMN.findall(output):
        changes.setdefault(table, {}).setdefault(column, {})[change] = column_type
    return [
        f"forward changes {short_name(table)}: {', '.join(_column_change(*column) for column in columns.items())}"
        for table, columns in changes.items()
    ]


def _column_change(column: str, types: dict[str, str]) -> str:
    if len(types) == 2:
        return f"{column} {types['drops']} → {types['adds']}"
    return f"+ {column} {types['adds']}" if "adds" in types else f"- {column} {types['drops']}"


def skipped_lines(output: str) -> list[str]:
    """What each file leaves as it was, because IF NOT EXISTS found it there."""
    return [
        f"in {way}, IF NOT EXISTS skips {what.removesuffix(' already exists')}, which may differ from the file"
        for way, what in _SKIPPED.findall(output)
    ]


def row_lines(tables: list[TableRows]) -> list[str]:
    """A heading, then one line for each table; tables whose rows do not come back are last."""
    if not tables:
        return []
    lines = sorted((_row_line(*table) for table in tables), key=lambda line: "❗" in line)
    returned = " → after data-return" if any(end == "returned" for *_, end in tables) else ""
    return [f"rows: before → after forward → after rollback{returned}", *lines]


def _row_line(name: str, *counts_and_end: str) -> str:
    *counts, end = counts_and_end
    before, forward, rollback, returned = (count or "gone" for count in counts)
    states = [before if counts[0] else "no table", forward, rollback, *([returned] if returned != rollback else [])]
    return f"{short_name(name)}: {' → '.join(states)} {'❗ not as before' if end == 'other' else '✓'}"


def short_name(name: str) -> str:
    """A table's name without the schema "public"."""
    return name.removeprefix("public.")


def lock_lines(output: str) -> list[str]:
    """Which tables each file blocks, the longest first: for readers and writers, or for writers only."""
    locks = sorted(
        ((way, int(ms), mode, name) for way, ms, mode, name in _LOCK.findall(output)), key=lambda lock: lock[1]
    )
    lines = []
    for way in ("forward", "rollback"):
        exclusive = {name: ms for one, ms, mode, name in locks if one == way and mode == "AccessExclusiveLock"}
        write_only = {name: ms for one, ms, _, name in locks if one == way and name not in exclusive}
        for blocked, tables in (("readers and writers", exclusive), ("writers", write_only)):
            longest = sorted(tables.items(), key=lambda table: -table[1])
            listed = ", ".join(f"{short_name(name)} {format_seconds(ms / 1000)}" for name, ms in longest)
            lines += [f"{way} blocks {blocked}: {listed}"] if listed else []
    return lines
