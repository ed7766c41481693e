"""Who the run is waiting for and for what, on the card and in the status posts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.slack.views.snapshot import Asked
from bot.slack.views.waiting import alert_lines, answer_link, countdown_line, waiting_lines
from state.events import Ask
from tests.bot.slack.run_writer import DBA, LEAD, READY
from tests.bot.slack.views.drawn import snapshot_with
from tests.bot.slack.whole_run import snapshot_at
from tests.commands.signoff.samples import WINDOW
from tests.pages import NOON, record, row, said, small

AT_GATE = snapshot_with(row(READY, "done"))


def test_on_the_card_people_are_mentioned_and_sent_to_the_thread() -> None:
    assert waiting_lines(AT_GATE, AT_GATE.status, mentions=True).splitlines() == [
        f"🙋 *Waiting for* *Database Admin* <@{DBA}>, *Tech Lead* <@{LEAD}>",
        "to sign *✅ พร้อมไหม (ready?)*",
        "👉 The buttons are in the thread",
    ]


def test_one_tap_on_the_card_leads_to_the_question_which_says_since_when(tmp_path: Path) -> None:
    link = "https://shop.slack.com/archives/C1/p17?thread_ts=1.1&cid=C1"
    for turn, ask in (("waiting for one signature", Ask.SIGN), ("early keep", Ask.AGREE), ("decision", Ask.DECIDE)):
        snapshot = snapshot_at(tmp_path, turn)
        (waiting,) = (one for one in snapshot.status.waiting if one.ask is ask)
        questions = {(str(ask), waiting.step, waiting.attempt): Asked(at=NOON, link=link)}
        lines = waiting_lines(replace(snapshot, questions=questions), snapshot.status, mentions=True)
        assert f" since <!date^{int(NOON.timestamp())}^" in lines
        assert lines.endswith(f"👉 <{link.replace('&', '&amp;')}|Go to the buttons>")
        (tmp_path / "whole-run.db").unlink()


def test_what_is_no_address_is_no_link() -> None:
    assert answer_link(Asked(at=NOON, link="javascript:x")) == answer_link(None) == "👉 The buttons are in the thread"


def test_in_a_status_post_nobody_is_mentioned() -> None:
    assert waiting_lines(AT_GATE, AT_GATE.status, mentions=False) == (
        "🙋 *Waiting for* *Database Admin*, *Tech Lead* to sign *✅ พร้อมไหม (ready?)*"
    )


@pytest.mark.parametrize(
    ("turn", "text"),
    [
        ("failed", "*Waiting for* *x* to decide what to do about *x*"),
        ("early keep", "*Waiting for a second person* to agree: *KEEP before the watch is over*"),
        ("decision", "*Waiting for* *x* to decide *KEEP or ROLLBACK*"),
    ],
)
def test_each_question_says_what_is_needed(tmp_path: Path, turn: str, text: str) -> None:
    snapshot = snapshot_at(tmp_path, turn)
    assert waiting_lines(snapshot, snapshot.status, mentions=False) == f"🙋 {text}"


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [("skip", "skip "), ("done", "fixed by hand: "), ("override", "overrule the refusal of ")],
)
def test_a_second_person_reads_on_the_card_what_to_agree_to(choice: str, wanted: str) -> None:
    page = small(**WINDOW)
    answer = said("answer", "the-right-time", said=choice)
    refused = [said("sign", "the-right-time", said="no", role="dba")] * (choice == "override")
    snapshot = replace(AT_GATE, page=page, record=record(row("the-right-time", "failed"), facts=(*refused, answer)))
    assert waiting_lines(snapshot, snapshot.status, mentions=True) == (
        f"🙋 *Waiting for a second person* to agree: {wanted}*The right time*\n👉 The buttons are in the thread"
    )


def test_a_countdown_is_no_question_and_has_lines_of_its_own(tmp_path: Path) -> None:
    snapshot = snapshot_at(tmp_path, "countdown", "API > 5 s")
    assert waiting_lines(snapshot, snapshot.status, mentions=True) == ""
    (countdown,) = snapshot.status.countdowns
    assert alert_lines(countdown).splitlines()[0] == "*API &gt; 5 s*"
    assert countdown_line(snapshot, countdown, clock=True).startswith("⏳ *Rolls back in 1 min* at <!date^")
    assert countdown_line(snapshot, countdown, clock=False).startswith("⏳ *Rolls back at <!date^")
