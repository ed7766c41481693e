"""What the comparison after a rollback says of the rows of each table."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import field

from commands.text.durations import format_duration
from commands.text.numbers import format_count
from commands.text.phrases import agree, joined
from state.frozen import dataclass

SECONDS_FOR_ROWS = 60  # the rows that cannot be read in this time are named as not compared
_OTHER = re.compile(r"^other: (.*)\|(\d+)\|(\d+)\|(known|-)$", re.MULTILINE)
_APART = re.compile(r"^apart: (.*)\|(\d+)\|(\d+)\|(\d+)$", re.MULTILINE)
_GONE = re.compile(r"^gone: (.*)\|(\d+)\|(\d+)\|(key|row)\|(same|rewritten|another)$", re.MULTILINE)
_UNREAD = re.compile(r"^unread: (.*)$", re.MULTILINE)
_NOT_KNOWN = re.compile(r"^not known: (.*)$", re.MULTILINE)
# what is known of a table from which rows are gone. Who deleted them is written nowhere in PostgreSQL.
_WHY = {
    "same": "deleted since, or lost",
    "rewritten": "deleted since, or lost; the table was emptied or rewritten since",
    "another": "deleted since, or lost; the table was created anew since",
}


@dataclasses.dataclass(kw_only=True)
class Rows:
    """What was found: rows that are missing, what was compared and is as it should be, and what was not compared."""

    missing: list[str] = field(default_factory=list)
    compared: list[str] = field(default_factory=list)
    not_compared: list[str] = field(default_factory=list)


def rows_after_rollback(output: str, values: Mapping[str, str], by: str) -> Rows:
    """Judge the tables: `values` are those of the script's `output`, `by` is what the backup compares."""
    rows = Rows()
    gone = {name: _Gone(int(lost), int(all_rows), how, why) for name, lost, all_rows, how, why in _GONE.findall(output)}
    apart = {name: _Apart(*map(int, counts)) for name, *counts in _APART.findall(output)}
    others = _OTHER.findall(output)
    for name, before, now, known in others:
        table = _Table(name, int(before), int(now), known == "known", gone.pop(name, None), apart.get(name))
        (rows.missing if table.is_missing() else rows.not_compared).append(table.line())
    if more := int(values.get("tables_gone_from", 0)) - len(_GONE.findall(output)):
        lack = f"{format_count(more, 'more table')} {agree(more, 'lacks', 'lack')}"
        rows.missing.append(f"{lack} rows from right before the first change")
    # they are as in the backup, and so without the rows that were written between it and the first change
    rows.missing += [_Table(name, 0, 0, True, one, None).line() for name, one in gone.items()]
    if more := int(values.get("others", 0)) - len(others):
        rows.missing.append(
            f"{format_count(more, 'more table')} {agree(more, 'has', 'have')} other rows than the backup"
        )
    if (same := int(values.get("rows_same", 0))) > 0:
        rows.compared.append(f"{format_count(same, 'table')} {agree(same, 'is', 'are')} as in the backup")
    whole = int(values.get("tables_known", 0)) - int(values.get("tables_gone_from", 0))
    if whole > 0:
        rows.compared.append(
            f"{format_count(whole, 'table')} {agree(whole, 'has', 'have')} every row from right before the first change"
        )
    rows.not_compared += _not_read(output, values, by)
    return rows


@dataclass(frozen=True)
class _Gone:
    """Rows that were there right before the first change: those that are gone, and all."""

    lost: int
    rows: int
    by: str
    why: str

    def line(self) -> str:
        what = "missing" if self.by == "key" else "missing or changed"
        rows = format_count(self.rows, "row")
        which = f"all {rows}" if self.lost == self.rows > 1 else f"{self.lost:,} of {rows}"
        return f"{which} from right before the first change {agree(self.lost, 'is', 'are')} {what} ({_WHY[self.why]})"


@dataclass(frozen=True)
class _Apart:
    """The rows of a table that are not those of the backup."""

    missing: int
    changed: int
    new: int

    def line(self) -> str:
        parts = [f"{format_count(self.changed, 'row')} changed"] if self.changed else []
        if self.new:
            rows = f"{self.new:,}" if parts else format_count(self.new, "row")
            parts.append(f"{rows} {agree(self.new, 'was', 'were')} added")
        return f"{joined(parts)} since the backup" if parts else ""

    def after(self, missing: str) -> str:
        """The sentence about missing rows, and the other rows that are not the backup's."""
        return "; ".join(filter(None, (missing, self.line())))


@dataclass(frozen=True)
class _Table:
    """A table with other rows than the backup. `known`: its rows from right before the first change were compared."""

    name: str
    before: int
    now: int
    known: bool
    gone: _Gone | None
    apart: _Apart | None

    def is_missing(self) -> bool:
        """Whether rows are missing that may be lost: what was gone before the first change no rollback lost."""
        if self.known:
            return self.gone is not None
        return self.apart.missing > 0 if self.apart else self.now < self.before

    def line(self) -> str:
        short = self.name.removeprefix("public.")
        if self.gone:
            gone = f"{short}: {self.gone.line()}"
            return self.apart.after(gone) if self.apart else gone
        counts = f"{self.before:,} in the backup, {self.now:,} now"
        if self.known:
            apart = self.apart.after(self._deleted_earlier()) if self.apart else ""
            return f"{short} ({apart or counts})"
        if self.apart and self.apart.missing:
            of_all = f"{self.apart.missing:,} of {format_count(self.before, 'row')}"
            missing = f"{of_all} {agree(self.apart.missing, 'is', 'are')} missing"
            return self.apart.after(f"{short}: {missing} (deleted since, or lost)")
        if self.apart:
            return f"{short} ({self.apart.line() or counts})"
        return f"{short}: {counts}" if self.is_missing() else f"{short} ({counts})"

    def _deleted_earlier(self) -> str:
        if not self.apart or not self.apart.missing:
            return ""
        rows = format_count(self.apart.missing, "row")
        return f"{rows} of the backup {agree(self.apart.missing, 'was', 'were')} gone before the first change"


def _not_read(output: str, values: Mapping[str, str], by: str) -> Iterator[str]:
    """What was not looked at, and why."""
    if count := int(values.get("unread", 0)):
        match values.get("rows_unread"):
            case None:
                why = "the table is gone" if count == 1 else "the tables are gone"
            case "time":
                why = f"they could not be read in {format_duration(SECONDS_FOR_ROWS)}"
            case words:
                why = f"reading stopped: {words}"
        yield f"rows of {_listed(_UNREAD.findall(output), count)} ({why})"
    if count := int(values.get("tables_unknown", 0)):
        some = int(values.get("tables_known", 0)) > 0
        which = f"rows of {_listed(_NOT_KNOWN.findall(output), count)}" if some else "rows"
        why = "not recorded then, or not readable now" if some else "they were not recorded then"
        yield f"which {which} were there right before the first change ({why})"
    if by == "rows":
        yield "content of rows (the backup only counted them)"


def _listed(names: list[str], count: int) -> str:
    """The first three of `count` tables by name, and how many more there are."""
    listed = [name.removeprefix("public.") for name in names[:3]]
    more = f" and {count - len(listed):,} more" if count > len(listed) else ""
    return f"{', '.join(listed) or 'tables'}{more}"
