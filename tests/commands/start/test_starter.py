"""The start of a run: who may start it, on which ref, and once on each target."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.runbook import Page
from commands.start.request import StartRequest
from commands.start.starter import start
from state.errors import AlreadyRunning, BadSettings, NotAllowed, Refused
from state.facts import Actor, Door
from state.records import Run
from state.sqlite.store import Store
from tests.pages import NOON, small

PAGE = small()
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
STARTER = Actor(person="U1", door=Door.SLACK)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "gonogo.db")


def begin(store: Store, page: Page = PAGE, ref: str = "") -> Run:
    return start(store, page, StartRequest(ref=ref), STARTER, PEOPLE, NOON)


@pytest.mark.parametrize("ref", ["--upload-pack=x", "main; rm -rf /", "a..b", "$(id)", "-x", "x y", "a//b", "v1/"])
def test_a_ref_that_looks_like_an_option_or_shell_text_is_refused(store: Store, ref: str) -> None:
    with pytest.raises(Refused, match="is not a branch, tag or commit"):
        begin(store, ref=ref)
    assert store.runs() == []


def test_a_second_start_says_whose_run_is_active(store: Store) -> None:
    begin(store)
    with pytest.raises(AlreadyRunning, match="shop already has run 1, started by U1"):
        begin(store)


def test_every_role_without_people_is_named_at_once(store: Store) -> None:
    with pytest.raises(BadSettings, match="SHOP_DBA, SHOP_LEAD"):
        start(store, PAGE, StartRequest(), STARTER, {}, NOON)


def test_only_a_starter_may_start_if_the_page_names_starters(store: Store) -> None:
    with pytest.raises(NotAllowed, match="Only the Tech Lead may start"):
        begin(store, small(**{'target = "shop"': 'target = "shop"\nstarters = ["lead"]'}))


def test_a_run_keeps_the_page_it_was_started_with(store: Store) -> None:
    run = begin(store)
    assert store.run(run.id).text == PAGE.text
