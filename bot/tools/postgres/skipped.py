"""What the server says that it skipped, because something of that name was there already."""

from __future__ import annotations

import psycopg
from psycopg.errors import DuplicateColumn, DuplicateTable

MOST = 20  # notices that are kept
# a notice of these, and no error, comes of IF NOT EXISTS; a schema, an extension or a value of an enum has no form
_THERE = {kind.sqlstate for kind in (DuplicateColumn, DuplicateTable)}
# a role may have another setting; a file may still change it
TELL_NOTICES = "SET LOCAL client_min_messages = notice"


class Skipped:
    """Keeps these notices of a connection, each once, in the server's words."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._said: dict[str, None] = {}
        connection.add_notice_handler(self._note)

    def said(self) -> tuple[str, ...]:
        """What was skipped, like `column "price" of relation "jobs" already exists`."""
        return tuple(self._said)

    def _note(self, notice: psycopg.errors.Diagnostic) -> None:
        if notice.sqlstate in _THERE and len(self._said) < MOST:
            self._said[(notice.message_primary or "").removesuffix(", skipping")] = None
