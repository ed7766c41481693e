"""What a button is about: the title of its question, or the name of its alert."""

from __future__ import annotations

from bot.doors.acts_of_run import frozen_page
from bot.doors.button import read_button
from bot.doors.deps import Deps
from commands.progress.start_gate import GATE
from state.events import AlertRaised, PeopleAsked
from state.records import Run


def about_button(deps: Deps, run: Run, value: str) -> str:
    """The title or name; empty where the button is about the whole run. Raises Refused for text that is no value."""
    about = read_button(value)
    if about.alert:
        return next((alert.name for alert in frozen_page(run).alerts[about.alert - 1 :]), "")
    told = next((event.data for event in deps.store.events(run.id, about.event - 1, 1)), None) if about.event else None
    if isinstance(told, PeopleAsked):
        return "" if told.step == GATE else told.title
    return told.name if isinstance(told, AlertRaised) else ""
