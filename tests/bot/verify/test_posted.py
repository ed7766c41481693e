"""The journal against Slack: who writes the whole state file anew, with the key, is found."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.slack.outbox.identity import PostedHead, heads_in, shows
from bot.verify.posted import REMOVED, _heads, compare, compare_with_slack
from bot.verify.record import verify_record
from state.journal import Chain, Entry, EntryKind, entry_after
from state.records import RunState
from state.sqlite.store import verify_file
from state.store.verify import Verdict
from tests.bot.slack.run_writer import DBA, LEAD, READY, in_slack
from tests.bot.slack.slack_box import SlackBox, play
from tests.state.sqlite.forger import by_hand


def chain_of(*refs: str) -> Chain:
    """A journal with events of these names."""
    entries: list[Entry] = []
    head = None
    for ref in refs:
        entry, head = entry_after(head, 1, EntryKind.EVENT, ref, {"name": ref}, None)
        entries.append(entry)
    return Chain(run=1, entries=tuple(entries), head=head, rows={})


def posted(chain: Chain, *numbers: int) -> list[PostedHead]:
    return [PostedHead(entry.number, entry.hash) for entry in chain.entries if entry.number in numbers]


async def signed_run(box: SlackBox) -> None:
    """A run whose gate both roles have signed, and which was aborted, all of it posted."""
    run = box.run_at_gate()
    await box.message_with("The backup is there")
    for person in (DBA, LEAD):
        box.actions(run).sign(READY, 1, in_slack(person), box.deps.now())
    await box.wait_until_posted()
    box.move_run(run, RunState.ABORTED)
    await box.wait_until_posted()


async def verdict_of(box: SlackBox) -> tuple[Verdict, list[PostedHead]]:
    (verdict,) = await asyncio.to_thread(verify_file, box.store.path, box.store.key, 1)
    assert verdict.card
    return verdict, await _heads(box.settings, *verdict.card, 1)


def test_each_sign_off_and_the_end_have_the_head_of_the_journal_in_slack(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await signed_run(box)
        verdict, heads = await verdict_of(box)
        events = box.store.events(1)
        signatures = [one for one in events if one.data.stored_kind == "signed"]
        assert len(signatures) == 2
        assert PostedHead(signatures[-1].entry, signatures[-1].hash) in heads, "the last signature of the gate"
        assert PostedHead(events[-1].entry, events[-1].hash) in heads, "the end"
        assert verdict.chain
        good, line = compare(verdict.chain, heads)
        assert good
        assert line.endswith(f"the last one entry {events[-1].entry}.")

    play(tmp_path, story)


def test_a_record_that_was_written_anew_with_the_key_is_found_against_slack(tmp_path: Path) -> None:
    """Somebody with the key and the whole program lets it write the run again, with another signer."""

    async def story(box: SlackBox) -> None:
        await signed_run(box)
        before = box.store.chain(1)
        by_hand(
            box.store.path, "UPDATE facts SET person = 'U9' WHERE key LIKE '%:lead'; DELETE FROM journal WHERE run = 1"
        )
        head, rows = None, box.store.chain(1).rows
        with box.store.opened.write():
            for entry in before.entries:
                row = rows.get((entry.kind, entry.ref), {})
                head = box.store._write_entry(head, 1, EntryKind(entry.kind), entry.ref, row)
        verdict, heads = await verdict_of(box)
        assert verdict.changes == (), "by itself the record is good"
        assert verdict.chain
        good, line = compare(verdict.chain, heads)
        signature = next(entry.number for entry in before.entries if entry.ref == f"sign:{READY}:1:lead")
        assert not good
        assert "is not the one that was posted to Slack; the last entry that agrees is" in line
        assert int(line.split()[2]) > signature > int(line.rstrip(".").split()[-1])

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        ("DELETE FROM posts", f"❌ Not compared with Slack: the record names no message of this run. {REMOVED}"),
        (
            "DELETE FROM posts WHERE event = 0",
            f"❌ Not compared with Slack: the record names no message of this run. {REMOVED}",
        ),
        (
            "UPDATE posts SET channel = 'C404'",
            "❌ Not compared with Slack: it answers channel_not_found for the message that the record names.",
        ),
        (
            "UPDATE posts SET ts = '1.1'",
            "❌ Not compared with Slack: it answers thread_not_found for the message that the record names.",
        ),
    ],
)
def test_a_record_whose_message_is_not_named_any_more_is_not_good(tmp_path: Path, sql: str, line: str) -> None:
    """Otherwise an earlier copy of the file would be good once it names no message of the run."""

    async def story(box: SlackBox) -> None:
        await signed_run(box)
        by_hand(box.store.path, sql)
        (verdict,) = await asyncio.to_thread(verify_file, box.store.path, box.store.key, 1)
        assert verdict.changes == ()
        assert await asyncio.to_thread(compare_with_slack, box.settings, verdict) == (False, line)
        assert (await asyncio.to_thread(verify_record, box.settings, 1))[0] is False

    play(tmp_path, story)


def test_another_persons_message_says_nothing_about_a_run(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await signed_run(box)
        verdict, heads = await verdict_of(box)
        for message in box.workspace.messages():
            message.user = DBA
        assert verdict.card
        assert await _heads(box.settings, *verdict.card, 1) == []
        assert heads

    play(tmp_path, story)


# -- the comparison --------------------------------------------------------------------------------------------------


def test_what_was_posted_and_is_gone_or_is_another_is_named() -> None:
    chain = chain_of("1 a", "2 b", "3 c", "4 d")
    other = chain_of("1 a", "2 b", "3 x", "4 d")
    assert compare(chain, posted(chain, 2, 4)) == (
        True,
        "✅ Agrees with 2 entries that were posted to Slack, the last one entry 4.",
    )
    assert compare(other, posted(chain, 2, 4)) == (
        False,
        "❌ Entry 4 is not the one that was posted to Slack; the last entry that agrees is 2.",
    )
    assert compare(replace(chain, entries=chain.entries[:2]), posted(chain, 2, 4)) == (
        False,
        "❌ Entry 4 was posted to Slack and is gone; the last entry that agrees is 2.",
    )
    assert compare(chain_of("9 z"), posted(chain, 1))[1] == (
        "❌ Entry 1 is not the one that was posted to Slack; no entry before it agrees."
    )
    assert not compare(chain, [])[0], "the thread that the record names is not that of the run"
    assert compare(chain_of(), [])[0]


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        "text",
        {"event_type": "other", "event_payload": {"run": 1, "entry": 2, "hash": "x"}},
        {"event_type": "gonogo_event", "event_payload": "text"},
        {"event_type": "gonogo_event", "event_payload": {"run": 2, "entry": 2, "hash": "x"}},
        {"event_type": "gonogo_event", "event_payload": {"run": 1, "entry": 0, "hash": ""}},
        {"event_type": "gonogo_event", "event_payload": {"run": 1, "entry": "2", "hash": "x"}},
    ],
)
def test_metadata_of_something_else_holds_no_head(metadata: object) -> None:
    assert heads_in(metadata, 1) == []


def test_a_message_is_found_again_whatever_was_added_to_its_metadata() -> None:
    identity = {"run": 1, "event": 3, "what": "event", "entry": 5, "hash": "x"}
    added = {"event_type": "gonogo_event", "event_payload": identity | {"newest_entry": 9, "newest_hash": "y"}}
    assert shows(added, identity)
    assert not shows(added, identity | {"event": 4})
    assert heads_in(added, 1) == [PostedHead(5, "x"), PostedHead(9, "y")]


def test_without_slack_it_says_that_it_was_not_compared(tmp_path: Path) -> None:
    async def story(box: SlackBox) -> None:
        await signed_run(box)
        (verdict,) = await asyncio.to_thread(verify_file, box.store.path, box.store.key, 1)
        no_token = replace(box.settings, bot_token="")
        assert await asyncio.to_thread(compare_with_slack, no_token, verdict) == (
            True,
            "Not compared with Slack: SLACK_BOT_TOKEN is not set.",
        )
        wrong = replace(box.settings, bot_token="xoxb-wrong")
        assert await asyncio.to_thread(compare_with_slack, wrong, verdict) == (
            True,
            "Not compared with Slack: it answers invalid_auth.",
        )
        away = replace(box.settings, api_url="http://127.0.0.1:9/api/")
        good, line = await asyncio.to_thread(compare_with_slack, away, verdict)
        assert good
        assert line.startswith("Not compared with Slack: it is unreachable (")

    play(tmp_path, story)
