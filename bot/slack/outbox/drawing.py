"""Draws cards and messages in threads of its own, so that no press waits for it."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from bot.slack.views.blocks import Message
from bot.slack.views.card import card
from bot.slack.views.messages import draw, plain_message
from bot.slack.views.snapshot import Snapshot
from state.events import StepBegan
from state.records import Event

LOG = logging.getLogger("gonogo.slack")
# the card of a long watch takes 40 ms; two threads leave time to everything else, however many runs there are
_THREADS = ThreadPoolExecutor(2, "gonogo-draw")


async def drawn_card(snapshot: Snapshot, *, clock: bool = True) -> Message:
    """The card of a run."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, lambda: card(snapshot, clock=clock))


async def drawn_event(snapshot: Snapshot, event: Event, end: Event | None) -> Message | None:
    """The message of an event; its plain text if drawing it fails. `end` is the end of the step that it starts."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, lambda: _drawn(snapshot, event, end))


def _drawn(snapshot: Snapshot, event: Event, end: Event | None) -> Message | None:
    try:
        return draw(snapshot, event, end if isinstance(event.data, StepBegan) else None)
    except Exception:
        LOG.exception("event %s of run %s cannot be drawn; it is posted as plain text", event.id, event.run)
        return plain_message(event)
