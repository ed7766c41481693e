"""Which pages are played in a sandbox: those of gonogo, and none with a command of its own."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from bot.drill_box import fits
from bot.drill_box.fits import misfit
from bot.settings import read_page_file, read_page_text, shipped_runbooks
from commands.runbook import Page
from tests.pages import small

A = read_page_file(shipped_runbooks() / "option-a.md")


def changed(old: str, new: str) -> Page:
    assert old in A.text
    return read_page_text(A.text.replace(old, new, 1), A.name)


@pytest.mark.parametrize("name", ["option-a.md", "option-b.md"])
def test_the_shipped_pages_fit(name: str) -> None:
    assert misfit(read_page_file(shipped_runbooks() / name)) == ""


def test_a_page_with_other_people_times_and_no_table_fits() -> None:
    assert misfit(changed('[drill]\n"PROD_*" = "$DRILL_*"\n', "")) == ""
    assert misfit(changed('valid = "2 h"', 'valid = "3 h"')) == ""
    assert misfit(changed('people = "$GONOGO_DBA"', 'people = "$OUR_DBA"')) == ""


def test_a_page_with_another_command_is_played_nowhere_on_the_bots_machine() -> None:
    old = '"npm run build'
    why = misfit(changed(old, '"rm -rf /srv; npm run build'))
    assert "is no step of theirs" in why
    assert "line " in why


def test_a_page_with_other_places_is_told_so() -> None:
    assert "the places of this page are not theirs" in misfit(small())


def test_without_its_packages_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fits, "missing_packages", lambda: ["asyncssh", "psutil"])
    assert find_spec("asyncssh")
    why = misfit(A)
    assert 'run `pip install "gonogo[rehearsal]"` beside the bot' in why
    assert why.endswith("(not found now: asyncssh, psutil).")
