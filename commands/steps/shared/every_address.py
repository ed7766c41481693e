"""Asks the further addresses of a web place's name: users reach them as well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from commands.ports.web import HttpRequest, HttpResponse, Web
from commands.steps.execution import pause
from commands.steps.outcome import Context
from commands.steps.shared.readiness import Patience
from state.errors import LostTrack, Unreachable

MOST = 3  # further addresses that are asked; behind a name with many stands one service, such as a CDN

_INTERVAL = 1.0  # seconds between two rounds


def ask_others(web: Web, place: str, request: HttpRequest, others: tuple[str, ...]) -> list[tuple[str, HttpResponse]]:
    """The answer of each address that takes the connection: where one does not, a user's program goes on to the next.

    Raises LostTrack, and BadValue as the request did.
    """
    found = []
    for address in others[:MOST]:
        try:
            found.append((address, web.request(place, replace(request, address=address))))
        except Unreachable:  # Down, too
            continue
    return found


def problem_at_others(
    ctx: Context,
    web: str,
    request: HttpRequest,
    others: tuple[str, ...],
    problem: Callable[[HttpResponse], str | None],
    patience: Patience,
) -> tuple[str, int]:
    """What is wrong with the answer of a further address, as a sentence, or empty; and how many were judged.

    `problem` is None for an answer that says nothing of the service, as a cache's. They are asked again where the
    service may still be starting.
    """
    until = ctx.tools.clock.monotonic() + patience.seconds
    while True:
        try:
            answers = ask_others(ctx.tools.web, web, request, others)
        except LostTrack as error:
            what, starts, judged = str(error), True, []
        else:
            judged = [(address, why, answer) for address, answer in answers if (why := problem(answer)) is not None]
            wrong = [one for one in judged if one[1]]
            starts = any(not patience.is_ready(answer) for *_, answer in wrong)
            what = (
                f"At {wrong[0][0]}, one of the {len(others) + 1} addresses of “{web}”: {wrong[0][1]}" if wrong else ""
            )
        if not what or not starts or ctx.tools.clock.monotonic() >= until:
            return what, len(judged)
        pause(ctx, _INTERVAL)


def at_addresses(asked: int, others: int) -> str:
    """How many addresses have answered alike, as words to append; empty where the name has one only."""
    if not others:
        return ""
    whole = others + 1
    return f" (at all its {whole} addresses)" if asked == others else f" (at {asked + 1} of its {whole} addresses)"
