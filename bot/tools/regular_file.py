"""Reads a file that must be a regular one: no pipe is waited for, and the reading is bounded."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_SORTS = (
    (stat.S_ISDIR, "a folder; name the file in it"),
    (stat.S_ISFIFO, "a pipe; write it to a file first"),
    (stat.S_ISSOCK, "a socket, and no file"),
    (stat.S_ISCHR, "a device, and no file"),
    (stat.S_ISBLK, "a device, and no file"),
)


class NotRegularFileError(OSError):
    """What was named is no regular file; `sort` says what it is, and what to do, as the end of “… is”."""

    def __init__(self, sort: str) -> None:
        super().__init__(errno.EINVAL, f"it is {sort}")
        self.sort = sort


def read_regular(file: Path, most: int) -> tuple[bytes, int]:
    """At most so many bytes of a file, and how many it has. A link is followed.

    Raises NotRegularFileError, any other OSError, and ValueError for a name with a zero byte.
    """
    # a pipe without a writer would be waited for, before it is seen to be none
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if sort := next((words for is_sort, words in _SORTS if is_sort(status.st_mode)), ""):
            raise NotRegularFileError(sort)
        with os.fdopen(descriptor, "rb", closefd=False) as opened:
            return opened.read(most), status.st_size
    finally:
        os.close(descriptor)
