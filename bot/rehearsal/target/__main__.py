"""`python -m bot.rehearsal.target FOLDER`: start a target and print the bot's environment."""

from __future__ import annotations

import argparse
import hashlib
import shlex
import signal
import sys
from pathlib import Path

from bot.drill_box.locks import held
from bot.rehearsal.target.host import TargetError
from bot.rehearsal.target.target import PREFIXES, Target


def main() -> int:
    """Serve a target until Ctrl-C or SIGTERM; 1 with one sentence if it cannot start."""
    options = parser().parse_args()
    try:
        with held(_lock(options.folder, options.cache), wait=False):
            _serve(Target(options.folder, options.cache, options.name, flaws=frozenset(options.flaw)))
    except BlockingIOError:
        where = f"A target runs in {options.folder} already."
        sys.stderr.write(f"{where} End that one with Ctrl-C where it was started, or name another folder.\n")
        return 1
    except TargetError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _lock(folder: Path, cache: Path) -> Path:
    """The file that the process serving a folder locks; it is not in the folder, which each start empties."""
    cache.mkdir(parents=True, exist_ok=True)
    return cache / f"target-{hashlib.sha256(bytes(folder.resolve())).hexdigest()[:16]}.lock"


def _serve(target: Target) -> None:
    """Start the target, and print its environment as `export` lines."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        target.start()
        sys.stdout.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in target.env.items())
        sys.stdout.flush()
        signal.pause()
    except KeyboardInterrupt:
        sys.stderr.write("Stopping.\n")
    finally:
        target.stop()


def parser() -> argparse.ArgumentParser:
    """The command line of this program."""
    options = argparse.ArgumentParser(
        prog="python -m bot.rehearsal.target", description="Start a small production to deploy to."
    )
    options.add_argument("folder", type=Path, help="the target's files; each start empties it, and has other addresses")
    cache = Path.home() / ".cache" / "gonogo"
    options.add_argument("--cache", type=Path, default=cache, help=f"downloaded programs (default {cache})")
    options.add_argument("--name", choices=tuple(PREFIXES), default="production")
    options.add_argument("--flaw", action="append", default=[], help="something wrong with it; may be given again")
    return options


if __name__ == "__main__":
    sys.exit(main())
