"""Whether a file can be the mirror of a run, before anything takes it for the record."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from state.errors import BadMirror

_BEGINS = b"SQLite format 3\0"
_LOOK = (
    "Name the file `run-….db` in the folder of GONOGO_MIRROR on the machine of the run's bot; the bot's log names it "
    "when its record is away."
)


def require_readable(file: Path) -> None:
    """Raise BadMirror for a file that is no database, or a damaged one."""
    try:
        with file.open("rb") as opened:
            begins = opened.read(len(_BEGINS))
        if begins != _BEGINS:
            raise BadMirror(f"{file} is no mirror of a run: it is no SQLite file. {_LOOK}")
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            damage = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except OSError as error:
        raise BadMirror(f"The mirror {file} cannot be read ({error.strerror}).") from None
    except sqlite3.DatabaseError as error:
        damage = str(error)
    if damage != "ok":
        raise BadMirror(
            f"The mirror {file} cannot be read ({' '.join(damage.split())[:120]}). Roll back with `gonogo rollback` "
            "once the record is there again, or by hand as the page says."
        )
