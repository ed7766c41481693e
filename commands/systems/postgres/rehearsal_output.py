"""What the script of a rehearsal tells, as lines of the thread: columns, rows, and who waits for which tables."""

from __future__ import annotations

import re

from commands.text.durations import format_seconds

_TABLE = re.compile(r"^table: (.*)\|(\d*)\|(\d*)\|(\d*)\|(\d*)\|(same|returned|other)$", re.MULTILINE)
_LOCK = re.compile(r"^lock: (\w+)\|(\d+)\|(\w+)\|(.*)$", re.MULTILINE)
_COLUMN = re.compile(r"^column: (adds|drops)\x1f(.*)\x1f(.*)\x1f(.*)$", re.MULTILINE)


def tables_in(output: str) -> list[tuple[str, ...]]:
    """Each table whose rows change on the way: its name, its rows before, after forward, after rollback and at the end, and how it ends."""
    return _TABLE.findall(output)


def columns(output: str) -> list[str]:
    """What forward does to the columns of tables that stay, one line for each table."""
    kinds: dict[str, dict[str, dict[str, str]]] = {}
    for how, table, column, kind in _COLUMN.findall(output):
        kinds.setdefault(table, {}).setdefault(column, {})[how] = kind
    return [
        f"forward changes {short(table)}: {', '.join(_changed(*one) for one in changed.items())}"
        for table, changed in kinds.items()
    ]


def _changed(column: str, kinds: dict[str, str]) -> str:
    if len(kinds) == 2:
        return f"{column} {kinds['drops']} → {kinds['adds']}"
    return f"+ {column} {kinds['adds']}" if "adds" in kinds else f"- {column} {kinds['drops']}"


def rows(tables: list[tuple[str, ...]]) -> list[str]:
    """One line for each table whose rows change on the way, what does not come back last, under the heading of the columns."""
    if not tables:
        return []
    lines = sorted((_line(*one) for one in tables), key=lambda line: "❗" in line)
    returned = " → brought back" if any(how == "returned" for *_, how in tables) else ""
    return [f"rows: before → after forward → after rollback{returned}", *lines]


def _line(name: str, *counts_and_end: str) -> str:
    *counts, how = counts_and_end
    before, after, back, returned = (count or "gone" for count in counts)
    steps = [before if counts[0] else "no table", after, back, *([returned] if returned != back else [])]
    return f"{short(name)}: {' → '.join(steps)} {'❗ not as before' if how == 'other' else '✓'}"


def short(name: str) -> str:
    return name.removeprefix("public.")


def locks(output: str) -> list[str]:
    """Who waits for which tables while a file runs, the longest first: readers and writers, or writers alone."""
    found = sorted(((way, int(held), mode, name) for way, held, mode, name in _LOCK.findall(output)), key=_held)
    lines = []
    for way in ("forward", "rollback"):
        closed = {name: held for one, held, mode, name in found if one == way and mode == "AccessExclusiveLock"}
        unwritten = {name: held for one, held, _, name in found if one == way and name not in closed}
        for who, tables in (("readers and writers", closed), ("writers", unwritten)):
            longest = sorted(tables.items(), key=lambda one: -one[1])
            listed = ", ".join(f"{short(name)} {format_seconds(held / 1000)}" for name, held in longest)
            lines += [f"{way} keeps {who} waiting: {listed}"] if listed else []
    return lines


def _held(lock: tuple[str, int, str, str]) -> int:
    return lock[1]
