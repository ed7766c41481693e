"""An application's prepared statements that are older than a change of a table's columns."""

from __future__ import annotations

from collections.abc import Iterable

# PostgreSQL's words in English, and the name of the function in it, which node-postgres and others tell in any language
_SAID = ("cached plan must not change result type", "RevalidateCachedQuery")
_SENTENCE = (
    " The application's prepared statements are older than the migration: restart what says so. Behind a pooler that "
    "keeps them, a restart is not enough; there its connections must be made anew (PgBouncer: RECONNECT)."
)


def stale_plans(lines: Iterable[str]) -> str:
    """What to do, as a sentence with a space before it, if one of an application's lines says this; or empty."""
    return _SENTENCE if any(said in line for line in lines for said in _SAID) else ""
