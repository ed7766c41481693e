"""Whether the bot is alive: its engine goes on, and the record is still its own."""

from __future__ import annotations

from bot.service_manager import ServiceManager
from commands.run.engine import Engine
from state.errors import Refused
from state.store import RecordStore

INTERVAL = 0.2  # seconds between two looks
# seconds without a turn of the engine's loop, after which it counts as stuck; a database that does not answer holds it
# for up to 30 s
STUCK = 60.0
# without one of its parts the bot would still answer, and do nothing
DEAD = "An internal error ended {part} of the bot, so it stops. Start it again; every run goes on where it was."


class Alive:
    """Looks after the engine, and gives the service manager a sign of life at each look at which all is well."""

    def __init__(self, engine: Engine, store: RecordStore, manager: ServiceManager) -> None:
        self._engine = engine
        self._store = store
        self._manager = manager

    def require(self) -> None:
        """Raise Refused once the engine is dead, and BadRecord once the lock is another's."""
        self._store.require_lock()
        if not self._engine.is_alive:
            raise Refused(DEAD.format(part="the engine"))
        if self._engine.idle_seconds < STUCK:
            self._manager.lives()

    def leave(self) -> None:
        """Say that the bot leaves, and hand its runs over. Returns within about 6 s."""
        self._manager.stops()
        self._engine.stop()

    async def watch(self) -> None:
        """Look again and again, on the loop that serves Slack: while that loop is stuck, nobody gives a sign of life.

        Raises what `require` raises.
        """
        import asyncio  # after the first acts, as it takes its time

        while True:
            self.require()
            await asyncio.sleep(INTERVAL)
