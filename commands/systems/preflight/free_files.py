"""Whether a file system has room for more files: with gigabytes free it may have none (inodes)."""

from __future__ import annotations

from commands.ports.preflight import PreflightResult, blocked

LEAST_FILES = 100  # that every step may need beside its own
# Defines `free_files FOLDER`: how many more files fit; nothing where the file system sets no such limit.
FREE_FILES = """\
free_files() { df -Pi -- "$1" 2> /dev/null | awk 'NR == 2 && $2 ~ /^[1-9]/ && $4 ~ /^[0-9]+$/ { print $4 }'; }
"""


def too_few(free: str, where: str, needed: int = LEAST_FILES) -> list[PreflightResult]:
    """The result for what `free_files` printed, if fewer fit than are needed; `where` is like "in the home folder"."""
    if not free.isdigit() or int(free) >= needed:
        return []
    return blocked(
        f"room for only {free} more files {where} (inodes), however much space is free; about {needed} are needed",
        "remove what nobody needs there, such as old sessions, caches or releases; `df -i` shows the inodes",
    )
