"""A clock that jumps: told once, because the watch's end, T+ and every post by the clock move with it."""

from __future__ import annotations

from datetime import datetime, timedelta

from commands.durations import say
from commands.tools import Clock
from state.records import News

LEAST = timedelta(minutes=1)  # what a clock may be put right by without a word


class JumpWatch:
    """Compares the time of day with a clock that nobody can set."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = self._difference()

    def news(self) -> list[News]:
        """One event when the time of day has jumped since it was last asked."""
        jumped = (ahead := self._difference()) - self._ahead
        if abs(jumped) < LEAST:
            return []
        self._ahead = ahead
        way = "forward" if jumped > timedelta(0) else "back"
        says = (
            f"The clock of the bot's machine went {say(abs(jumped))} {way}: T+, the posts and the end of the watch moved "
            "with it; steps did not. Put the clock right, and judge the watch by how long it really was"
        )
        return [News(kind="clock", data={"says": says, "title": "Clock"})]

    def _difference(self) -> timedelta:
        now: datetime = self._clock.now()
        return now - datetime.fromtimestamp(0, now.tzinfo) - timedelta(seconds=self._clock.steady())
