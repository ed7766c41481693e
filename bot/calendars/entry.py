"""A calendar as the file of freezes names it: where it is, for which pages and titles."""

from __future__ import annotations

from pathlib import Path
from typing import Self
from unicodedata import normalize
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.tools.proxy import is_this_machine

BAD_PLACE = "write one of `file` and `url`; the url as https://… (http:// only on this machine)"


class CalendarEntry(BaseModel):
    """One `[[calendar]]`. Its address may be a secret: `repr` and errors do not show it."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    file: str = ""
    url: str = Field(default="", repr=False)
    pages: list[str] = Field(default_factory=list)
    may_override: list[str] = Field(default_factory=list)
    only: str = ""

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if bool(self.file) == bool(self.url) or (self.url and not _is_good(self.url)):
            raise ValueError(BAD_PLACE)
        return self

    @property
    def name(self) -> str:
        """What people read of where it is: the file's name, or the host."""
        return Path(self.file).name if self.file else urlsplit(self.url).hostname or ""

    def where(self, folder: Path) -> str | Path:
        """Its address, or its file; a relative one is in the folder of the file of freezes."""
        return folder / self.file if self.file else self.url

    def counts(self, title: str) -> bool:
        """Whether an event with this title is meant."""
        return _alike(" ".join(self.only.split())) in _alike(title)


def _alike(text: str) -> str:
    """The text in one case, with each letter and its accent as one character: some programs write them as two."""
    return normalize("NFC", normalize("NFC", text).casefold())


def _is_good(url: str) -> bool:
    try:
        parts = urlsplit(url)
        good = bool(parts.hostname) and parts.port != 0 and url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        return False
    return good and (parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(url)))
