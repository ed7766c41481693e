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
_AFTER_THAT = re.compile(r"(?:^|[,\s])stale-while-revalidate\s*=\s*\"?([0-9]{1,10})", re.IGNORECASE)
_NOT_STALE = re.compile(r"(?:^|[,\s])must-revalidate\b", re.IGNORECASE)
# https://www.rfc-editor.org/rfc/rfc9111#section-4.2.2: of what no header limits, browsers keep for a tenth of its age
_OF_ITS_AGE = 0.1
_ASKS = re.compile(r"(?:^|[,\s])no-(?:cache|store)\b(?!\s*=)", re.IGNORECASE)
_FOR_EVER = (301, 308)  # what moved for good is asked for nowhere else any more
_SHOWN = 60  # characters of a header


def kept_page(web: str, page: HttpResponse, *, by_age: bool = False) -> str:
    """That browsers keep this page for long, as a clause; empty if they ask for it again, or if no header says it.

    `by_age`: they have it since long, so those count, too, that go by its age.
    """
    long, said = kept_for(page)
    if by_age and not long:
        long, said = _kept_by_its_age(page)
    return f"browsers may keep {on_web(web, '/')} for {long} without asking again ({said})" if long else ""


def kept_for(answer: HttpResponse) -> tuple[str, str]:
    """For how long browsers keep an answer, and the header that says so; empty if that is not long."""
    headers = answer.headers_by_name()
    control = headers.get("cache-control", "")[:1000]
    if _ASKS.search(control):
        return "", ""
    if found := _MAX_AGE.search(control):
        seconds, after = int(found[1]), None if _NOT_STALE.search(control) else _AFTER_THAT.search(control)
        kept, said = timedelta(seconds=seconds + int(after[1] if after else 0)), f"Cache-Control: {control}"
    else:
        kept, said = _between(headers, "date", "expires"), f"Expires: {headers.get('expires', '')}"
    return _in_words(kept, said)


def kept_after(answer: HttpResponse) -> str:
    """That browsers keep for long what is meant for a while only, as a clause; empty if they do not."""
    long, said = kept_for(answer)
    headers = answer.headers_by_name()
    limited = "expires" in headers or re.search(
        r"max-age|no-(cache|store)", headers.get("cache-control", ""), re.IGNORECASE
    )
    if not long and answer.status in _FOR_EVER and not limited:
        long, said = "ever", f"{answer.status}"
    elif not long and answer.status == 200:
        long, said = _kept_by_its_age(answer)
    return f"browsers may keep this answer for {long} without asking again ({said})" if long else ""


def _kept_by_its_age(page: HttpResponse) -> tuple[str, str]:
    """The same for a page of which only its age is known, as web servers send it that nobody has told otherwise."""
    headers = page.headers_by_name()
    control = headers.get("cache-control", "")[:1000]
    if "expires" in headers or _MAX_AGE.search(control) or _ASKS.search(control):
        return "", ""
    said = f"only Last-Modified: {headers.get('last-modified', '')}"
    return _in_words(_between(headers, "last-modified", "date") * _OF_ITS_AGE, said)


def _in_words(kept: timedelta, said: str) -> tuple[str, str]:
    if kept <= LONGEST:
        return "", ""
    kept = timedelta(minutes=kept // timedelta(minutes=1))
    return f"{kept.days:,} days" if kept.days > 1 else format_duration(kept), printable(said)[:_SHOWN]


def _between(headers: dict[str, str], first: str, last: str) -> timedelta:
    """How long after one header's time another one's is; nothing if they do not say so."""
    try:
        return parsedate_to_datetime(headers[last]) - parsedate_to_datetime(headers[first])
    except (KeyError, ValueError, TypeError):
        return timedelta(0)
