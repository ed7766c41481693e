"""Prints the lines of every command: nothing in them acts on the terminal."""

from __future__ import annotations

import sys
from typing import TextIO

from commands.text.printable import printable


def say(line: str, file: TextIO | None = None) -> None:
    """Print one line. Every line of every command is printed here, and holds nothing that acts on the terminal."""
    print(printable(line), file=file, flush=True)


def say_error(text: str) -> None:
    """Print an error. Its further lines are indented, so that none of them looks like one of ours."""
    first, *others = text.split("\n")
    for line in (first, *(f"  {other}" for other in others)):
        say(line, sys.stderr)
