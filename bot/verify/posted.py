"""Compares a run's journal with what the bot posted of it to Slack."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.settings import Settings
from bot.slack.outbox.identity import PostedHead, heads_in
from bot.slack.serve import make_client
from state.journal import Chain
from state.store.verify import Verdict

MOST_PAGES = 50  # of 200 messages of the thread
READS = "conversations.replies"
# answers of Slack that say nothing about the message asked for; whoever writes the record can cause all others
SLACKS_OWN = frozenset({"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"})
REMOVED = "If the bot served the run with Slack, its message was removed from the file."
TIMEOUT = 60.0  # seconds for all of it


def compare_with_slack(settings: Settings, verdict: Verdict) -> tuple[bool, str]:
    """Whether the run's journal agrees with Slack, as far as it could be compared, and a line that says so."""
    if not settings.bot_token:
        return True, "Not compared with Slack: SLACK_BOT_TOKEN is not set."
    if verdict.chain is None or not (verdict.card or verdict.chain.entries):
        return True, "Not compared with Slack: the record has no journal of this run."
    if not verdict.card:
        return False, f"❌ Not compared with Slack: the record names no message of this run. {REMOVED}"
    try:
        heads = asyncio.run(_heads(settings, *verdict.card, verdict.run))
    except SlackApiError as error:
        return _refused(error)
    except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as error:
        return True, f"Not compared with Slack: it is unreachable ({type(error).__name__})."
    return compare(verdict.chain, heads)


def _refused(error: SlackApiError) -> tuple[bool, str]:
    answer, asked = error.response.get("error", "with an error"), getattr(error.response, "api_url", "")
    if not asked.endswith(READS) or answer in SLACKS_OWN:
        return True, f"Not compared with Slack: it answers {answer}."
    return False, f"❌ Not compared with Slack: it answers {answer} for the message that the record names."


def compare(chain: Chain, heads: Iterable[PostedHead]) -> tuple[bool, str]:
    """Whether a journal agrees with the heads that were posted, which no writer of the record can change."""
    posted = sorted(set(heads), key=lambda head: (head.entry, head.hash))
    if not posted:
        if not chain.entries:
            return True, "Not compared with Slack: nothing was posted of a journal of this run."
        return False, "❌ Slack has none of this run's entries in the thread that the record names."
    hashes = {entry.number: entry.hash for entry in chain.entries}
    agreed = 0
    for head in posted:
        if hashes.get(head.entry) != head.hash:
            after = f"the last entry that agrees is {agreed}" if agreed else "no entry before it agrees"
            what = (
                "is not the one that was posted to Slack" if head.entry in hashes else "was posted to Slack and is gone"
            )
            return False, f"❌ Entry {head.entry} {what}; {after}."
        agreed = head.entry
    return True, f"✅ Agrees with {len(posted)} entries that were posted to Slack, the last one entry {agreed}."


async def _heads(settings: Settings, channel: str, ts: str, run: int) -> list[PostedHead]:
    """The heads in the bot's own messages of a thread."""
    client = make_client(settings)
    try:
        async with asyncio.timeout(TIMEOUT):
            return await _read(client, channel, ts, run)
    finally:
        if client.session:
            await client.session.close()


async def _read(client: AsyncWebClient, channel: str, ts: str, run: int) -> list[PostedHead]:
    me, cursor = (await client.auth_test())["user_id"], ""
    heads: list[PostedHead] = []
    for _ in range(MOST_PAGES):
        page = await client.conversations_replies(
            channel=channel, ts=ts, cursor=cursor, limit=200, include_all_metadata=True
        )
        for message in page["messages"]:
            if message.get("user") == me:
                heads += heads_in(message.get("metadata"), run)
        cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
        if not cursor:
            break
    return heads
