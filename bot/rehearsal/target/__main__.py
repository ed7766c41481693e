"""Starts a target and prints its environment: `python -m bot.rehearsal.target FOLDER [--cache FOLDER] [--name staging]`."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
from pathlib import Path

from bot.rehearsal.target.target import Target


def main() -> None:
    """Runs until Ctrl-C or a TERM signal."""
    parser = argparse.ArgumentParser(description="A small production to deploy to.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "gonogo")
    parser.add_argument("--name", choices=("production", "staging"), default="production")
    parser.add_argument("--flaw", action="append", default=[])
    words = parser.parse_args()
    target = Target(words.folder, words.cache, words.name, flaws=frozenset(words.flaw))
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


if __name__ == "__main__":
    main()
