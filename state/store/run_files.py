"""The files kept with a run, and which Slack messages show its events."""

from __future__ import annotations

import hashlib
from datetime import datetime

from state.journal import EntryKind
from state.records import ACTIVE, RunState
from state.store.journal import Journal


class RunFiles(Journal):
    """The record with the files of its runs, and what the poster has posted."""

    def save_file(self, run: int, name: str, text: str) -> str:
        """Store a file's text with the run and return its SHA-256. The first text stored under a name stays."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        with self._db.write(run):
            if self.file(run, name) is None:
                self._db.insert("files", {"run": run, "name": name, "sha256": digest, "text": text})
                self._append(run, EntryKind.FILE, "SELECT * FROM files WHERE run = ? AND name = ?", run, name)
        return digest

    def file(self, run: int, name: str) -> str | None:
        """The text of a stored file, or None."""
        for row in self._db.rows("SELECT text FROM files WHERE run = ? AND name = ?", run, name):
            return str(row["text"])
        return None

    def save_post(self, run: int, event: int, channel: str, ts: str) -> None:
        """Store which Slack message shows an event; event 0 is the run's card."""
        with self._db.write(run):
            self._db.execute(
                "INSERT INTO posts (run, event, channel, ts) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (run, event) DO UPDATE SET channel = excluded.channel, ts = excluded.ts",
                *(run, event, channel, ts),
            )

    def replace_post(self, run: int, old: str, new: str) -> None:
        """Store that another message shows what the message `old` showed."""
        with self._db.write(run):
            self._db.execute("UPDATE posts SET ts = ? WHERE run = ? AND ts = ?", new, run, old)

    def posts(self, run: int) -> dict[int, str]:
        """The Slack ts of each posted event, by event id; 0 is the card."""
        return {row["event"]: row["ts"] for row in self._db.rows("SELECT event, ts FROM posts WHERE run = ?", run)}

    def post(self, run: int, event: int) -> str:
        """The Slack ts of the message that shows an event; "" while it is not posted."""
        rows = self._db.rows("SELECT ts FROM posts WHERE run = ? AND event = ?", run, event)
        return str(rows[0]["ts"]) if rows else ""

    def unposted(self, since: datetime) -> int:
        """How many events are newer than the newest posted one of their run, in runs that are active or ended since."""
        under_way = (*ACTIVE, RunState.QUEUED)
        marks = ", ".join("?" * len(under_way))
        newest = "SELECT COALESCE(MAX(event), 0) FROM posts WHERE posts.run = runs.id"
        sql = (
            f"SELECT (SELECT COUNT(*) FROM events WHERE events.run = runs.id AND events.id > ({newest})) AS unposted "  # noqa: S608
            f"FROM runs WHERE state IN ({marks}) OR ended_at > ?"
        )
        return sum(row["unposted"] for row in self._db.rows(sql, *under_way, since.isoformat()))
