"""What differs at the end of a rehearsal, from the output of its script."""

from __future__ import annotations

import re
from collections.abc import Mapping

from commands.systems.postgres.catalog import about_new_roles, in_words, not_held_line, parse_differences, unlisted
from commands.systems.postgres.rehearsal_output import TableRows, short_name
from commands.text.phrases import agree, joined_few

_BEHIND = re.compile(r"^behind: (.*)\x1f(.*)$", re.MULTILINE)
_WENT_BACK = re.compile(r"^went back: (.*)\x1f(.*)\x1f(.*)\x1f(t|f)$", re.MULTILINE)
_OTHER_VIEW = re.compile(r"^other view: (.*)\x1f(.*)\x1f(.*)$", re.MULTILINE)
_FEWER = re.compile(r"^fewer: (.*)\x1f(.*)\x1f(.*)$", re.MULTILINE)


def not_as_before(output: str, values: Mapping[str, str], tables: list[TableRows]) -> str:
    """The worst difference at the end, as a sentence that begins with "On the copy, ". Empty if there is none."""
    if values.get("schema_differs"):
        return "the rollback does not restore the schema; nothing else was touched."
    if lost := [name for name, *_, how in tables if how == "other"]:
        return (
            f"the rollback does not restore the rows of {', '.join(lost)}. Skip this step only if you accept the loss."
        )
    return _sequences(output) or _beside_rows(output, values)


def other_views(output: str) -> str:
    """That materialized views end with other rows than before, as a clause; empty if none does."""
    if not (names := [short_name(name) for name, _, _ in _OTHER_VIEW.findall(output)]):
        return ""
    has = agree(len(names), "materialized view has", "materialized views have")
    return f"but the {has} other rows than before, which may need a refresh: {joined_few(names, 3)}"


def remarks(output: str, values: Mapping[str, str]) -> list[str]:
    """What people should know, although it does not fail the step."""
    lines = [
        f"the sequence {short_name(name)} goes back from {before} to {after}; no row has these numbers"
        for name, before, after, numbers_a_column in _WENT_BACK.findall(output)
        if numbers_a_column == "t"
    ]
    lines += [f"left on the scratch server: {one.line()}" for one in parse_differences(output, "left")]
    if line := not_held_line(output, values):
        lines.append(f"not compared, because the copy does not have it: {line}")
    if values.get("order_differs"):
        lines.append(
            "the order of columns, names of NOT NULL or the layout of functions differs; "
            "nothing else in the schema does"
        )
    return lines


def _sequences(output: str) -> str:
    if behind := _BEHIND.findall(output):
        places = ", ".join(
            f"{short_name(table)} (sequence {short_name(name)} is behind its rows)" for name, table in behind
        )
        return f"new rows would collide after the rollback in {places}. Use setval in the rollback file."
    # if a sequence numbers an integer column and is not behind its rows, the next row collides with none
    if restarted := [one for one in _WENT_BACK.findall(output) if one[3] == "f"]:
        places = ", ".join(f"{short_name(name)} from {before} to {after}" for name, before, after, _ in restarted)
        return f"sequences go back: {places}. What they number can collide. Use setval in the rollback file."
    return ""


def _beside_rows(output: str, values: Mapping[str, str]) -> str:
    found = parse_differences(output, "differs")
    new = about_new_roles(found)
    if lost := [one.line() for one in found if one not in new]:
        lines = in_words(lost, unlisted(values, len(found)))
        return f"the rollback does not restore {lines}. Skip this step only if you accept that."
    if fewer := _FEWER.findall(output):
        views = ", ".join(f"{short_name(name)} {after} of {before}" for name, before, after in fewer)
        return f"materialized views end with fewer rows: {views}. Refresh them after the rows are brought back."
    return ""
