"""The further addresses of a web place's name, which users reach, too."""

from __future__ import annotations

from dataclasses import replace

from commands.ports.web import HttpRequest, HttpResponse, Web
from state.errors import Down, Unreachable

MOST = 3  # further addresses that are asked; behind a name with many stands one service, such as a CDN


def ask_others(
    web: Web, place: str, request: HttpRequest, others: tuple[str, ...]
) -> list[tuple[str, HttpResponse | Down]]:
    """What each address says that takes the connection: where one does not, a user's program goes on to the next.

    It does not go on where the certificate is wrong: that is the error. Raises LostTrack, and BadValue as the request
    did.
    """
    found: list[tuple[str, HttpResponse | Down]] = []
    for address in others[:MOST]:
        try:
            found.append((address, web.request(place, replace(request, address=address))))
        except Unreachable as error:  # Down, too
            if isinstance(error, Down) and error.lasting:
                found.append((address, error))
    return found
