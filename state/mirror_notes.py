"""What a mirror says of itself, in its table `in_force`, and that somebody has taken it."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from state.errors import BadRecord, MirrorTaken
from state.frozen import dataclass
from state.store.database import Database, Tables

_PREFIX = "mirror: "
WRITTEN, OF, AHEAD, TAKEN = (_PREFIX + name for name in ("written", "of", "clock ahead", "taken"))
MAY_BEGIN = _PREFIX + "may begin "
BESIDE = ("-wal", "-shm")  # what SQLite keeps beside a file that is open
PUT = "INSERT INTO in_force (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"


@dataclass(frozen=True, kw_only=True)
class MirrorNotes:
    """What a mirror says of itself. `may_begin` are attempts (step, number) that it knows no start of, and when."""

    run: int
    of: str
    written: datetime
    ahead: timedelta
    taken: bool
    may_begin: tuple[tuple[str, int, datetime], ...] = ()


def notes_of(tables: Tables, file: Path) -> MirrorNotes:
    """What a mirror says of itself. Raises BadRecord for a file that is none."""
    values = {row["name"]: row["value"] for row in tables.rows("SELECT name, value FROM in_force")}
    runs = [row["id"] for row in tables.rows("SELECT id FROM runs")]
    if len(runs) != 1 or not {WRITTEN, OF, AHEAD} <= values.keys():
        raise BadRecord(f"{file} is no mirror of a run. A mirror is a file in the folder that GONOGO_MIRROR names.")
    may_begin = []
    for name, at in values.items():
        if name.startswith(MAY_BEGIN):
            attempt, _, step = name.removeprefix(MAY_BEGIN).partition(" ")
            may_begin.append((step, int(attempt), datetime.fromisoformat(at)))
    return MirrorNotes(
        run=runs[0],
        of=values[OF],
        written=datetime.fromisoformat(values[WRITTEN]),
        ahead=timedelta(seconds=float(values[AHEAD])),
        taken=TAKEN in values,
        may_begin=tuple(sorted(may_begin, key=lambda one: one[2])),
    )


def set_taken(database: Database, at: datetime | None) -> None:
    """Write that somebody rolls back from a mirror since `at`, or with None that the record knows all of that."""
    with database.write():
        if at:
            database.execute(PUT, TAKEN, at.isoformat())
        else:
            database.execute("DELETE FROM in_force WHERE name = ?", TAKEN)


def remove_mirror(file: Path) -> None:
    """Remove a mirror that nobody needs any more, as far as that is possible."""
    for end in ("", *BESIDE, ".lock"):
        with suppress(OSError):
            file.with_name(file.name + end).unlink()


def require_free(tables: Tables, run: int, file: Path) -> None:
    """Raise MirrorTaken if somebody rolls back from a mirror, or did."""
    if tables.rows("SELECT 1 FROM in_force WHERE name = ?", TAKEN):
        raise MirrorTaken(run, file)
