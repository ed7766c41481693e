"""The doctor's checks of the record: readable, writable, intact, served."""

from __future__ import annotations

import grp
import os
import shutil
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from commands.ports.preflight import FAIL, OK, WARN, PreflightResult
from commands.start.preflight import PreflightLine
from state.errors import BadRecord
from state.place import Place, is_served
from state.sqlite.file import replace_damaged
from state.sqlite.network_disk import NETWORK_TODO, network_problem
from state.sqlite.private_file import weaknesses

if TYPE_CHECKING:
    from state.postgres.address import PostgresAddress

MINIMUM_SPACE = 200_000_000  # bytes; a run with all its output takes a few megabytes
ABOUT = "state file"


def check_record(place: Place) -> list[PreflightLine]:
    """Every line about the record. Nothing is created or changed."""
    return _in_file(place) if isinstance(place, Path) else [replace(one, about="record") for one in _in_postgres(place)]


def check_mirrors(folder: Path | None) -> list[PreflightLine]:
    """Whether the bot can keep mirrors of its runs. Nothing is created; without them a run goes on all the same."""
    if folder is None:
        return []
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if there.is_dir() and os.access(there, os.W_OK):
        line = _line(OK, f"they can be kept in {folder}")
    else:
        problem = f"none can be kept in {folder}: {there} is no folder that this user may write to"
        line = _line(WARN, problem, "fix it, or set GONOGO_MIRROR: nobody can roll back while the record is away")
    return [replace(line, about="mirrors")]


def _in_postgres(address: PostgresAddress) -> list[PreflightLine]:
    from state.postgres.looks import look

    try:
        there, served = look(address)
    except BadRecord as error:
        return [_line(FAIL, str(error), "")]
    if not there:
        return [_line(OK, f"{address} holds no record yet; the first `gonogo serve` makes it")]
    return [_line(OK, f"{address} can be read and written"), _serving(served=served)]


def _in_file(path: Path) -> list[PreflightLine]:
    folder = path.resolve().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        problem = f"the folder {folder} does not exist or is not writable"
        return [_line(FAIL, problem, "fix the folder, or set GONOGO_STATE")]
    remote = [_line(WARN, problem, NETWORK_TODO)] if (problem := network_problem(path)) else []
    lines = [*_disk_space(folder), *remote, *_privacy(path), *_file(path)]
    if path.exists() and not any(line.result.level == FAIL for line in lines):
        lines.append(_serving(served=is_served(path)))
    return lines


def _serving(*, served: bool) -> PreflightLine:
    if served:
        return _line(OK, "a bot is serving it")
    return _line(WARN, "no bot is serving it", "start it with `gonogo serve`")


def _disk_space(folder: Path) -> list[PreflightLine]:
    free = shutil.disk_usage(folder).free
    space = f"{free / 1e9:.1f} GB free on the bot's machine"
    if free < MINIMUM_SPACE:
        return [_line(FAIL, f"only {space}", "free some space: a bot that cannot write stops acting")]
    return [_line(OK, space)]


def _privacy(path: Path) -> list[PreflightLine]:
    """What other users of the machine could do to the file; nothing where only its owner can do anything."""
    found = [_line(FAIL if weak.grave else WARN, weak.problem, weak.todo) for weak in weaknesses(path)]
    if path.is_file() and (mode := path.stat()).st_mode & stat.S_IWGRP:
        found.append(_line(OK, f"group {_group(mode.st_gid)} may write it: all of them may act at the terminal"))
    return found


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _file(path: Path) -> list[PreflightLine]:
    if not path.exists():
        return [_line(OK, f"{path} does not exist yet; the first start creates it")]
    if not os.access(path, os.R_OK | os.W_OK):
        return [_line(FAIL, f"this user cannot read and write {path}", "give the file to the bot's user")]
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        try:
            verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict != "ok":
        return [_line(FAIL, f"{path} is damaged ({verdict[:120]})", replace_damaged(path))]
    if why := _not_writable(path):
        return [
            _line(FAIL, f"{path} cannot be written ({why})", f"its file system may be read-only: `findmnt -T {path}`")
        ]
    return [_line(OK, f"{path} is intact and writable")]


def _not_writable(path: Path) -> str:
    """SQLite's own words: a file system that turned read-only after an error does not show in the permissions."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=1, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("CREATE TABLE written_by_the_doctor (one INTEGER)")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        return "" if "locked" in str(error) else str(error)  # what locks it is writing
    return ""


def _line(level: str, summary: str, todo: str = "") -> PreflightLine:
    return PreflightLine(about=ABOUT, result=PreflightResult(level=level, summary=summary, todo=todo))
