"""The surprise of a drill at its start: chosen or drawn, refused if senseless, sealed."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from commands.progress.sealed import LENGTH, opened, seal
from commands.progress.surprises import STORIES, story_of
from commands.start.request import ANY, StartRequest
from commands.start.surprise import surprise_facts, surprise_for
from state.errors import BadRecord, Refused
from state.facts import Surprise
from state.journal import RecordKey
from state.records import Drill
from state.sqlite.store import Store
from tests.commands.run.surprise_case import DRILL, WHO, SurpriseCase
from tests.pages import NOON, small

KEY, OTHER = RecordKey(b"k" * 32), RecordKey(b"o" * 32)


def asked(surprise: str) -> StartRequest:
    return StartRequest(drill=Drill.PLACES, surprise=surprise)


def test_a_surprise_is_chosen_by_its_name_or_drawn_from_those_that_fit() -> None:
    assert surprise_for(DRILL, asked("Slow-API")) is STORIES["slow-api"]
    assert surprise_for(DRILL, asked("")) is None
    short = {'lasts = "1 h"': 'lasts = "20 min"', 'every = "15 min"': 'every = "5 min"'}
    page = small(**{**short, 'within = "15 min"': 'within = "45 min"'})
    drawn = {story.name for _ in range(60) if (story := surprise_for(page, asked(ANY)))}
    assert drawn == {"failing-test", "no-slack"}


def test_a_page_that_no_surprise_fits_is_refused_with_all_reasons() -> None:
    with pytest.raises(Refused, match=r"small.md can have no surprise. slow-api: .*; no-slack: it has no step that"):
        surprise_for(replace(DRILL, steps=()), asked(ANY))


@pytest.mark.parametrize(
    ("surprise", "old", "new", "why"),
    [
        ("fire", "", "", r"There is no surprise “fire”. Name one of slow-api, failing-test, late-rollback, no-slack"),
        ("slow-api", 'lasts = "1 h"', 'lasts = "45 min"', "no alert judges the seconds of an `http` check"),
        ("slow-api", "above = 5.0\nwarn_above = 1.0", "above = 9.0", "no alert judges the seconds of an `http` check"),
        ("failing-test", 'path = "/health"', 'path = "/health"\nstatus = [200, 500]', "no smoke test that only reads"),
        ("late-rollback", 'within = "15 min"', 'within = "45 min"', "its rollback may take longer than 30 min"),
    ],
)
def test_a_surprise_that_makes_no_sense_is_refused_with_its_reason(surprise: str, old: str, new: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        surprise_for(small(**{old: new}) if old else DRILL, asked(surprise))


def test_only_a_drill_can_have_a_surprise(tmp_path: Path) -> None:
    request = replace(asked("slow-api"), drill="")
    with pytest.raises(Refused, match="Only a drill has a surprise"):
        surprise_for(DRILL, request)
    with pytest.raises(Refused, match="Only a drill has a surprise"):
        SurpriseCase(tmp_path, "slow-api", drill=False)


def test_without_the_records_key_nothing_can_be_kept_secret_so_no_surprise_starts(tmp_path: Path) -> None:
    first = Store(tmp_path / "gonogo.db")
    surprise_facts(first, asked("slow-api"), WHO, NOON)
    SurpriseCase(tmp_path).store.close()
    first.close()
    (tmp_path / "gonogo.db.key").unlink()
    store = Store(tmp_path / "gonogo.db")
    with pytest.raises(BadRecord, match="no surprise can be kept secret"):
        surprise_facts(store, asked("slow-api"), WHO, NOON)
    store.close()


@pytest.mark.parametrize("name", STORIES)
def test_the_file_of_the_record_does_not_show_the_surprise_and_its_key_does(tmp_path: Path, name: str) -> None:
    case = SurpriseCase(tmp_path, name)
    story = story_of(case.store.record(case.run.id), case.store)
    case.store.close()
    held = "\n".join(sqlite3.connect(tmp_path / "gonogo.db").iterdump())
    assert story is STORIES[name]
    assert name not in held
    assert story.sentence not in held


def test_what_is_sealed_twice_looks_different_and_all_of_it_is_equally_long() -> None:
    sealed = [seal(KEY, name) for name in (*STORIES, *STORIES)]
    assert len(set(sealed)) == len(sealed)
    assert len({len(one) for one in sealed}) == 1
    assert [opened(KEY, one) for one in sealed] == [*STORIES, *STORIES]
    with pytest.raises(ValueError, match="longer than"):
        seal(KEY, "x" * (LENGTH + 1))


@pytest.mark.parametrize(
    "sealed",
    ["", ":", "a:zz", "a:00", "no colon", f"a:{'00' * 40}", pytest.param(seal(OTHER, "slow-api"), id="another key")],
)
def test_what_cannot_be_opened_is_no_surprise(tmp_path: Path, sealed: str) -> None:
    case = SurpriseCase(tmp_path)
    case.store.add_fact(case.run.id, Surprise(by=WHO, at=NOON, sealed=sealed))
    assert story_of(case.store.record(case.run.id), case.store) is None
    case.store.close()
