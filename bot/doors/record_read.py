"""`gonogo record read`: reads what happened in a run's mirror into the record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bot.doors.mirror_rollback import entries_in_words, open_mirror
from bot.settings import Settings
from state.errors import NothingRuns
from state.mirror_notes import notes_of
from state.place import has_record, open_record
from state.reading_back import read_back


def read_lines(settings: Settings, file: Path) -> Iterator[str]:
    """Read a mirror; the lines to print. Raises BadRecord and Refused; then nothing was read."""
    with closing(open_mirror(file, settings)) as mirror:
        notes_of(mirror.tables, file)
        if not has_record(settings.state):
            raise NothingRuns(f"There is no record at {settings.state}, so nothing was read.")
        with closing(open_record(settings.state, key=settings.record_key)) as store:
            read = read_back(mirror.opened, file, store, store.now())
    if not read.entries:
        yield f"Nothing was new: the record at {settings.state} has all that is in {file}."
    else:
        entries = entries_in_words(read.entries)
        yield f"Read {entries} of {file} into the record at {settings.state}; the run's journal is whole."
    yield f"Run {read.run} is {read.state}."
