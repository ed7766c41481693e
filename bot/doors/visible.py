"""Which runs somebody may see in Slack: those of the channels that they are in."""

from __future__ import annotations

from collections.abc import Collection

from state.records import Run


def is_visible(run: Run, channels: Collection[str]) -> bool:
    """Whether a member of these channels may see a run. One without a channel is shown in every channel of runs."""
    return bool(channels) and (not run.channel or run.channel in channels)
