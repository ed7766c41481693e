"""For how long browsers use a page or a file that they have, without asking for it again."""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import parsedate_to_datetime

from commands.ports.web import HttpResponse
from commands.text.durations import format_duration
from commands.text.phrases import on_web
from commands.text.printable import printable

LONGEST = timedelta(hours=1)  # for which a page may be kept without a word
GO_ON = "people who have opened it go on with the build that they have"
REVALIDATE = "let the web server send Cache-Control: no-cache for pages"
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?([0-9]{1,10})", re.IGNORECASE)
_ASKS = re.compile(r"(?:^|[,\s])no-(?:cache|store)\b(?!\s*=)", re.IGNORECASE)
_SHOWN = 60  # characters of a header


def kept_page(web: str, page: HttpResponse) -> str:
    """That browsers keep this page for long, as a clause; empty if they ask for it again, or if no header says it."""
    long, said = kept_for(page)
    return f"browsers may keep {on_web(web, '/')} for {long} without asking again ({said})" if long else ""


def kept_for(answer: HttpResponse) -> tuple[str, str]:
    """For how long browsers keep an answer, and the header that says so; empty if that is not long."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    control = headers.get("cache-control", "")[:1000]
    if _ASKS.search(control):
        return "", ""
    if found := _MAX_AGE.search(control):
        kept, said = timedelta(seconds=int(found[1])), f"Cache-Control: {control}"
    else:
        kept, said = _until(headers), f"Expires: {headers.get('expires', '')}"
    if kept <= LONGEST:
        return "", ""
    return f"{kept.days:,} days" if kept.days > 1 else format_duration(kept), printable(said)[:_SHOWN]


def _until(headers: dict[str, str]) -> timedelta:
    """How long after its own date an answer expires; nothing if it does not say so."""
    try:
        return parsedate_to_datetime(headers["expires"]) - parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, TypeError):
        return timedelta(0)
