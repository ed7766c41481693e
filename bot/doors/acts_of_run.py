"""The page of a run, and what people may do in it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from bot.doors.deps import Deps
from commands.runbook import Page, read_stored_page
from commands.signoff.actions import RunActions
from state.records import Run

_read_once: Callable[[str, str], Page] = lru_cache(maxsize=64)(read_stored_page)


def frozen_page(run: Run) -> Page:
    """The run's own copy of its page. It is read once for each text: reading takes 0.1 s, and a run's row changes."""
    return _read_once(run.text, run.page)


def actions_of(deps: Deps, run: Run) -> RunActions:
    """What people may do, by the roles that they hold at this moment."""
    page = frozen_page(run)
    return RunActions(deps.store, page, run.id, deps.people(page), deps.absent)
