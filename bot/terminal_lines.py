"""Prints the lines of every command: nothing in them acts on the terminal."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

from commands.text.printable import printable
from state.errors import Failed


def take_every_letter() -> None:
    """Let standard output end no command because of a letter that its encoding, which is not UTF-8, does not have.

    A terminal shows “?” for it. A file or a pipe gets UTF-8, which is what reads it again.
    """
    out = sys.stdout
    if not isinstance(out, io.TextIOWrapper) or out.encoding.lower().replace("-", "") == "utf8":
        return
    if out.isatty():
        out.reconfigure(errors="replace")
    else:
        out.reconfigure(encoding="utf-8")


def say(line: str, file: TextIO | None = None) -> None:
    """Print one line. Every line of every command is printed here, and holds nothing that acts on the terminal.

    Raises Failed if it cannot be written, as on a full disk, and BrokenPipeError.
    """
    try:
        print(printable(line), file=file, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_output(file)
        stream = "standard error" if file is sys.stderr else "standard output"
        raise Failed(f"{stream} could not be written: {error.strerror}; what the command did stays done") from None


def drop_output(file: TextIO | None = None) -> None:
    """Let what Python would still write as it ends go to /dev/null; it would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), (file or sys.stdout).fileno())


def say_error(text: str) -> None:
    """Print an error. Its further lines are indented, so that none of them looks like one of ours."""
    first, *others = text.split("\n")
    for line in (first, *(f"  {other}" for other in others)):
        say(line, sys.stderr)
