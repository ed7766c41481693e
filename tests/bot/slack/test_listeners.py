"""Clicks, commands and modals against the workspace in a box: what happens, and what each person is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from bot.rehearsal.workspace import Message
from commands.steps.outcome import failed
from state.facts import Signature
from tests.bot.slack.box import CHANNEL, DBA, GUEST, LEAD, STARTER, Box, box, buttons
from tests.bot.slack.story import DEPLOY

Play = Callable[[Box], Awaitable[None]]


def play(folder: Path, story: Play, missing: Sequence[str] = ()) -> None:
    """Play a story in a box of its own."""

    async def whole() -> None:
        async with box(folder, missing=lambda _: list(missing)) as here:
            await story(here)

    asyncio.run(whole())


async def card_of(here: Box) -> Message:
    """The card, as soon as it is there."""
    return await here.sees("shop:", "Run 1")


def test_each_role_signs_with_the_button_and_the_message_says_who_did(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        here.gate()
        asked = await here.sees("Please sign")
        assert buttons(asked) == ["sign", "refuse"]
        await here.workspace.press(DBA, asked.ts, "sign")
        await here.hears(DBA, "Signed as Database Admin")
        await here.workspace.press(LEAD, asked.ts, "sign")
        settled = await here.sees("Signed: ✅", without="Please sign")
        assert settled.ts == asked.ts
        assert buttons(settled) == []
        assert str(settled.blocks).count("signed by") == 2

    play(tmp_path, story)


def test_the_wrong_person_gets_a_sentence_and_the_message_stays(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        run = here.gate()
        asked = await here.sees("Please sign")
        await here.workspace.press(GUEST, asked.ts, "sign")
        await here.hears(GUEST, "Only the Database Admin or Tech Lead may sign")
        assert buttons(await here.sees("Please sign")) == ["sign", "refuse"]
        assert here.store.record(run.id).facts == ()

    play(tmp_path, story)


def test_a_second_click_is_the_same_click(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        run = here.gate()
        asked = await here.sees("Please sign")
        for words in ("Signed as", "answered this already"):
            await here.workspace.press(DBA, asked.ts, "sign")
            await here.hears(DBA, words)
        assert len(here.store.record(run.id).facts) == 1

    play(tmp_path, story)


def test_duplicated_envelopes_are_harmless(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        here.workspace.faults.duplicate_envelopes = True
        await here.workspace.command(STARTER, "/deploy start small")
        await here.hears(STARTER, "has begun")
        await here.hears(STARTER, "already has run 1")
        card = await card_of(here)
        await here.workspace.press(GUEST, card.ts, "rollback")
        await here.hears(GUEST, "it happens once")
        assert [run.id for run in here.store.runs()] == [1]
        assert [fact.kind for fact in here.store.record(1).facts] == ["rollback"]

    play(tmp_path, story)


def test_anybody_may_roll_back_from_the_card(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        run = here.gate()
        await here.workspace.press(GUEST, (await card_of(here)).ts, "rollback")
        await here.hears(GUEST, "Rolling back shop")
        fact = here.store.record(run.id).rollback
        assert fact
        assert (fact.person, fact.by.door) == (GUEST, "slack")
        shown = await here.sees("shop: stopping, to roll back")
        assert buttons(shown) == []

    play(tmp_path, story)


def test_hold_and_resume_change_the_card(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        here.gate()
        card = await card_of(here)
        await here.workspace.press(GUEST, card.ts, "hold")
        held = await here.sees("shop: ON HOLD")
        assert buttons(held) == ["rollback", "resume"]
        await here.workspace.press(GUEST, card.ts, "resume")
        await here.hears(GUEST, "Only the Tech Lead may resume")
        await here.workspace.press(LEAD, card.ts, "resume")
        await here.sees("shop: waiting for sign-off", "'hold'")

    play(tmp_path, story)


def test_refusing_opens_a_form_for_the_reason(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        run = here.gate()
        asked = await here.sees("Please sign")
        await here.workspace.press(LEAD, asked.ts, "refuse")
        await here.until(lambda: here.workspace.views(LEAD))
        form = here.workspace.views(LEAD)[-1]
        reply = await here.workspace.submit(LEAD, form.id, {"reason": {"reason": "The backup is old"}})
        assert reply.errors == {}
        assert here.workspace.views(LEAD) == []
        await here.sees("refused to sign", "The backup is old")
        fact = here.store.record(run.id).newest(Signature, step="ready", attempt=1)
        assert fact
        assert (fact.refused, fact.role) == (True, "lead")

    play(tmp_path, story)


def test_a_form_that_may_not_be_says_so_at_its_field(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        here.gate()
        asked = await here.sees("Please sign")
        await here.workspace.press(GUEST, asked.ts, "refuse")
        await here.until(lambda: here.workspace.views(GUEST))
        form = here.workspace.views(GUEST)[-1]
        reply = await here.workspace.submit(GUEST, form.id, {"reason": {"reason": "I do not like it"}})
        assert "may sign" in reply.errors["reason"]

    play(tmp_path, story)


def test_a_failed_step_offers_every_answer_and_takes_one(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        run = here.gate()
        for person in (DBA, LEAD):
            asked = await here.sees("Please sign")
            await here.workspace.press(person, asked.ts, "sign")
            await here.hears(person, "Signed as")
        here.begin(run, DEPLOY)
        here.end(run, DEPLOY, failed("npm ended with 1."))
        asked = await here.sees("Failed: Put the code there")
        assert buttons(asked) == ["again", "done", "skip", "rollback"]
        await here.workspace.press(LEAD, asked.ts, "again")
        await here.sees("Run it again", f"<@{LEAD}>", without="'again'")

    play(tmp_path, story)


def test_bare_start_opens_a_form_and_the_form_starts_a_run(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        assert (await here.workspace.command(STARTER, "/deploy start")).acked
        await here.until(lambda: here.workspace.views(STARTER))
        form = here.workspace.views(STARTER)[-1]
        bad = await here.workspace.submit(STARTER, form.id, {"ref": {"ref": "--upload-pack=x"}})
        assert "is not a branch, tag or commit" in bad.errors["page"]
        good = await here.workspace.submit(STARTER, form.id, {"ref": {"ref": "v2.4.1"}, "minutes": {"minutes": "10"}})
        assert good.errors == {}
        run = here.store.runs()[0]
        assert (run.ref, run.notice_minutes, run.starter, run.channel) == ("v2.4.1", 10, STARTER, CHANNEL)
        await card_of(here)

    play(tmp_path, story)


def test_start_says_what_is_missing_in_the_environment(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        await here.workspace.command(STARTER, "/deploy start small.md")
        await here.hears(STARTER, "small.md needs variables that are not set", "SHOP_SSH, SHOP_KEY")
        assert here.store.runs() == []

    play(tmp_path, story, missing=["SHOP_SSH", "SHOP_KEY"])


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("/deploy start smal", "did you mean small.md"),
        ("/deploy rolback", "Did you mean `/deploy rollback`"),
        ("/deploy", "/deploy status"),
        ("/deploy help", "take everything back"),
        ("/deploy status", "Nothing has run yet"),
        ("/deploy history", "Nothing has run yet"),
        ("/deploy rollback", "Nothing runs now"),
        ("/deploy nonsense <!channel>", "There is no `/deploy nonsense`"),
    ],
)
def test_what_cannot_be_is_answered_with_what_can(tmp_path: Path, typed: str, words: str) -> None:
    async def story(here: Box) -> None:
        reply = await here.workspace.command(GUEST, typed)
        assert reply.acked
        assert reply.seconds < 1
        await here.hears(GUEST, words)

    play(tmp_path, story)


def test_status_is_the_card_for_one_person_with_its_buttons(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        here.gate()
        await card_of(here)
        await here.workspace.command(GUEST, "/deploy status")
        shown = await here.hears(GUEST, "waiting for sign-off")
        await here.workspace.press(GUEST, shown.ts, "hold")
        await here.hears(GUEST, "On hold")

    play(tmp_path, story)


def test_every_button_has_its_typed_word(tmp_path: Path) -> None:
    async def story(here: Box) -> None:
        run = here.gate()
        await here.workspace.command(DBA, "/deploy sign")
        await here.hears(DBA, "Signed as Database Admin")
        await here.workspace.command(LEAD, "/deploy refuse the plan is old")
        await here.hears(LEAD, "Refused as Tech Lead")
        await here.workspace.command(GUEST, "/deploy rollback it burns")
        await here.hears(GUEST, "Rolling back shop")
        fact = here.store.record(run.id).rollback
        assert fact
        assert fact.reason == "it burns"

    play(tmp_path, story)
