"""The longer programs that run on hosts and in databases, as files of their own languages."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def read(name: str) -> str:
    """A program's text, as it is sent."""
    return (resources.files(__name__) / name).read_text(encoding="utf-8")
