"""The environment, with the values of the boxes beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.drill_box.files import VALUES
from commands.runbook.drill_table import BOX
from commands.text.foreign_json import read_json


class WithBoxes(Mapping[str, str]):
    """An environment, and for the names that begin with `BOX_<box>_` what that box in `folder` has for them."""

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        self._environ = environ
        self._folder = folder

    def __getitem__(self, name: str) -> str:
        if of_box := BOX.fullmatch(name):
            # a variable of a page says first for which target it is, as PROD_SSH; the box is only one
            return read_values(self._folder / of_box[1])[of_box[2].partition("_")[2]]
        return self._environ[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)


def read_values(box: Path) -> dict[str, str]:
    """What the box in a folder has, by name, as "SSH"; nothing before it is started and after its end."""
    try:
        found = read_json((box / VALUES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def write_values(box: Path, values: Mapping[str, str]) -> None:
    """Write them whole or not at all, and for the owner of the folder alone: some are passwords."""
    draft = box / f"{VALUES}.new"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(dict(values)), encoding="utf-8")
    draft.replace(box / VALUES)
