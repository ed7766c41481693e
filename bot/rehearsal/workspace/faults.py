"""Faults between the workspace and the bot, which can be switched on at any moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Faults:
    """The faults that are on; none at first. Each counter goes down by one for each call that it hits."""

    outage: bool = False
    """Every call is answered with 503 and no socket opens. Open sockets stay open; `cut_sockets` ends them."""
    outage_drops: bool = False
    """In an outage, connections are dropped without an answer instead."""
    rate_limited: int = 0
    """So many of the next chat calls are answered with 429."""
    retry_after: int = 1
    """Seconds that a 429 tells the bot to wait."""
    lost_answers: int = 0
    """So many of the next chat calls succeed, but are answered with 500."""
    lost_after: float = 0.0
    """Seconds before that 500, so that the bot's own timeout can come first."""
    refuse_blocks: int = 0
    """So many of the next posts with blocks are answered with invalid_blocks."""
    refuse_words: dict[str, str] = field(default_factory=dict)
    """The error for each message whose blocks have these words."""
    errors: dict[str, str] = field(default_factory=dict)
    """The error that each of these methods answers, like {"users.info": "ratelimited"}."""
    delays: dict[str, float] = field(default_factory=dict)
    """The seconds after which each of these methods answers."""
    duplicate_envelopes: bool = False
    """Every envelope is delivered twice."""
    silent_sockets: bool = False
    """No socket sends anything, not even the answer to a ping."""
    refuse_sockets: bool = False
    """apps.connections.open answers internal_error, so that a bot whose socket was cut cannot reconnect."""
    on_cut: list[Callable[[], None]] = field(default_factory=list, repr=False)
    on_silence: list[Callable[[], None]] = field(default_factory=list, repr=False)

    async def cut_sockets(self) -> None:
        """Drop every open socket at once, without a goodbye."""
        for cut in self.on_cut:
            cut()

    async def silence_sockets(self) -> None:
        """Leave every open socket open but dead, as a network does that drops packets. Later sockets work."""
        for silence in self.on_silence:
            silence()
