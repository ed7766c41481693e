"""A list in a JSON answer: where it is, and whether it holds everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from commands.ports.web import MAX_BODY, HttpResponse
from commands.systems.http_answers import field, stand_in
from commands.text.numbers import format_bytes
from state.frozen import dataclass

ROOT = "."  # the answer itself is the list
_DEPTH = 3  # objects inside each other that may say how many entries there are
_TOTALS = re.compile(r"total|count|(total|num)[_-]?(count|elements|items|results|records|entries|found)", re.IGNORECASE)
_NEXT = re.compile(
    r"next([_-]?(page|cursor|token|page[_-]?token|link|url))?|has[_-]?(more|next([_-]?page)?)", re.IGNORECASE
)
_TOTAL_HEADERS = ("x-total-count", "x-total")
_RANGE = re.compile(r"(?:[a-z]{1,20} )?\d{1,18}-\d{1,18}/(\d{1,18})", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """The entries of a list. `doubt` says, as the end of a sentence, why others may be missing; empty if none can."""

    entries: list[Any]
    doubt: str = ""


def listed(answer: HttpResponse, where: str) -> Listed:
    """The list at the field `where` of an answer, or the answer itself (ROOT)."""
    if answer.cut:
        return Listed(entries=[], doubt=f"is longer than {format_bytes(MAX_BODY)}, and only its beginning was read")
    who = stand_in(answer)
    try:
        data = answer.json()
    except ValueError:
        return Listed(entries=[], doubt=f"is answered by {who}" if who else "gave no list")
    entries = list_in(data, where)
    if entries is None:
        return Listed(entries=[], doubt=f"gave no list{'' if where == ROOT else f' in `{where}`'}")
    if has_more(answer, data, len(entries)):
        return Listed(entries=entries, doubt=f"lists only {len(entries)} of its entries")
    return Listed(entries=entries, doubt=f"is answered by {who}" if who else "")


def list_in(data: Any, where: str) -> list[Any] | None:
    """The list at this field of JSON; None if there is none."""
    entries = data if where == ROOT else field(data, where)
    return entries if isinstance(entries, list) else None


def has_more(answer: HttpResponse, data: Any, count: int) -> bool:
    """Whether an answer says that its list of so many entries is not all: a larger total, or another page."""
    headers = answer.headers_by_name()
    totals = [headers.get(name, "") for name in _TOTAL_HEADERS]
    if found := _RANGE.fullmatch(headers.get("content-range", "")[:100]):
        totals.append(found[1])
    if any(total.isdecimal() and len(total) < 19 and int(total) > count for total in totals):
        return True
    if re.search(r'rel="?next\b', headers.get("link", "")[:10_000]) or headers.get("x-next-page", "").strip():
        return True
    return any(_says_more(name, value, count) for name, value in _named(data, _DEPTH))


def _says_more(name: str, value: Any, count: int) -> bool:
    if _TOTALS.fullmatch(name):
        return isinstance(value, int) and not isinstance(value, bool) and value > count
    return bool(value) and _NEXT.fullmatch(name) is not None


def _named(data: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """The fields of an object and of the objects in it, but not of those in lists."""
    if depth and isinstance(data, dict):
        for name, value in data.items():
            yield name, value
            yield from _named(value, depth - 1)
