"""What people type, as it is stored: without the secrets that its form gives away."""

from __future__ import annotations

import re

from commands.text.random_look import looks_random
from commands.text.redaction import HIDDEN, masked
from state.facts.base import LONGEST_REASON
from state.shortening import shortened

_MOST = 20_000  # characters that are looked through; the rest would be cut anyway
_PASSWORD_IN_URL = re.compile(r"(://[^:@/?#\s]{0,200}:)(?!\d{1,5}[/?#])[^\s@]{1,200}@")
_WORD = re.compile(r"[\w+/=.~-]{20,}")
_PIECE = re.compile(r"[A-Za-z0-9]{16,}")
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")  # a commit or a digest, which people name on purpose


def typed(text: str, limit: int = LONGEST_REASON) -> str:
    """A reason or a note as it is stored: stripped, with its secrets masked, and cut to `limit` with a note.

    The redactor masks only the secrets of the bot's environment. A person may paste another one.
    """
    whole = text.strip()[:_MOST]  # masked before the cut: half a secret has no form any more
    hidden = _PASSWORD_IN_URL.sub(rf"\1{HIDDEN}@", masked(whole))
    return shortened(_WORD.sub(_mask_random, hidden), limit)


def one_line(text: str) -> str:
    """What somebody typed, as the end of a sentence: on one line, without a full stop."""
    return " ".join(text.split()).rstrip(".")


def _mask_random(word: re.Match[str]) -> str:
    """Mask a word like a token. Names with dates have short pieces, such as shop-2026-11-28.dump."""
    if _HASH.fullmatch(word[0]) or not looks_random(word[0]) or not _PIECE.search(word[0]):
        return word[0]
    return HIDDEN
