"""A bot with other pages or people than those of its record goes on with nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.doors import alike as room
from bot.doors.alike import Alike
from bot.doors.in_force import to_put_in_force
from bot.rehearsal.target.postgres import Postgres
from bot.settings import Settings
from commands.runbook import Page
from state.errors import Refused
from state.facts import Signature
from state.sqlite.store import Store
from state.store import RecordStore
from tests.bot.doors.terminal_users import ENVIRON
from tests.bot.slack.run_writer import CHANNEL, DBA
from tests.bot.slack.slack_box import SlackBox, play
from tests.bot.tools.helpers import eventually
from tests.pages import small
from tests.state.kept import KeptInPostgres

PAGE = small()
OTHER_TEXT = small(**{"A small deploy": "Another deploy"})
Serve = Callable[..., tuple[RecordStore, Alike]]


@pytest.fixture
def serve(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Lets another bot serve the record, with its own page and environment."""
    monkeypatch.setattr(room, "EVERY", 0.05)
    kept = KeptInPostgres(postgres, tmp_path)
    kept.prepare()
    opened: list[Alike] = []

    def serve(page: Page = PAGE, *, slack: bool = True, **changed: str) -> tuple[RecordStore, Alike]:
        store = kept.open(serving=True)
        settings = Settings(runbook=Path(), state=kept.address, slack=slack, environ={**ENVIRON, **changed})
        alike = Alike(store)
        opened.append(alike)
        alike.serve_with(to_put_in_force(settings, [page]))
        return store, alike

    yield serve
    for alike in opened:
        alike.stop()
    kept.close()


def may_go_on(alike: Alike, *, starts: bool = False) -> bool:
    try:
        alike.require(PAGE, starts=starts)
    except Refused:
        return False
    return True


def test_bots_with_the_same_pages_and_people_all_go_on(serve: Serve) -> None:
    for _ in range(3):
        serve()[1].require(PAGE, starts=True)


def test_a_bot_with_other_people_goes_on_with_nothing_and_the_variable_is_named_without_its_value(serve: Serve) -> None:
    _, first = serve()
    store, second = serve(SHOP_DBA="U99SECRET")
    with pytest.raises(Refused, match=r"differs from another bot .*, in SHOP_DBA, so nothing goes on") as refused:
        second.require(PAGE)
    assert "U99SECRET" not in str(refused.value)
    assert may_go_on(first)
    assert store.in_force()["SHOP_DBA"] != "U99SECRET", "the terminal believes the bot that served first"


def test_a_bot_with_another_text_of_the_page_starts_nothing_and_a_run_goes_on_by_its_own_copy(serve: Serve) -> None:
    serve()
    _, second = serve(OTHER_TEXT)
    with pytest.raises(Refused, match=r"in the page small\.md, so nothing goes on"):
        second.require(PAGE, starts=True)
    assert may_go_on(second)


def test_a_page_that_only_one_bot_has_is_no_difference_and_is_served_by_it(serve: Serve) -> None:
    store, _ = serve()
    page = small(**{'target = "shop"': 'target = "mine"'})
    object.__setattr__(page, "name", "mine.md")
    _, second = serve(page)
    assert may_go_on(second, starts=True)
    assert {"page small.md", "page mine.md"} <= store.in_force().keys()


def test_bots_with_and_without_slack_may_serve_together(serve: Serve) -> None:
    store, _ = serve()
    _, second = serve(slack=False)
    assert store.in_force()["uses Slack"] == "yes"
    assert eventually(second._store.is_in_force, 5)


def test_once_the_other_bot_has_gone_its_successor_goes_on(serve: Serve) -> None:
    first, _ = serve()
    store, second = serve(SHOP_DBA="U99")
    assert not may_go_on(second)
    first.close()
    assert eventually(lambda: may_go_on(second), 20)
    assert store.in_force()["SHOP_DBA"] == "U99"


def test_after_a_lost_session_a_bot_puts_in_force_again_what_it_serves_with(serve: Serve) -> None:
    store, first = serve()
    _, second = serve(SHOP_DBA="U99")
    with store.opened._session.mutex:  # type: ignore[attr-defined]
        store.opened._session.lose()  # type: ignore[attr-defined]
    assert eventually(store.is_in_force, 20)
    assert may_go_on(first)
    assert not may_go_on(second)


def test_in_a_file_the_only_bot_is_always_in_force(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "gonogo.db", serving=True)) as store:
        alike = Alike(store)
        settings = Settings(runbook=Path(), state=tmp_path / "gonogo.db", environ=ENVIRON)
        alike.serve_with(to_put_in_force(settings, [PAGE]))
        alike.require(PAGE, starts=True)
        assert store.in_force()["page small.md"]
        alike.stop()


def test_in_slack_going_on_and_starting_are_refused_and_stopping_works(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        box.deps.alike._differing = frozenset({"SHOP_DBA"})
        reply = await box.workspace.command(DBA, "/deploy start small.md", CHANNEL)
        assert reply.acked
        await box.reply_to(DBA, "differs from another bot", "SHOP_DBA")
        box.deps.alike._differing = frozenset()
        box.run_at_gate()
        await box.wait_until_posted()
        box.deps.alike._differing = frozenset({"SHOP_DBA"})
        await box.workspace.command(DBA, "/deploy sign", CHANNEL)
        await box.workspace.command(DBA, "/deploy hold too early", CHANNEL)
        await box.message_with("ON HOLD", "Run 1")
        assert not [fact for fact in box.store.record(1).facts if isinstance(fact, Signature)]

    play(tmp_path, story)
