"""What the settings ask for of all this; nothing else is imported, so a start stays fast."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.settings import Settings
from commands.run.engine import Engine
from state.store import RecordStore

if TYPE_CHECKING:
    from bot.metrics.endpoint import Endpoint
    from bot.metrics.heartbeat import Heartbeat
    from bot.metrics.sources import Slack


class Watchers:
    """The endpoint and the heartbeat. Raises BadSettings if the endpoint's address cannot be used."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._endpoint: Endpoint | None = None
        self._heartbeat: Heartbeat | None = None
        if settings.metrics_port:
            from bot.metrics.endpoint import Endpoint

            self._endpoint = Endpoint(settings.metrics_host, settings.metrics_port)

    def start(self, engine: Engine, store: RecordStore, slack: Slack | None, posted_for: timedelta) -> None:
        """Let outside know of these parts; see `Sources`."""
        settings = self._settings
        if not (self._endpoint or settings.heartbeat_url):
            return
        from bot.metrics.heartbeat import Heartbeat
        from bot.metrics.sources import Sources

        sources = Sources(engine, store, slack, posted_for)
        if self._endpoint:
            self._endpoint.serve(sources)
        if settings.heartbeat_url:
            self._heartbeat = Heartbeat(settings, sources.health)
            self._heartbeat.start()

    def stop(self) -> None:
        """Say no more."""
        if self._heartbeat:
            self._heartbeat.stop()
        if self._endpoint:
            self._endpoint.close()
