"""Writes the preview of a page as one file that a browser shows without gonogo."""

from __future__ import annotations

from pathlib import Path

from bot.check import PageCheck, check_page
from bot.preview.document import document
from state.errors import Refused


def write_preview(page: Path, out: Path) -> PageCheck:
    """Write the preview, unless the page has errors, which the result names. Raises Refused if it cannot be written."""
    if out.exists() and page.exists() and out.samefile(page):
        raise Refused(f"{out} is the page itself. Name another file for --out.")
    check = check_page(page, {})
    if check.good:
        try:
            out.write_text(document(check), encoding="utf-8")
        except OSError as error:
            raise Refused(f"The preview cannot be written to {out} ({error.strerror}).") from None
    return check
