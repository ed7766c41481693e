"""Reads the file of a page or of a runbook: regular, of bounded size, and without blocking."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from commands.runbook.markdown import MAX_PAGE
from commands.text.numbers import format_bytes
from state.errors import Refused

MOST = 4 * MAX_PAGE  # bytes; a character has at most four
_SORTS = (
    (stat.S_ISDIR, "a folder; name the file in it"),
    (stat.S_ISFIFO, "a pipe; write it to a file first"),
    (stat.S_ISSOCK, "a socket, and no file"),
    (stat.S_ISCHR, "a device, and no file"),
    (stat.S_ISBLK, "a device, and no file"),
)


def read_page_bytes(file: Path, what: str = "a runbook page") -> bytes:
    """The content of a file; `what` it should be stands in the message. Raises Refused."""
    try:
        # a pipe without a writer would be waited for, before it is seen to be none
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as opened:
            status = os.fstat(descriptor)
            if sort := next((words for is_sort, words in _SORTS if is_sort(status.st_mode)), ""):
                raise Refused(f"{file} is {sort}.")
            content = opened.read(MOST + 1)
    except IsADirectoryError:
        raise Refused(f"{file} is {_SORTS[0][1]}.") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its name has a zero byte"
        raise Refused(f"{file} cannot be read as {what}: {why}.") from None
    if len(content) > MOST:
        size = format_bytes(max(status.st_size, len(content)))
        raise Refused(f"{file} has {size}, and {what} has at most {format_bytes(MOST)}; is it the right file?")
    return content


def read_page_source(file: Path, what: str = "a runbook page") -> str:
    """The same as text, with plain line ends and without the byte order mark that some editors write first.

    Raises Refused, and UnicodeDecodeError.
    """
    return read_page_bytes(file, what).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
