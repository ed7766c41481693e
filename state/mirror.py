"""The mirror of a run: a file at its owner, from which it is rolled back without the record.

It holds the run alone, with its page, kept files, attempts, facts, events and journal. What no record has stands in
its table `in_force`: when it was written, of which record it is, which attempts may have begun, and whether somebody
has taken it to roll back from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from state.copying import OF_RUN
from state.errors import BadMirror, BadRecord, MirrorTaken
from state.journal import EntryKind
from state.mirror_notes import AHEAD, BESIDE, MAY_BEGIN, OF, PUT, WRITTEN, remove_mirror, require_free
from state.records import ACTIVE, Run
from state.sqlite.file import open_to_read
from state.sqlite.lock import is_held, take_lock
from state.sqlite.open_file import FileReader, OpenFile
from state.store import RecordStore
from state.store.database import Database, Row, RowExists
from state.store.entries import row_of_entry
from state.store.journal import RECORD

_ORDER = "rowid"


class Mirror:
    """The mirror of one run, as the run's owner keeps it. `name` says which record it is of, without a secret.

    Every method raises MirrorTaken once somebody rolls back from it, BadMirror if the file cannot be used, and
    BadRecord while the record is away.
    """

    def __init__(self, folder: Path, store: RecordStore, run: Run, name: str) -> None:
        self.file = folder.absolute() / f"{run.key}.db"
        self._store = store
        self._run = run.id
        self._name = name
        self._open: OpenFile | None = None
        self._made: tuple[int, int] | None = None  # the file that this bot made, by its device and number
        self._entries = 0  # how many entries of the run's journal it has

    def require_free(self) -> None:
        """Raise MirrorTaken if somebody rolls back from it, or did."""
        with self._using():
            if self._open is not None and self._is_own():
                require_free(self._open, self._run, self.file)
            elif self.file.exists():
                with closing(FileReader(self.file, open_to_read(self.file))) as reader:
                    require_free(reader, self._run, self.file)

    def read_back(self) -> None:
        """Read what happened in it into the record, and free it. Raises MirrorTaken while somebody rolls back."""
        from state.reading_back import read_back

        if self.in_use():
            raise MirrorTaken(self._run, self.file)
        self.close()
        if not self.file.exists():
            return  # whoever rolled back from it has read it in and removed it
        with closing(OpenFile(self.file, serving=True)) as mirror:
            read = read_back(mirror, self.file, self._store, self._store.now())
        if read.state not in ACTIVE:
            self.remove()

    def in_use(self) -> bool:
        """Whether somebody is rolling back from it now."""
        with self._using():
            return is_held(self.file)

    def begins(self, step: str, attempt: int) -> None:
        """Write that an attempt is about to begin, before the record is told. Nothing may begin that is not here."""
        with self._written() as database:
            database.execute(PUT, f"{MAY_BEGIN}{attempt} {step}", self._store.now().isoformat())

    def did_not_begin(self, step: str, attempt: int) -> None:
        """Write that it did not: the record could not be told."""
        with self._written() as database:
            database.execute("DELETE FROM in_force WHERE name = ?", f"{MAY_BEGIN}{attempt} {step}")

    def follow(self) -> None:
        """Bring what is new in the record into the mirror, in one transaction; the whole run where there is none."""
        self._require_own()
        if self._open is None:
            self._make()
            return
        tables = self._store.tables
        with tables.snapshot():
            sql = "SELECT * FROM journal WHERE run = ? AND number > ? ORDER BY number"
            entries = [dict(row) for row in tables.rows(sql, self._run, self._entries)]
            rows = [row_of_entry(tables, self._run, entry["kind"], entry["ref"]) for entry in entries]
            heads = tables.rows("SELECT * FROM journal_heads WHERE run = ?", self._run) if entries else ()
        if any(entry["kind"] == EntryKind.FOUND for entry in entries):
            self.close()
            self._make()
            return
        with self._written() as database:
            for found in filter(None, rows):
                _put(database, *found)
            for entry in entries:
                database.insert("journal", entry)
            self._note(database, heads)
        self._entries += len(entries)

    def close(self) -> None:
        """Close the file, and leave it."""
        if self._open is not None:
            self._open.close()
            self._open = self._made = None

    def remove(self) -> None:
        """Remove the file, unless somebody has taken it, or is about to."""
        if self.in_use():
            raise MirrorTaken(self._run, self.file)
        self.require_free()
        self.close()
        remove_mirror(self.file)

    def leave(self) -> None:
        """Leave the run to another bot: remove the file, unless that bot has made its own in the same place."""
        if self._is_own():
            self.remove()
        self.close()

    # -- inside -------------------------------------------------------------------------------------------------

    @contextmanager
    def _using(self) -> Iterator[None]:
        """Inside the block the file is used, and not the record."""
        try:
            yield
        except MirrorTaken:
            raise
        except OSError as error:
            raise BadMirror(f"The mirror {self.file} cannot be written ({error.strerror}).") from None
        except BadRecord as error:
            raise BadMirror(str(error)) from None
        except (RowExists, UnicodeError):
            self.close()
            raise BadMirror(f"The mirror {self.file} does not take what the record holds; it is made anew.") from None

    def _is_own(self) -> bool:
        with suppress(FileNotFoundError):
            return _identity(self.file) == self._made
        return False

    def _require_own(self) -> None:
        """Raise BadMirror if another bot has put its own in the place of ours; one that is gone is made anew."""
        with self._using():
            if self._open is None or self._is_own():
                return
            self.close()
            if self.file.exists():
                raise BadMirror(f"The mirror {self.file} is another bot's now.")

    @contextmanager
    def _written(self) -> Iterator[Database]:
        self._require_own()
        if self._open is None:
            self._make()
        assert self._open is not None, "it was made"  # noqa: S101
        with self._using(), self._open.write():
            require_free(self._open, self._run, self.file)
            yield self._open

    def _make(self) -> None:
        """Write the whole run to a new file, and put it in the place of what is there in one step."""
        tables = self._store.tables
        with tables.snapshot():
            rows = [
                (table, _columns(row))
                for table, sql in OF_RUN.items()
                for row in tables.rows(sql, self._run, errors="surrogateescape")
            ]
            rows += [("in_force", dict(row)) for row in tables.rows("SELECT * FROM in_force")]
            heads = tables.rows("SELECT * FROM journal_heads WHERE run = ?", RECORD)
        with self._using():
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.in_use():
                raise MirrorTaken(self._run, self.file)
            with closing(take_lock(self.file)):
                with suppress(BadMirror):  # nobody can roll back from a file that cannot be read
                    self.require_free()
                self._put_in_place(rows, heads)
        self._entries = max((row["number"] for table, row in rows if table == "journal"), default=0)

    def _put_in_place(self, rows: list[tuple[str, dict[str, Any]]], heads: Sequence[Row]) -> None:
        part = self.file.with_name(f"{self.file.name}.part")
        for end in ("", *BESIDE):
            part.with_name(part.name + end).unlink(missing_ok=True)
        with closing(OpenFile(part)) as database, database.write():
            for table, row in rows:
                database.insert(table, row)
            self._note(database, heads)
        # what an earlier bot left there must not be taken for pages of the new file
        for end in BESIDE:
            self.file.with_name(self.file.name + end).unlink(missing_ok=True)
        self._made = _identity(part)
        part.replace(self.file)
        self._open = OpenFile(self.file)

    def _note(self, database: Database, heads: Sequence[Row]) -> None:
        """Write heads of the journal, when the mirror was written, and that what the record knows has begun."""
        for head in heads:
            database.execute("DELETE FROM journal_heads WHERE run = ?", head["run"])
            database.insert("journal_heads", dict(head))
        ahead = self._store.clock_offset()
        notes = {WRITTEN: self._store.now().isoformat(), OF: self._name, AHEAD: str(ahead.total_seconds())}
        for name, value in notes.items():
            database.execute(PUT, name, value)
        begun = "SELECT ? || attempt || ' ' || step FROM attempts WHERE run = ?"
        database.execute(f"DELETE FROM in_force WHERE name IN ({begun})", MAY_BEGIN, self._run)  # noqa: S608


def _identity(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_dev, found.st_ino


def _put(database: Database, table: str, row: Row) -> None:
    """Write a row of the record to the mirror, which may have an earlier state of it."""
    columns = _columns(row)
    key = {"runs": ("id",), "attempts": ("run", "step", "attempt")}.get(table)
    if key is None:
        database.insert(table, columns)
        return
    where = " AND ".join(f"{name} = ?" for name in key)
    values = [columns[name] for name in key]
    if not database.rows(f"SELECT 1 FROM {table} WHERE {where}", *values):  # noqa: S608
        database.insert(table, columns)
        return
    changed = ", ".join(f"{name} = ?" for name in columns)
    database.execute(f"UPDATE {table} SET {changed} WHERE {where}", *columns.values(), *values)  # noqa: S608


def _columns(row: Row) -> dict[str, Any]:
    return {name: value for name, value in dict(row).items() if name != _ORDER}
