"""Loads the shell, SQL and awk programs from the `scripts` folder of their system."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def script(name: str) -> str:
    """Return the text of a program such as `postgres/backup.sh`, exactly as it is sent. Raises FileNotFoundError."""
    system, _, file = name.partition("/")
    return (resources.files("commands.systems") / system / "scripts" / file).read_text(encoding="utf-8")
