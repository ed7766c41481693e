"""Tools that are imported and made at their first use."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar, cast

T = TypeVar("T")


def made_at_first_use(make: Callable[[], T]) -> T:
    """What `make` makes, but only once it is used; all threads use the same one.

    A bot that starts again, maybe within a rollback, does not wait for the libraries of tools that its next act lacks.
    """
    return cast("T", _AtFirstUse(make))


class _AtFirstUse:
    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._mutex = Lock()
        self._made: Any = None

    def __getattr__(self, name: str) -> Any:
        with self._mutex:
            if self._made is None:
                self._made = self._make()
        return getattr(self._made, name)

    def close(self) -> None:
        """Close it, if it was made."""
        with self._mutex:
            made = self._made
        if made is not None:
            made.close()
