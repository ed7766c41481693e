"""Values of an env file with quotes, comments or line ends that another reader removes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_COMMENT = re.compile(r"\s#\s")
_SHOWN = 3  # names


def kept_quotes(environ: Mapping[str, str], names: Iterable[str]) -> str:
    """Which of these variables have them, as a sentence that shows no value; empty if none has."""
    values = {name: environ.get(name, "") for name in dict.fromkeys(names)}
    quoted = [name for name, value in values.items() if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"]
    commented = [name for name, value in values.items() if name not in quoted and _COMMENT.search(value)]
    if broken := [name for name, value in values.items() if value.endswith(("\r", "\n"))]:
        end, them = ("ends", "its value") if len(broken) == 1 else ("end", "their values")
        return (
            f"{_named(broken)} {end} with a line break, because a shell keeps the line ends of Windows, and a secret "
            f"made of a file those of the file. Write {them} without one."
        )
    what = [
        f"{_named(found)} {f'has {kept} its value' if len(found) == 1 else f'have {kept} their values'}"
        for found, kept in ((quoted, "quotes around"), (commented, "a comment (#) behind"))
        if found
    ]
    if not what:
        return ""
    return f"{' and '.join(what)}. `docker run --env-file` keeps them as part of the value: write it without them."


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
