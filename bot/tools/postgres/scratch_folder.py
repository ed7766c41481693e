"""The folder of a scratch server: private, with reserved space, removed however the bot ends."""

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

from bot.tools.postgres.server_programs import give_to_server, server_process_options
from state.errors import Failed

PREFIX = "gonogo-scratch-"
# The reservation: how many bytes the copy will need. Its bot holds a lock on it for as long as it lives. The name must
# not change, because bots of other versions read the file.
RESERVATION = "promised"
DYING = 3.0  # seconds in which a killed program may still write
YOUNG = 60.0  # seconds in which a folder may still get its reservation
# The guard outlives the bot, whatever kills that. If its pipe from the bot ends without a word, it stops the server and
# removes the folder, twice: a program that was creating the cluster may write there until it notices.
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
OTHER_FOLDER = "set TMPDIR to another folder"
_DETACHED: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}


@contextmanager
def scratch_folder(temp: Path, size: int) -> Iterator[Path]:
    """A new folder in `temp` that belongs to the server's user, with `size` bytes reserved; removed at the end.

    Raises Failed.
    """
    check_space(temp, size)
    try:
        folder, reservation = _create(temp, size)
    except OSError as error:
        raise Failed(
            f"no folder can be created in {temp} on the bot's machine ({error.strerror}); {OTHER_FOLDER}"
        ) from None
    guard: subprocess.Popen[bytes] | None = None
    try:
        words: list[str | Path] = ["sh", "-c", GUARD, "gonogo-guard", folder]
        guard = subprocess.Popen(words, stdin=subprocess.PIPE, **_DETACHED, **server_process_options())
        yield folder
    finally:
        if guard:
            with contextlib.suppress(OSError):
                guard.communicate(b"over\n")
        _remove(folder)
        reservation.close()


def check_space(temp: Path, size: int) -> None:
    """Remove what dead bots left, then check for `size` bytes of free space. Raises Failed with a clause in numbers."""
    try:
        reserved = remove_abandoned(temp)
        free = max(0, shutil.disk_usage(temp).free - reserved)
    except OSError as error:
        raise Failed(f"{temp} on the bot's machine cannot be read ({error.strerror}); {OTHER_FOLDER}") from None
    if free < size:
        others = f", without the {reserved / 1e9:.1f} GB reserved for other copies" if reserved else ""
        raise Failed(
            f"the copy needs {size / 1e9:.1f} GB and {temp} on the bot's machine has {free / 1e9:.1f} GB free{others}; "
            f"free some space there, or {OTHER_FOLDER}"
        )


def remove_abandoned(temp: Path) -> int:
    """Remove the folders of dead bots in `temp`. Returns the bytes that living bots have reserved."""
    reserved = 0
    for folder in temp.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if not _is_ours(folder):
                continue
            if not (folder / RESERVATION).exists():
                if time.time() - folder.stat().st_mtime > YOUNG:
                    _remove(folder)
                continue
            with (folder / RESERVATION).open("r+") as reservation:
                try:
                    fcntl.flock(reservation, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    reserved += int(reservation.read() or 0)
                else:
                    _remove(folder)
    return reserved


def _create(temp: Path, size: int) -> tuple[Path, IO[str]]:
    """The folder, and its open and locked reservation. Raises OSError."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=temp))
    try:
        fresh = folder / f"{RESERVATION}.new"
        reservation = fresh.open("w")
        reservation.write(str(size))
        reservation.flush()
        # locked before it gets its name, so that nobody finds it unlocked
        fcntl.flock(reservation, fcntl.LOCK_EX)
        fresh.rename(folder / RESERVATION)
        give_to_server(folder)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder, reservation


def _remove(folder: Path) -> None:
    """Kill the folder's server, if it runs, and remove the folder."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        if str(folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + DYING
    shutil.rmtree(folder, ignore_errors=True)
    while folder.exists() and time.monotonic() < until:  # a program that was just killed may have written into it
        time.sleep(0.05)
        shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    """Whether this user or its server's user created the folder: everybody may write to a temporary folder."""
    return not folder.is_symlink() and folder.stat().st_uid in {os.geteuid(), server_process_options().get("user")}
