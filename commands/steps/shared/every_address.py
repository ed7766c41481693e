"""Asks the further addresses of a web place's name: users reach them as well."""

from __future__ import annotations

from collections.abc import Callable

from commands.ports.web import HttpRequest, HttpResponse
from commands.steps.execution import pause
from commands.steps.outcome import Context
from commands.steps.shared.readiness import Patience
from commands.systems.further_addresses import ask_others
from state.errors import Down, LostTrack

_INTERVAL = 1.0  # seconds between two rounds


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
            said = [(address, _problem(answer, problem), answer) for address, answer in answers]
            judged = [(address, why, answer) for address, why, answer in said if why is not None]
            wrong = [one for one in judged if one[1]]
            starts = any(not (isinstance(answer, Down) or patience.is_ready(answer)) for *_, answer in wrong)
            what = (
                f"At {wrong[0][0]}, one of the {len(others) + 1} addresses of “{web}”: {wrong[0][1]}" if wrong else ""
            )
        if not what or not starts or ctx.tools.clock.monotonic() >= until:
            return what, len(judged)
        pause(ctx, _INTERVAL)


def _problem(answer: HttpResponse | Down, problem: Callable[[HttpResponse], str | None]) -> str | None:
    return str(answer) if isinstance(answer, Down) else problem(answer)


def at_addresses(asked: int, others: int) -> str:
    """How many addresses have answered alike, as words to append; empty where the name has one only."""
    if not others:
        return ""
    whole = others + 1
    return f" (at all its {whole} addresses)" if asked == others else f" (at {asked + 1} of its {whole} addresses)"
