"""The folder of a throw-away server: private, marked as its bot's, and gone with it, however the bot ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from bot.tools.postgres.server_programs import as_user, give_to_server
from state.errors import Failed

PREFIX = "gonogo-scratch-"
NOTE = "promised"  # how many bytes the copy will need; locked for as long as its bot lives
DYING = 3.0  # seconds in which a killed program may still write
YOUNG = 60.0  # seconds in which a folder without a note may still be getting one
# It outlives the bot, whatever kills that: when the pipe from the bot ends without a word, it ends the server and removes
# the folder, twice, because a program that was making the cluster may write there until it notices.
GUARD = r"""
trap '' INT TERM HUP
read -r _ && exit
for i in 1 2 3 4 5; do [ -s "$1/data/postmaster.pid" ] && break; sleep 0.1; done
if read -r pid < "$1/data/postmaster.pid" && { [ ! -d /proc/self ] || grep -qF "$1" "/proc/$pid/cmdline"; }; then
  kill -QUIT "$pid"
  for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" || break; sleep 0.2; done
  kill -KILL "$pid"
fi
rm -rf "$1"
sleep 2
rm -rf "$1"
"""
ANOTHER = "name another folder in TMPDIR"
_UNHEARD: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}


@contextmanager
def throwaway_folder(temp: Path, promised: int) -> Iterator[Path]:
    """A new folder in `temp` with room for so many bytes, its server's own; removed at the end. Raises Failed."""
    must_have_room(temp, promised)
    try:
        folder, note = _make(temp, promised)
    except OSError as error:
        raise Failed(f"{temp} on the bot's machine takes no folder ({error.strerror}); {ANOTHER}") from None
    guard: subprocess.Popen[bytes] | None = None
    try:
        words: list[str | Path] = ["sh", "-c", GUARD, "gonogo-guard", folder]
        guard = subprocess.Popen(words, stdin=subprocess.PIPE, **_UNHEARD, **as_user())
        yield folder
    finally:
        if guard:
            with contextlib.suppress(OSError):
                guard.communicate(b"over\n")
        _remove(folder)
        note.close()


def must_have_room(temp: Path, promised: int) -> None:
    """Remove what dead bots left, and look whether there is room for so many bytes. Raises Failed with a clause that says how much."""
    try:
        taken = sweep(temp)
        free = max(0, shutil.disk_usage(temp).free - taken)
    except OSError as error:
        raise Failed(f"{temp} on the bot's machine cannot be looked at ({error.strerror}); {ANOTHER}") from None
    if free < promised:
        besides = f" besides {taken / 1e9:.1f} GB for other copies" if taken else ""
        raise Failed(
            f"the copy needs {promised / 1e9:.1f} GB and {temp} on the bot's machine has {free / 1e9:.1f} GB free{besides}; "
            f"make room there, or {ANOTHER}"
        )


def sweep(temp: Path) -> int:
    """Remove what bots that are dead left in `temp`; returns how many bytes those that live have promised to copies."""
    promised = 0
    for folder in temp.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if not _ours(folder):
                continue
            if not (folder / NOTE).exists():
                if time.time() - folder.stat().st_mtime > YOUNG:
                    _remove(folder)
                continue
            with (folder / NOTE).open("r+") as note:
                try:
                    fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    promised += int(note.read() or 0)
                else:
                    _remove(folder)
    return promised


def _make(temp: Path, promised: int) -> tuple[Path, IO[str]]:
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=temp))
    try:
        fresh = folder / f"{NOTE}.new"
        note = fresh.open("w")
        note.write(str(promised))
        note.flush()
        # locked before it has its name, so that nobody finds it unlocked
        fcntl.flock(note, fcntl.LOCK_EX)
        fresh.rename(folder / NOTE)
        give_to_server(folder)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder, note


def _remove(folder: Path) -> None:
    """End the folder's server, if it runs, and remove all of it."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        if str(folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + DYING
    shutil.rmtree(folder, ignore_errors=True)
    while folder.exists() and time.monotonic() < until:  # what was just killed may have written into it meanwhile
        time.sleep(0.05)
        shutil.rmtree(folder, ignore_errors=True)


def _ours(folder: Path) -> bool:
    """Whether this user or its server's made it: everybody may write to a temporary folder."""
    return not folder.is_symlink() and folder.stat().st_uid in {os.geteuid(), as_user().get("user")}
