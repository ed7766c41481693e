"""The longer programs that run on hosts and in databases, kept as files of their own languages beside their system."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def script(name: str) -> str:
    """The text of a program, named like `postgres/backup.sh`, as it is sent. Raises FileNotFoundError."""
    system, _, file = name.partition("/")
    return (resources.files("commands.systems") / system / "scripts" / file).read_text(encoding="utf-8")
