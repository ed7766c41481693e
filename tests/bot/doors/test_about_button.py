"""What a button is about, in the words of its message."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.doors.about_button import about_button
from bot.doors.button import ButtonValue
from state.errors import Refused
from state.events import PeopleAsked
from state.sqlite.store import Store
from tests.bot.slack.run_writer import PAGE, RunWriter, deps_of


@pytest.fixture
def writer(tmp_path: Path) -> RunWriter:
    store = Store(tmp_path / "gonogo.db")
    return RunWriter(store, deps_of(store), PAGE)


def test_a_button_of_a_question_is_about_its_title(writer: RunWriter) -> None:
    run = writer.run_at_gate()
    asked = next(event for event in writer.store.events(run.id) if isinstance(event.data, PeopleAsked))
    assert about_button(writer.deps, run, f"{run.id}:{asked.id}") == "✅ พร้อมไหม (ready?)"


def test_a_button_on_the_card_is_about_its_alert(writer: RunWriter) -> None:
    run = writer.run_with_countdown()
    value = str(ButtonValue(run=run.id, alert=1, number=1))
    assert about_button(writer.deps, run, value) == writer.page.alerts[0].name
    assert about_button(writer.deps, run, str(ButtonValue(run=run.id, alert=9, number=1))) == ""


def test_a_button_of_the_whole_run_or_of_another_version_is_about_nothing(writer: RunWriter) -> None:
    run = writer.run_at_gate()
    assert about_button(writer.deps, run, f"{run.id}:0") == ""
    with pytest.raises(Refused, match="another version"):
        about_button(writer.deps, run, "old")
