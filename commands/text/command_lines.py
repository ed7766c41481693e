"""The lines of a command by which sentences name it."""

from __future__ import annotations


def lines_without_comments(command: str) -> list[str]:
    """The stripped lines of a command without blank ones and comments; all of them where nothing else is there."""
    lines = [line.strip() for line in command.strip().split("\n")]
    return [line for line in lines if line and not line.startswith("#")] or lines
