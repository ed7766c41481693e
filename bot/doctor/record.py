"""The doctor looks at the record: whether its file can be read and written, who serves it, and how much room is left."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

from commands.ports.preflight import FAIL, OK, WARN, PreflightResult
from commands.start.preflight import PreflightLine
from state.sqlite.lock import is_served

LEAST = 200_000_000  # bytes; a run with all its output takes a few
ABOUT = "record"


def look_at_record(path: Path) -> list[PreflightLine]:
    """Every line about the record; nothing is made or changed."""
    folder = path.resolve().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return [_line(FAIL, f"the folder {folder} is not there or cannot be written", "mend it, or set GONOGO_STATE")]
    lines = [*_room(folder), *_file(path)]
    if path.exists() and not any(line.result.level == FAIL for line in lines):
        served = is_served(path)
        summary = "a bot serves it" if served else "no bot serves it now"
        lines.append(_line(OK, summary) if served else _line(WARN, summary, "begin with: gonogo serve"))
    return lines


def _room(folder: Path) -> list[PreflightLine]:
    free = shutil.disk_usage(folder).free
    room = f"{free / 1e9:.1f} GB free on the bot's machine"
    if free < LEAST:
        return [_line(FAIL, f"only {room}", "make room: a bot that cannot write acts no further")]
    return [_line(OK, room)]


def _file(path: Path) -> list[PreflightLine]:
    if not path.exists():
        return [_line(OK, f"{path} is not there yet; the first start makes it")]
    if not os.access(path, os.R_OK | os.W_OK):
        return [_line(FAIL, f"{path} cannot be read and written by this user", "give the file to the bot's user")]
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        try:
            said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.Error as error:
        said = str(error)
    if said != "ok":
        return [
            _line(FAIL, f"{path} is damaged ({said[:120]})", "move it away and start with a new one, or restore a copy")
        ]
    return [_line(OK, f"{path} is whole and can be written")]


def _line(level: str, summary: str, todo: str = "") -> PreflightLine:
    return PreflightLine(about=ABOUT, result=PreflightResult(level=level, summary=summary, todo=todo))
