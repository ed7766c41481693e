"""Reads the file of a page or of a runbook: regular, of bounded size, and without blocking."""

from __future__ import annotations

from pathlib import Path

from bot.tools.regular_file import NotRegularFileError, read_regular
from commands.runbook.markdown import MAX_PAGE
from commands.text.numbers import format_bytes
from state.errors import Refused

# how files begin that an editor shows as text, and that are none
_OTHER = {
    b"PK\x03\x04": "a Word or Pages document, or a ZIP archive",
    b"\xd0\xcf\x11\xe0": "a Word document",
    b"%PDF": "a PDF",
    b"{\\rtf": "a document with formatting (RTF)",
}
MOST = 4 * MAX_PAGE  # bytes; a character has at most four


def read_page_bytes(file: Path, what: str = "a runbook page") -> bytes:
    """The content of a file; `what` it should be stands in the message. Raises Refused."""
    try:
        content, whole = read_regular(file, MOST + 1)
    except NotRegularFileError as error:
        raise Refused(f"{file} is {error.sort}.") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its name has a zero byte"
        raise Refused(f"{file} cannot be read as {what}: {why}.") from None
    if len(content) > MOST:
        size = format_bytes(max(whole, len(content)))
        raise Refused(f"{file} has {size}, and {what} has at most {format_bytes(MOST)}; is it the right file?")
    for start, sort in _OTHER.items():
        if content.startswith(start):
            raise Refused(f"{file} is {sort}, not text; export it as Markdown, or paste it into a text file.")
    return content


def read_page_source(file: Path, what: str = "a runbook page") -> str:
    """The same as text, with plain line ends and without the byte order mark that some editors write first.

    Raises Refused, and UnicodeDecodeError.
    """
    return read_page_bytes(file, what).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
