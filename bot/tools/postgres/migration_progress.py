"""What is known of an SQL file while it is applied: its statements, which one runs, and who holds a lock that it waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from bot.tools.analysis.sql_parser import statement_count
from commands.ports.shell import OutputListener
from commands.systems.postgres.sql_file import line_of, statements
from commands.text.durations import format_duration
from state.errors import Unreachable

SHOWN = 3.0  # seconds between two looks of people at what runs


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One statement of a file, or the whole file: its text, the line on which that text begins, and the statement's own."""

    text: str
    begins: int
    line: int
    summary: str

    def line_at(self, offset: int) -> int:
        """The file's line of a character of the text."""
        return self.begins + self.text.count("\n", 0, offset)


# what deferred constraints wait for, so that it may take long, and fail
COMMIT = Piece(text="", begins=0, line=0, summary="its end (COMMIT)")


def pieces(text: str) -> list[Piece]:
    """The file's statements, each with the comments above it; the file as one where PostgreSQL's own parser counts otherwise."""
    found = statements(text)
    if not statement_count(text) == len(found) > 0:
        return [Piece(text=text, begins=1, line=1, summary="the file")]
    ends = [0, *(one.end for one in found)]
    return [
        Piece(
            text=text[begin : one.end],
            begins=line_of(text, begin),
            line=one.line,
            summary=f"statement {number} of {len(found)}, line {one.line}: {' '.join(one.text.split())[:60]}",
        )
        for number, (begin, one) in enumerate(zip(ends, found, strict=False), 1)
    ]


class Watch:
    """What the lock watch has seen, and which statement runs since when."""

    holder = ""
    piece: Piece | None = None
    since = shown_at = 0.0

    def doing(self, piece: Piece) -> None:
        """A statement begins."""
        self.piece, self.since = piece, time.monotonic()

    def progress(self) -> str:
        """What runs and for how long, every few seconds; else empty."""
        now = time.monotonic()
        if self.piece is None or now - max(self.since, self.shown_at) < SHOWN:
            return ""
        self.shown_at = now
        return f"{self.piece.summary}, for {format_duration(round(now - self.since))} now"


@contextmanager
def watched(holders: Callable[[], str], on_output: OutputListener) -> Iterator[Watch]:
    """Ask every half second who holds what the file waits for; `hear` is told each new holder, and what runs."""
    watch = Watch()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.5):
            try:
                holder = holders()
                if holder and holder != watch.holder:
                    on_output(f"waiting for a lock held by {holder}")
                watch.holder = holder or watch.holder
            except (Unreachable, psycopg.Error):
                return
            if not holder and (runs := watch.progress()):
                on_output(runs)

    thread = threading.Thread(target=look, name="lock-watch", daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join(5)
