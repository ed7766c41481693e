"""`/deploy …`: every word has its effect and its help, and a wrong word gets a hint."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.doors.actions import the_run
from bot.doors.press import Press
from bot.slack.channels import deploy_channels
from bot.slack.methods import COMMANDS
from bot.slack.origin import Origin
from bot.slack.read_commands import MOST_CARDS, read_command
from bot.slack.slash_command import (
    HELP,
    WORDS,
    asks_help,
    fact_of,
    help_text,
    opens_form,
    start_of,
    started_text,
)
from bot.slack.views.blocks import Message
from commands.runbook import Page
from commands.start.request import StartRequest
from commands.start.starter import Started
from state.errors import BadPage, Refused
from state.records import RunState
from state.sqlite.store import Store
from tests.bot.slack.run_writer import CHANNEL, DBA, GUEST, LEAD, PAGE, RunWriter, deps_of
from tests.bot.slack.slack_box import SlackBox, buttons, play
from tests.bot.slack.views.drawn import shown
from tests.pages import NOON, event, small
from tests.state.sqlite.forger import by_hand
from tests.state.sqlite.unreadable import UNREADABLE

BLOG: Page = small(**{'target = "shop"': 'target = "blog"'})


@pytest.fixture
def writer(tmp_path: Path) -> RunWriter:
    """A record without runs."""
    store = Store(tmp_path / "gonogo.db")
    return RunWriter(store, deps_of(store), PAGE)


def replied(writer: RunWriter, text: str) -> str:
    """The reply to `/deploy TEXT` in the deploy channel, as text."""
    reply = help_text(text) if asks_help(text) else read_command(writer.deps, text, CHANNEL)
    return reply if isinstance(reply, str) else shown(reply)


def test_help_has_one_line_for_each_command() -> None:
    words = [usage.split()[0] for usage in HELP]
    told_beside_another = {"unfreeze", "unlock"}
    assert not (untold := set(WORDS) - {*words} - told_beside_another), f"HELP of slash_command.py lacks {untold}"
    assert not (unknown := set(words) - {*WORDS}), f"HELP tells of {unknown}, which WORDS of slash_command.py lacks"
    assert len(words) == len(set(words))


def test_help_fits_a_phone(writer: RunWriter) -> None:
    lines = replied(writer, "help").splitlines()
    start = "`/deploy start [page] [ref] [at 23:00] [because <why>]`"
    assert lines[0] == f"{start}  start or plan a deployment; alone, a form opens"
    assert "`/deploy rollback [reason]`  roll back; anybody can, at any time" in lines
    assert max(map(len, lines)) <= 110, "a line must not fill half of a phone's screen"


def test_every_command_of_the_manifest_has_its_help() -> None:
    for word in COMMANDS["/deploy"].split(" | "):
        assert any(usage.split()[0] == word for usage in HELP), word


@pytest.mark.parametrize(
    ("text", "opens"), [("start", True), (" start ", True), ("start small.md", False), ("", False)]
)
def test_only_a_bare_start_opens_the_form(text: str, opens: bool) -> None:
    assert opens_form(text) is opens


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("rollback it burns", ("rollback", "it burns")),
        ("false-alarm  a load test ", ("false_alarm", "a load test")),
        ("SIGN", ("sign", "")),
        ("status", ("", "")),
        ("", ("", "")),
    ],
)
def test_what_people_decide_is_told_apart_from_what_they_ask(text: str, fact: tuple[str, str]) -> None:
    assert fact_of(text) == fact


@pytest.mark.parametrize(
    ("text", "asks"), [("help", True), ("", True), ("rolback", True), ("status", False), ("HOLD x", False)]
)
def test_what_is_no_command_is_answered_by_the_list(text: str, asks: bool) -> None:
    assert asks_help(text) is asks


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("rolback", "There is no `/deploy rolback`. Did you mean `/deploy rollback`?"),
        ("xyz <!channel>", "There is no `/deploy xyz`."),
        ("<!here>", "There is no `/deploy &lt;!here&gt;`."),
    ],
)
def test_an_unknown_word_gets_a_hint_and_the_help(writer: RunWriter, text: str, reply: str) -> None:
    assert replied(writer, text).splitlines()[0] == reply
    assert "`/deploy help`  show this list" in replied(writer, text)


@pytest.mark.parametrize("text", ["status", "history"])
def test_without_a_run_the_reply_says_how_to_start_one(writer: RunWriter, text: str) -> None:
    assert replied(writer, text) == "There is no run yet. Start one with `/deploy start`."


def test_status_is_the_card_with_its_buttons(writer: RunWriter) -> None:
    writer.run_at_gate()
    reply = read_command(writer.deps, "status", CHANNEL)
    assert isinstance(reply, Message)
    assert buttons(reply) == ["rollback", "hold"]


def test_status_shows_the_last_run_once_none_is_active(writer: RunWriter) -> None:
    writer.move_run(writer.start_run(), RunState.ABORTED)
    assert "shop: ABORTED, nothing was changed" in replied(writer, "status")


def test_status_of_several_runs_is_several_cards_with_ids_of_their_own(writer: RunWriter) -> None:
    writer.start_run()
    RunWriter(writer.store, writer.deps, BLOG).start_run()
    reply = read_command(writer.deps, "status", CHANNEL)
    assert isinstance(reply, Message)
    assert "shop: deploying" in shown(reply)
    assert "blog: deploying" in shown(reply)
    ids = [block["block_id"] for block in reply.blocks]
    assert len(set(ids)) == len(ids), ids


def test_history_lists_the_runs(writer: RunWriter) -> None:
    writer.run_at_gate()
    assert "shop  main: going (in progress)" in replied(writer, "history")
    assert "Deployment frequency: not known yet" in replied(writer, "history")


@pytest.mark.parametrize("drills", [False, True])
def test_the_history_has_the_times_of_the_pages_zone(writer: RunWriter, drills: bool) -> None:
    writer.run_at_gate()
    if drills:
        by_hand(writer.store.path, "UPDATE runs SET drill = 'places'")
    run = writer.store.run(1)
    local = run.began_at.astimezone(ZoneInfo("Asia/Bangkok"))
    assert f"{local:%Y-%m-%d %H:%M}" in replied(writer, "history drills" if drills else "history")


def test_history_names_a_run_that_cannot_be_read_and_lists_one_whose_page_cannot(writer: RunWriter) -> None:
    for _ in range(2):
        writer.move_run(writer.start_run(), RunState.ABORTED)
    by_hand(writer.store.path, UNREADABLE["a fact of no kind"])
    by_hand(writer.store.path, "UPDATE runs SET text = '# A page of another time'")
    told = replied(writer, "history")
    assert "shop  main: aborted" in told
    assert "Run 1 cannot be read and is left out here." in told


def test_a_run_without_a_channel_whose_page_cannot_be_read_keeps_nobody_out(writer: RunWriter) -> None:
    writer.start_run()
    before = deploy_channels(writer.deps)
    by_hand(writer.store.path, "UPDATE runs SET channel = '', text = '# A page of another time'")
    assert deploy_channels(writer.deps) == before


def test_status_shows_no_run_of_another_channel(writer: RunWriter) -> None:
    writer.start_run()
    assert read_command(writer.deps, "status", "C02OTHER") == "There is no run yet. Start one with `/deploy start`."


def test_status_all_lists_the_runs_of_every_channel_with_where_to_act(writer: RunWriter) -> None:
    assert replied(writer, "status all") == "No run is active in any channel. Start one with `/deploy start`."
    writer.run_at_gate()
    RunWriter(writer.store, writer.deps, BLOG).start_run()
    by_hand(writer.store.path, "UPDATE runs SET channel = 'C02OTHER' WHERE id = 2")
    reply = read_command(writer.deps, "status ALL", CHANNEL)
    assert isinstance(reply, str)
    first, second = reply.splitlines()
    assert re.fullmatch(r"🙋 shop: waiting for sign-off · T\+.+ s · run 1 in <#C01DEPLOY>", first), first
    assert re.fullmatch(r"🚀 blog: deploying · T\+.+ s · run 2 in <#C02OTHER>", second), second


def test_status_all_names_a_run_that_cannot_be_read_beside_the_others(writer: RunWriter) -> None:
    writer.start_run()
    RunWriter(writer.store, writer.deps, BLOG).start_run()
    by_hand(writer.store.path, "UPDATE runs SET text = '# A page of another time' WHERE id = 1")
    first, second = replied(writer, "status all").splitlines()
    assert first.startswith("⚠️ shop, run 1 in <#C01DEPLOY>: ")
    assert second.startswith("🚀 blog: deploying")
    by_hand(writer.store.path, "UPDATE runs SET note = CAST(x'ff' AS TEXT) WHERE id = 2")
    assert "⚠️ Run 2 cannot be read from the record" in replied(writer, "status all")


def test_status_says_how_many_runs_of_the_channel_it_leaves_out(writer: RunWriter) -> None:
    for number in range(MOST_CARDS + 2):
        RunWriter(writer.store, writer.deps, small(**{'target = "shop"': f'target = "shop{number}"'})).start_run()
    assert "And 2 more runs in this channel; `/deploy status all` lists every run." in replied(writer, "status")
    assert len(replied(writer, "status all").splitlines()) == MOST_CARDS + 2


def test_a_typed_start_names_page_and_ref(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await box.workspace.command(DBA, "/deploy start small.md v2")
        await box.reply_to(DBA, "Run 1 of small.md has started. Its card is in <#C01DEPLOY>.")
        run = box.store.run(1)
        assert (run.ref, run.starter) == ("v2", DBA)
        assert (
            started_text(Started(run=run, warnings=())) == "Run 1 of small.md has started. Its card is in <#C01DEPLOY>."
        )

    play(tmp_path, story)


def test_a_start_with_too_many_words_starts_nothing() -> None:
    assert start_of("start small.md v2") == StartRequest(page="small.md", ref="v2")
    assert start_of("status") is None
    with pytest.raises(Refused, match=r"Too many words\. Type /deploy start"):
        start_of("start small.md v2 now")


def test_every_button_has_its_command(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        await box.workspace.command(DBA, "/deploy sign")
        await box.reply_to(DBA, "Signed as Database Admin")
        await box.workspace.command(LEAD, "/deploy refuse the plan is old")
        await box.reply_to(LEAD, "Refused as Tech Lead")
        await box.workspace.command(GUEST, "/deploy rollback it burns")
        await box.reply_to(GUEST, "nothing is rolled back")
        request = box.store.record(run.id).rollback
        assert request
        assert request.reason == "it burns"

    play(tmp_path, story)


def test_status_names_a_run_that_cannot_be_read_beside_the_others(writer: RunWriter) -> None:
    writer.start_run()
    row = dict.fromkeys(("ref", "starter", "note", "page", "text"), "") | {"target": "blog", "channel": CHANNEL}
    writer.store.start_run({**row, "speed": 1.0, "notice_minutes": 0}, NOON, event("started"))
    by_hand(writer.store.path, "UPDATE runs SET note = CAST(x'ff' AS TEXT) WHERE id = 2")
    said = replied(writer, "status")
    assert "Run 2 cannot be read from the record" in said
    assert "shop:" in said
    by_hand(writer.store.path, "UPDATE runs SET note = CAST(x'ff' AS TEXT)")
    assert "Run 1 cannot be read" in replied(writer, "status")
    with pytest.raises(Refused, match="Run 1 cannot be read"):
        the_run(writer.deps)


@pytest.mark.parametrize("error", [BadPage(3, "", "is wrong"), OverflowError("raw"), OSError(21, "raw")])
def test_a_typed_rollback_is_written_although_no_page_can_be_read(tmp_path: Path, error: Exception) -> None:
    def unreadable() -> dict[str, Page]:
        raise error

    async def story(box: SlackBox) -> None:
        run = box.start_run()
        origin = Origin(person=GUEST, channel=CHANNEL, teams=frozenset())
        assert (
            await box.listeners().acts.type(origin, "rollback", "now")
            == "Nothing was changed on shop yet, so nothing is rolled back. The run ends."
        )
        assert box.store.record(run.id).rollback

    play(tmp_path, story, serve=False, pages=unreadable)


@pytest.mark.parametrize("row", ["a fact of no kind", "a run at no places"])
def test_a_rollback_is_written_from_slack_although_a_row_of_the_run_cannot_be_read(tmp_path: Path, row: str) -> None:
    async def story(box: SlackBox) -> None:
        run = box.start_run()
        by_hand(box.store.path, UNREADABLE[row])
        origin, acts = Origin(person=GUEST, channel=CHANNEL, teams=frozenset()), box.listeners().acts
        assert (await acts.run_of_form(origin, f"{run.id}:0")).id == run.id
        said = await acts.type(origin, "hold", "now")
        assert said.startswith("shop: The hold is written, but it waits. Run 1 cannot be read")
        said = await acts.press(origin, Press(action="rollback", value=f"{run.id}:0", person=GUEST))
        assert said.startswith("The rollback is written, but it waits. Run 1 cannot be read")

    play(tmp_path, story, serve=False)


def test_the_form_of_an_early_keep_says_what_is_skipped(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        run = box.run_at_gate()
        box.begin_watch(run)
        acts = box.listeners().acts
        note = await acts.form_note("keep_early", run)
        assert note.startswith("⏩ The rest of the watch is skipped: ")
        assert await acts.form_note("skip", run) == ""
        assert await acts.form_note("keep_early", replace(run, id=77)) == "", "a form opens, whatever it could say"

    play(tmp_path, story, serve=False)
