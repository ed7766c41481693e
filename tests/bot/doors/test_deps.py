"""What the doors need: the starter has the same parts, and usual times are read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.doors import deps as deps_module
from bot.served_doors import served_pages
from bot.settings import Settings
from commands.runbook import Page
from state.errors import BadPage
from state.records import Run
from state.sqlite.store import Store
from tests.bot.slack.run_writer import PAGE, RunWriter, deps_of


def test_the_starter_uses_the_same_parts(tmp_path: Path) -> None:
    store = Store(tmp_path / "gonogo.db")
    deps = deps_of(store)
    starter = deps.starter
    for name in ("store", "pages", "people", "missing", "preflight", "channel", "now"):
        assert getattr(starter, name) is getattr(deps, name), name
    store.close()


def test_the_usual_times_of_a_run_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []

    def read(_: Store, run: Run) -> dict[str, object]:
        reads.append(run.id)
        return {}

    monkeypatch.setattr(deps_module, "usual_times_before", read)
    store = Store(tmp_path / "gonogo.db")
    deps = deps_of(store)
    run = RunWriter(store, deps, PAGE).start_run()
    for _ in range(3):
        deps.usual(run)
    assert reads == [run.id], "the card is drawn every second"
    store.close()


@pytest.mark.parametrize("error", [BadPage(3, "", "is wrong"), OverflowError("raw"), OSError(21, "raw")])
def test_pages_that_cannot_be_read_are_those_of_the_active_runs_whatever_the_reason(
    tmp_path: Path, error: Exception
) -> None:
    def unreadable() -> dict[str, Page]:
        raise error

    store = Store(tmp_path / "gonogo.db")
    deps = deps_of(store, pages=unreadable)
    settings = Settings(runbook=tmp_path, state=store.path)
    assert deps.known_pages() == []
    with pytest.raises(type(error)):
        served_pages(deps, settings)
    RunWriter(store, deps, PAGE).start_run()
    assert [page.name for page in deps.known_pages()] == [PAGE.name]
    assert [page.name for page in served_pages(deps, settings)] == [PAGE.name], "the run under way is served"
    store.close()
