"""Whether a file system has room for more files: with gigabytes free it may have none (inodes)."""

from __future__ import annotations

from collections.abc import Mapping

from commands.ports.preflight import PreflightResult, blocked

LEAST_FILES = 100  # that every step may need beside its own
# Defines `free_files FOLDER`: how many more files fit; nothing where the file system sets no such limit.
FREE_FILES = """\
free_files() { df -Pi -- "$1" 2> /dev/null | awk 'NR == 2 && $2 ~ /^[1-9]/ && $4 ~ /^[0-9]+$/ { print $4 }'; }
"""
# Defines `fits_files FROM TO` too: whether a copy of a folder fits; if not, it says `files=` and `free_files=`.
FITS_FILES = f"""\
{FREE_FILES}\
fits_files() {{
  local files free
  files=$(find "$1" | wc -l) free=$(free_files "$2")
  [ -z "$free" ] || [ "$free" -gt "$files" ] || {{ printf 'files=%s\\nfree_files=%s\\n' "$files" "$free"; return 1; }}
}}
"""


def too_few(free: str, where: str, needed: int = LEAST_FILES) -> list[PreflightResult]:
    """The result for what `free_files` printed, if fewer fit than are needed; `where` is like "in the home folder"."""
    if not free.isdigit() or int(free) >= needed:
        return []
    return blocked(
        f"room for only {free} more files {where} (inodes), however much space is free; about {needed} are needed",
        "remove what nobody needs there, such as old sessions, caches or releases; `df -i` shows the inodes",
    )


def copy_does_not_fit(values: Mapping[str, str], what: str, where: str) -> str:
    """The sentence for what `fits_files` said; `what` is copied, `where` is like "in `releases`"."""
    files, free = values.get("files", "?"), values.get("free_files", "?")
    return (
        f"{what} has {files} files, and {where} there is room for only {free} more (inodes), however much space is "
        "free. Remove old files there."
    )
