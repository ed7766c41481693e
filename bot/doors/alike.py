"""Whether this bot has the pages and people of the bots that serve the same record already."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from contextlib import suppress

from bot.doors.served_names import ALWAYS, USES_SLACK, names_of, page_key
from commands.runbook import Page
from state.errors import BadRecord, Refused
from state.store import RecordStore

LOG = logging.getLogger("gonogo")
EVERY = 3.0  # seconds between two looks whether the others have gone
# looks in a row at which they must be gone: after a restart of PostgreSQL every bot is back before
GONE = 3


class Alike:
    """Puts in force what this bot serves with, as soon as no bot with something else serves.

    Until then nothing goes on through this bot that is about what differs: people would sign here by other roles, or
    start another text, than they see elsewhere.
    """

    def __init__(self, store: RecordStore) -> None:
        self._store = store
        self._values: Mapping[str, str] = {}
        self._differing: frozenset[str] = frozenset()
        self._gone = 0  # looks in a row without another bot
        self._stopping = threading.Event()

    def serve_with(self, values: Mapping[str, str]) -> None:
        """Put these values in force, now or later; returns at once."""
        self._values = values
        # a record that went away since its runs were taken up is waited for: they go on meanwhile
        with suppress(BadRecord):
            self._put()
        threading.Thread(target=self._loop, name="in force", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    def require(self, page: Page, *, starts: bool = False) -> None:
        """Raise Refused where other bots have other people for this page, or, if it `starts`, another text of it."""
        about = {*ALWAYS, *names_of(page), *([page_key(page)] if starts else [])}
        if differing := sorted(self._differing & about):
            raise Refused(f"{_sentence(differing)} Press again: another bot may hear it. Stopping works here, too.")

    def _loop(self) -> None:
        while not self._stopping.wait(EVERY):
            # while the record is away nobody can go on, and that is said elsewhere
            with suppress(BadRecord):
                self._look()

    def _look(self) -> None:
        if self._store.is_in_force():
            return
        self._gone = 0 if self._store.others_in_force() else self._gone + 1
        if not self._differing or self._gone >= GONE:
            self._put()

    def _put(self) -> None:
        self._differing = frozenset(self._store.put_in_force(self._values, free={USES_SLACK}))
        if self._differing:
            LOG.warning("%s", _sentence(sorted(self._differing)))


def _sentence(differing: list[str]) -> str:
    names = ", ".join(f"the {name}" if " " in name else name for name in differing)
    return (
        f"This bot differs from another bot that serves the record already, in {names}, so nothing goes on through it. "
        "Set both alike and restart this one, or stop the other."
    )
