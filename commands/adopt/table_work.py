"""Tables that say what people do: a checklist with a column to tick, and reasons to roll back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from commands.adopt.document import Block, Sort
from commands.adopt.draft import Unit
from commands.adopt.lists import MARK
from commands.adopt.parts import ALERTS, CONTACTS, CRITERIA, FAILURE, tables

_NUMBER = re.compile(r"#?\d*\.?")
_BACK = re.compile(r"\b(?:roll(?:ing)? ?-?back|abort|revert)", re.IGNORECASE)
_LIMIT = re.compile(r"\b(?:roll ?-?back|abort|revert) (?:if|when|at|threshold)", re.IGNORECASE)
_OTHER_TABLES = frozenset({ALERTS, CONTACTS, CRITERIA, FAILURE})


def ticked_rows(table: Block) -> list[tuple[int, str]]:
    """The items of a table in which each row has a box to tick, with their lines; empty if it is no checklist."""
    rows = table.rows[1:]
    ticks = [
        column
        for column in range(len(table.rows[0]) if table.rows else 0)
        if rows and all(column < len(row) and MARK.fullmatch(row[column]) for row in rows)
    ]
    if not ticks:
        return []
    items = []
    for line, row in enumerate(rows, start=table.line + 2):
        cells = [cell.replace("`", "") for column, cell in enumerate(row) if column not in ticks]
        said = [cell for cell in cells if not _NUMBER.fullmatch(cell)]
        if said:
            items.append((line, said[0] + (f": {'; '.join(said[1:])}" if said[1:] else "")))
    return items


def alert_tables(found: Sequence[Unit]) -> list[Block]:
    """The tables under headings of alerts, and those elsewhere that say when to roll back, each with its conditions."""
    known = tables([chapter for unit in found if unit.part == ALERTS for chapter in unit.chapters])
    others = [chapter for unit in found if unit.part not in _OTHER_TABLES for chapter in unit.chapters]
    found_there = [block for chapter in others for block in chapter.blocks if block.sort is Sort.TABLE]
    return [_with_limits(table) for table in (*known, *filter(_says_when_to_roll_back, found_there))]


def _says_when_to_roll_back(table: Block) -> bool:
    header, *rows = table.rows or ((),)
    if any(_LIMIT.search(cell) for cell in header[1:]):
        return True
    return bool(rows) and all(any(_BACK.search(cell) for cell in row[1:]) for row in rows)


def _with_limits(table: Block) -> Block:
    """A table with a column of limits (“Metric | Roll back if”), as one of conditions and what is done."""
    header = table.rows[0] if table.rows else ()
    column = next((place for place, cell in enumerate(header) if place and _LIMIT.search(cell)), None)
    if column is None:
        return table
    rows = (
        (f"{row[0]} {row[column]}", header[column]) if column < len(row) and row[column] else row
        for row in table.rows[1:]
    )
    return replace(table, rows=(header, *rows))
