"""The progress of a migration: its statements, the running one, and who blocks it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from commands.ports.shell import OutputListener
from commands.systems.postgres.sql_file import Statement, read_sql
from commands.systems.postgres.sql_tokens import Lines
from commands.text.durations import format_duration
from state.errors import Unreachable
from state.frozen import dataclass

REPORT_EVERY = 3.0  # seconds between two reports of the running statement
CHECK_EVERY = 0.5  # seconds between two checks for a lock


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of a file that is sent at once: one statement, or a whole file that has none.

    `first_line` is the line of the first character of `text`; `line` is the line on which the statement itself starts,
    below its comments. `title` is how it is called, without the statement's text.
    """

    text: str
    first_line: int
    line: int
    title: str
    statement: Statement | None = None

    @property
    def summary(self) -> str:
        """What it is, on one line."""
        return f"{self.title}: {self.statement.flat[:60]}" if self.statement else self.title

    def line_at(self, offset: int) -> int:
        """The file's line of the character at an offset of the text."""
        return self.first_line + self.text.count("\n", 0, offset)


# deferred constraints are checked here, so it may take long, and fail
COMMIT = Piece(text="", first_line=0, line=0, title="COMMIT")


def split_into_pieces(text: str) -> list[Piece]:
    """The file's statements, each with the comments above it.

    A file without a statement is one piece.
    """
    file = read_sql(text)
    text, found = file.text, file.statements
    lines = Lines(text)
    starts = [0, *(statement.end for statement in found)]
    pieces = [
        Piece(
            text=text[start : statement.end],
            first_line=lines.line_of(start),
            line=statement.line,
            title=f"statement {number} of {len(found)}, line {statement.line}",
            statement=statement,
        )
        for number, (start, statement) in enumerate(zip(starts, found, strict=False), 1)
    ]
    return pieces or [Piece(text=text, first_line=1, line=1, title="the file")]


class Progress:
    """The statement that runs, and the last known holder of a lock that blocks it ("" if there was none)."""

    holder = ""
    pid: tuple[int, ...] | None = None  # of the session, once its transaction has begun
    piece: Piece | None = None
    since = due = 0.0

    def start(self, piece: Piece) -> None:
        """A piece starts to run."""
        self.piece, self.since = piece, time.monotonic()

    def report(self) -> str:
        """What runs and for how long, once every `REPORT_EVERY` seconds; otherwise empty."""
        now = time.monotonic()
        if self.piece is None or now < self.due:
            return ""
        self.due = now + REPORT_EVERY
        seconds = round(now - self.since)
        return self.piece.summary + (f", for {format_duration(seconds)} now" if seconds else "")


@contextmanager
def reported(lock_holders: Callable[[int], str], on_output: OutputListener) -> Iterator[Progress]:
    """Report each new holder of a lock that blocks the migration, and what runs, until the context ends."""
    progress = Progress()
    over = threading.Event()

    def check() -> None:
        while not over.wait(CHECK_EVERY):
            try:
                holder = lock_holders(progress.pid[0]) if progress.pid else ""
                if holder and holder != progress.holder:
                    on_output(f"waiting for a lock held by {holder}")
                progress.holder = holder or progress.holder
            except (Unreachable, psycopg.Error):
                return
            if not holder and (report := progress.report()):
                on_output(report)

    thread = threading.Thread(target=check, name="lock-watch", daemon=True)
    thread.start()
    try:
        yield progress
    finally:
        over.set()
        thread.join(5)
