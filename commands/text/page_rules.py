"""By which rules a page is read: an author's, or those of a run that has it already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_STORED: ContextVar[bool] = ContextVar("stored", default=False)


@contextmanager
def stored_page() -> Iterator[None]:
    """Inside the block a page is read that a run has stored.

    A rule that later versions added, and that only an author can keep, must not keep that run from rolling back.
    """
    token = _STORED.set(True)
    try:
        yield
    finally:
        _STORED.reset(token)


def for_authors() -> bool:
    """Whether a rule of that sort applies now."""
    return not _STORED.get()
