"""`python -m bot.rehearsal.target FOLDER`: start a target and print the bot's environment."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
from pathlib import Path

from bot.rehearsal.target.target import PREFIXES, Target


def main() -> None:
    """Start the target, print its environment as `export` lines, and serve until Ctrl-C or SIGTERM."""
    options = parser().parse_args()
    target = Target(options.folder, options.cache, options.name, flaws=frozenset(options.flaw))
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
    options.add_argument("folder", type=Path, help="the target's files; each start empties it")
    cache = Path.home() / ".cache" / "gonogo"
    options.add_argument("--cache", type=Path, default=cache, help=f"downloaded programs (default {cache})")
    options.add_argument("--name", choices=tuple(PREFIXES), default="production")
    options.add_argument("--flaw", action="append", default=[], help="something wrong with it; may be given again")
    return options


if __name__ == "__main__":
    main()
