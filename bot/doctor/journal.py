"""The doctor's checks of the journal: was a run changed from outside, and where is the key."""

from __future__ import annotations

import stat
from pathlib import Path

from bot.settings import Settings
from bot.text import clean, clip
from commands.ports.preflight import FAIL, OK, WARN, PreflightResult
from commands.start.preflight import PreflightLine
from state.errors import BadRecord
from state.journal import RecordKey
from state.place import Place, has_record, verify_record
from state.store.verify import Verdict

ABOUT = "record"


def check_journal(settings: Settings) -> list[PreflightLine]:
    """Every line about the journal of the state file. Nothing is created or changed."""
    try:
        if not has_record(settings.state):
            return []
        key = settings.find_record_key()
        verdicts = verify_record(settings.state, key)
    except BadRecord as error:
        return [_line(WARN, f"it was not verified: {error}", "")]
    changes = [(verdict, change) for verdict in verdicts for change in verdict.changes]
    if changes:
        lines = [_line(FAIL, f"it was changed from outside: {_name(*changes[0])}", "see `gonogo verify`")]
    else:
        covered = sum(verdict.run > 0 and verdict.covered for verdict in verdicts)
        older = sum(not verdict.covered for verdict in verdicts)
        more = f"; {older} of an earlier version are not covered" if older else ""
        lines = [_line(OK, f"nothing was changed from outside in the runs with a journal: {covered}{more}")]
    return lines + _key(settings, key, any(verdict.entries for verdict in verdicts))


def _key(settings: Settings, key: RecordKey | None, needed: bool) -> list[PreflightLine]:
    lines = []
    if key is None and needed:
        todo = "set GONOGO_RECORD_KEY or GONOGO_RECORD_KEY_FILE as it was"
        lines.append(_line(WARN, "its key is not here: the bot writes without it", todo))
    files = [settings.signing_key_file]
    if key and not settings.record_key_text and settings.record_key_file:
        files.append(settings.record_key_file)
    return lines + [line for file in files if file.exists() for line in _readers(file, settings.state)]


def _readers(key: Path, state: Place) -> list[PreflightLine]:
    """Who else may read a key. The group that shares the state file may share the record's key, to act with it."""
    mode = stat.S_IMODE(key.stat().st_mode)
    if not mode & 0o077:
        return []
    file = state.stat() if isinstance(state, Path) else None
    shared = file and file.st_mode & stat.S_IWGRP and file.st_gid == key.stat().st_gid
    if shared and isinstance(state, Path) and mode & 0o077 == stat.S_IRGRP and key.name != state.name + ".signing.pem":
        return [_line(OK, f"the group of the state file may read its key {key}: verify cannot find what they change")]
    return [_line(WARN, f"others may read the key {key}", f"chmod 600 {key}")]


def _name(verdict: Verdict, change: str) -> str:
    return clip(clean(f"run {verdict.run}: {change}" if verdict.run else change), 200)


def _line(level: str, summary: str, todo: str = "") -> PreflightLine:
    return PreflightLine(about=ABOUT, result=PreflightResult(level=level, summary=summary, todo=todo))
