"""The Slack channels of runs and pages."""

from __future__ import annotations

from contextlib import suppress

from bot.doors.acts_of_run import frozen_page
from bot.doors.deps import Deps
from state.errors import Refused
from state.records import Run


def channel_of(deps: Deps, run: Run) -> str:
    """The channel that a run is posted to; "" if it has none."""
    return run.channel or deps.channel(frozen_page(run))


def deploy_channels(deps: Deps) -> set[str]:
    """The channels of the pages and of the active runs. A run whose page cannot be read keeps nobody out."""
    channels = {deps.channel(page) for page in deps.known_pages()}
    for run in deps.store.active_runs():
        with suppress(Refused):
            channels.add(channel_of(deps, run))
    return channels - {""}
