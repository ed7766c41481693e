"""The file of freezes for all pages, which GONOGO_FREEZES names; read anew at every look."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pydantic import Field, TypeAdapter, ValidationError

from commands.runbook.freeze import FreezeField
from commands.runbook.page import Page
from commands.start.freezes import Freeze, spans_on
from state.errors import BadSettings

LARGEST = 1_000_000  # bytes; more is no list of freezes


class _OfPages(FreezeField):
    """One of the file, which may be for some pages only."""

    pages: list[str] = Field(default_factory=list)


_FREEZES = TypeAdapter(list[_OfPages])


def freezes_of_file(file: Path, page: Page, now: datetime) -> Iterator[Freeze]:
    """Those that are on for a page. A file that cannot be read is one of which nothing is known, never none."""
    try:
        freezes = read_freezes(file)
        for_page = [one for one in freezes if not one.pages or page.name in one.pages]
        yield from spans_on(page, for_page, now, file.name)
    except BadSettings as error:
        yield Freeze(target=page.runbook.target, unknown=str(error))


def read_freezes(file: Path) -> list[_OfPages]:
    """All freezes of the file. Raises BadSettings, which names the entry and the field."""
    try:
        with file.open("rb") as opened:
            text = opened.read(LARGEST + 1)
        if len(text) > LARGEST:
            raise BadSettings(f"GONOGO_FREEZES: {file} is larger than {LARGEST // 1_000_000} MB.")
        read = tomllib.loads(text.decode())
    except OSError as error:
        raise BadSettings(f"GONOGO_FREEZES: {file} cannot be read ({error.strerror}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"GONOGO_FREEZES: {file} is no TOML: {error}.") from None
    if unknown := sorted(read.keys() - {"freeze"}):
        raise BadSettings(f"GONOGO_FREEZES: {file} has {unknown[0][:40]!r}; write [[freeze]] tables only.")
    try:
        found = _FREEZES.validate_python(read.get("freeze", []))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadSettings(f"GONOGO_FREEZES: {file}, freeze {where}: {first['msg']}.") from None
    return found
