"""`python -m tests.mutants ROOM`: name the mutants that the room's tests do not notice."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from tests.mutants.summary import Mutant, read_equivalent, summary

ROOT = Path(__file__).parents[2]
COPIED = ("bot", "commands", "state", "tests", "pyproject.toml")
# what mutmut is told, in the copy alone; a value of several lines is a list
SETTINGS = """\
[mutmut]
source_paths =
    bot
    commands
    state
only_mutate =
    {room}/{only}
pytest_add_cli_args =
    -p
    no:cacheprovider
    -p
    tests.mutants.tries
pytest_add_cli_args_test_selection =
    tests/{room}
process_isolation = forkserver
use_git_change_detection = false
"""


def main() -> int:
    """Measure one room; 0 when it could be measured, however many mutants survived."""
    rooms = sorted(str(room.relative_to(ROOT)) for top in ("commands", "state") for room in _rooms(ROOT / top))
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("room", choices=rooms, metavar="ROOM", help=", ".join(rooms))
    parser.add_argument("--only", default="", metavar="FILE", help="change this file of the room alone")
    parser.add_argument("--jobs", type=int, default=1, help="how many mutants are tried at a time")
    options = parser.parse_args()
    if options.only and not (ROOT / options.room / options.only).is_file():
        parser.error(f"{options.room} has no file {options.only}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    equivalent = read_equivalent((ROOT / "tests/mutants/equivalent.txt").read_text(encoding="utf-8"))
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            found = measure(Path(folder), options.room, options.only or "*", options.jobs)
    except KeyboardInterrupt:
        return 130
    if found is None:
        return 1
    print(summary(found, equivalent, f"{options.room}/{options.only}"))
    print(f"took       {(time.monotonic() - began) / 60:.1f} min")
    return 0


def _rooms(top: Path) -> Iterable[Path]:
    """The folders that have code, and tests of their own."""
    tests = ROOT / "tests" / top.name
    return (each.parent for each in top.glob("*/__init__.py") if any((tests / each.parent.name).rglob("test_*.py")))


def measure(folder: Path, room: str, only: str, jobs: int) -> list[Mutant] | None:
    """Try every mutant of a room in a folder of its own; None, and why on stderr, when mutmut could not."""
    copy(folder, room, only)
    log = folder / "mutmut.log"
    with log.open("w") as written:
        tool = subprocess.Popen(
            [sys.executable, "-P", "tests/mutants/tool.py", str(jobs)],
            cwd=folder,
            env={**os.environ, "TMPDIR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=None if sys.stdout.isatty() else written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            tool.wait()
        finally:
            _end(tool.pid)
    found = folder / "found.json"
    if tool.returncode or not found.exists():
        print(f"{log.read_text()[-4000:]}\nmutmut ended with {tool.returncode} before it was done.", file=sys.stderr)
        return None
    return [
        Mutant(**{**one, **{side: tuple(one[side]) for side in ("before", "after")}})
        for one in json.loads(found.read_text())
    ]


def _end(group: int) -> None:
    """End mutmut with all that it started, also after Ctrl-C."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def copy(folder: Path, room: str, only: str) -> None:
    """Lay the code, the tests and what mutmut is told into a folder."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copy2(ROOT / name, folder / name)
    (folder / "setup.cfg").write_text(SETTINGS.format(room=room, only=only))


if __name__ == "__main__":
    sys.exit(main())
