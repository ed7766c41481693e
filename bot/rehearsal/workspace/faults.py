"""What can be made to go wrong between the workspace and the bot, at any moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Faults:
    """The faults that are on. Every counter counts down by one for each post it hits; nothing is wrong to begin with."""

    outage: bool = False
    """Every call answers 503 and no socket opens; open sockets stay (`cut_sockets` ends them)."""
    outage_drops: bool = False
    """During an outage, connections are dropped without any answer instead."""
    rate_limited: int = 0
    """The next so many chat calls answer 429."""
    retry_after: int = 1
    """Seconds a 429 asks the bot to wait."""
    lost_answers: int = 0
    """The next so many chat calls do what they should, and then answer 500."""
    lost_after: float = 0.0
    """Seconds a lost answer is held back before the 500, so that the bot's own time-out can come first."""
    refuse_blocks: int = 0
    """The next so many posts with blocks answer invalid_blocks."""
    duplicate_envelopes: bool = False
    """Every envelope is delivered twice."""
    silent_sockets: bool = False
    """While set, nothing comes out of any socket, not even the answer to a ping."""
    refuse_sockets: bool = False
    """apps.connections.open answers an internal error, so that a cut socket stays away."""
    on_cut: list[Callable[[], None]] = field(default_factory=list, repr=False)
    on_silence: list[Callable[[], None]] = field(default_factory=list, repr=False)

    async def cut_sockets(self) -> None:
        """Drop every open socket at once, without a goodbye."""
        for cut in self.on_cut:
            cut()

    async def silence_sockets(self) -> None:
        """Leave every open socket open but dead, as a network does that drops packets; sockets opened later are well."""
        for silence in self.on_silence:
            silence()
