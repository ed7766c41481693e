"""The status of an HTTP answer as words: of a redirect with where it leads, which says more than its number."""

from __future__ import annotations

from urllib.parse import urlsplit

from commands.ports.web import HttpResponse
from commands.text.printable import printable

_LONGEST = 60  # characters of the address that are shown


def status_words(answer: HttpResponse) -> str:
    """As "200" or "302 to /login": without the query and log-in data of that address, which may be secrets."""
    location = next((value for name, value in answer.headers.items() if name.lower() == "location"), "")
    if not 300 <= answer.status < 400 or not location:
        return str(answer.status)
    try:
        to = urlsplit(location)
        host = f"{to.scheme or 'http'}://{to.netloc.rpartition('@')[2]}" if to.netloc else ""
    except ValueError:
        return str(answer.status)
    shown = printable(f"{host}{to.path}")[:_LONGEST]
    return f"{answer.status} to {shown}" if shown else str(answer.status)
