"""KEEP says what it starts, where and when, and what it skips."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.slack.views.blocks import Message
from bot.slack.views.card import card
from bot.slack.views.following import Following, following_of, in_question
from bot.slack.views.panel import panel
from bot.slack.views.questions import question
from bot.slack.views.snapshot import Snapshot
from commands.progress.step_state import DECISION, WATCH
from commands.runbook import read_page
from state.errors import Refused
from state.events import Ask, CriteriaShown, PeopleAsked
from state.facts import BOT, NextRun
from state.records import RunState
from state.sqlite.store import Store
from tests.bot.slack.run_writer import LEAD, deps_of
from tests.bot.slack.views.drawn import button_of, event_with, shown, snapshot_with
from tests.pages import NOON, SIGNED, row, said, small

STARTS = small(**{'role = "lead"\n```\n': 'role = "lead"\nstarts = "option-a.md"\n```\n'})
NEXT = Following(name="option-a.md", target="shop in production", channel="C07PROD", is_signed=True)
DECIDING = (row("ready", "done"), row(WATCH, "done"), row(DECISION, "running"))


def next_of(snapshot: Snapshot, following: Following | None = NEXT) -> Snapshot:
    return replace(snapshot, page=STARTS, following=following)


def asked(data: PeopleAsked, snapshot: Snapshot) -> Message:
    return question(snapshot, event_with(data, step=data.step), data)


def decision(snapshot: Snapshot) -> Message:
    return asked(PeopleAsked(ask=Ask.DECIDE, step=DECISION, title="KEEP or ROLLBACK", roles=("lead",)), snapshot)


def test_the_button_of_keep_and_its_question_name_what_begins() -> None:
    drawn = decision(next_of(snapshot_with(*DECIDING, facts=SIGNED)))
    keep = button_of(drawn, "keep")
    assert keep["text"]["text"] == "✅ KEEP, start option-a"
    assert keep["confirm"]["text"]["text"] == (
        "shop stays as it is now. This run can no longer be rolled back. Then option-a.md starts at once to "
        "shop in production, in its own channel. Before its first change it waits for its own sign-offs."
    )
    assert "➡️ KEEP starts *option-a.md* at once: the same release to *shop in production*, in <#C07PROD>." in shown(
        drawn
    )


def test_keep_of_a_page_that_starts_no_other_says_nothing_of_one() -> None:
    drawn = decision(snapshot_with(*DECIDING, facts=SIGNED))
    assert button_of(drawn, "keep")["text"]["text"] == "✅ KEEP"
    assert "start" not in shown(drawn)


def test_a_next_page_in_the_same_channel_says_so_and_one_that_cannot_be_read_is_still_named(tmp_path: Path) -> None:
    assert ", in this channel. " in in_question(replace(NEXT, channel="C1"), "C1")
    store = Store(tmp_path / "gonogo.db")
    a = replace(STARTS, name="option-a.md")
    found = following_of(deps_of(store, a), STARTS)
    assert found == Following(name="option-a.md", target="shop", channel="C01DEPLOY", is_signed=True)

    def unreadable() -> dict[str, object]:
        raise Refused("line 3")

    assert following_of(deps_of(store, pages=unreadable), STARTS) == Following(name="option-a.md")
    assert following_of(deps_of(store), small()) is None
    store.close()


def test_a_next_page_that_asks_nobody_before_its_first_change_says_that(tmp_path: Path) -> None:
    gate = STARTS.text[STARTS.text.index("## Before") : STARTS.text.index("## Deploy")]
    unsigned = read_page(STARTS.text.replace(gate, ""), "option-a.md")
    store = Store(tmp_path / "gonogo.db")
    found = following_of(deps_of(store, unsigned), STARTS)
    store.close()
    assert found
    assert found.waits == " It asks nobody before its first change."
    counted = replace(found, countdown=timedelta(minutes=10))
    assert counted.waits == " It asks nobody before its first change, after 10 min of countdown."
    unread = Following(name="option-a.md")
    assert in_question(unread, "C1") == " Then option-a.md starts at once."


def test_a_second_person_reads_how_much_of_the_watch_is_skipped_and_what_begins() -> None:
    early = said("early keep", person=LEAD, reason="quiet", after=20)
    watching = snapshot_with(row("ready", "done"), row(WATCH, "running"), facts=(*SIGNED, early))
    data = PeopleAsked(ask=Ask.AGREE, step=DECISION, title="KEEP", roles=("dba", "lead"))
    drawn = asked(data, replace(next_of(watching), now=NOON + timedelta(minutes=25)))
    skipped = "The rest of the watch is skipped: 40 min of 1 h."
    assert f"⏩ {skipped}" in shown(drawn)
    assert "KEEP starts *option-a.md* at once" in shown(drawn)
    assert button_of(drawn, "agree")["confirm"]["text"]["text"].startswith(f"{skipped} shop stays as it is now.")
    later = asked(data, replace(next_of(watching), now=NOON + timedelta(minutes=26)))
    assert later == drawn, "a question that changes every second would be sent again and again"


def test_the_panel_says_what_keep_starts() -> None:
    watching = next_of(snapshot_with(row("ready", "done"), row(WATCH, "running")))
    assert "KEEP starts *option-a.md*" in shown(panel(watching, event_with(CriteriaShown()), CriteriaShown()))


def test_the_card_of_a_kept_run_says_what_became_of_the_next_page() -> None:
    keep = said("keep", person=LEAD)
    for more, text in (
        ((), "➡️ *option-a.md* is checked, then it starts. The result is posted in the thread."),
        ((NextRun(by=BOT, at=NOON, page="option-a.md", started=2),), "➡️ Run 2 of *option-a.md* has started"),
        ((NextRun(by=BOT, at=NOON, page="option-a.md"),), "⚠️ *option-a.md* was NOT started"),
    ):
        assert text in shown(card(next_of(snapshot_with(facts=(keep, *more), state=RunState.KEPT))))
