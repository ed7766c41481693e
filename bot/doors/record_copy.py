"""`gonogo record copy`: the places as they are typed, and what is said of the copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.text import clean, counted
from state.copying import copy_record, key_for
from state.errors import BadSettings
from state.journal.key import key_from_text
from state.place import Place, place_of

MOST = 5  # changes that are listed


def copy_lines(source: str, target: str, environ: Mapping[str, str]) -> Iterator[str]:
    """Copy a record; the lines to print. Raises BadSettings and BadRecord."""
    old, new = _place(source, environ), _place(target, environ)
    text, file = environ.get("GONOGO_RECORD_KEY", ""), environ.get("GONOGO_RECORD_KEY_FILE", "")
    given = key_from_text(text, "GONOGO_RECORD_KEY") if text else Path(file) if file else None
    key = key_for(old, given)
    copied = copy_record(old, new, key)
    runs = "1 run" if copied.runs == 1 else f"{copied.runs} runs"
    compared = f"verified with the record's key {key.id}" if key else "by the hashes only, without the record's key"
    yield f"Copied {runs} with {copied.entries} entries of the journal from {old} to {new}; {compared}."
    yield from (f"Changed from outside before, as in {old}: {clean(change)}." for change in copied.changes[:MOST])
    if len(copied.changes) > MOST:
        yield f"… and {counted(len(copied.changes) - MOST, 'more change')}."
    yield "The key was not copied: set GONOGO_RECORD_KEY or GONOGO_RECORD_KEY_FILE for the bot as it was."


def _place(text: str, environ: Mapping[str, str]) -> Place:
    """The place that is typed; `$NAME` names the variable that holds it, so that no password is on a command line."""
    if text.startswith("$"):
        value = environ.get(text[1:], "")
        if not value:
            raise BadSettings(f"{text} is not set in the environment.")
        text = value
    return place_of(text)
