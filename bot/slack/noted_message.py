"""The message that somebody wants to note: whether it can be, and its text in plain words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.api_error import status_and_name
from state.errors import Refused
from state.frozen import dataclass

LINK_LIMIT = 1.0  # seconds; the form waits for it
DELETED = "This message has been deleted, so nothing was noted."
_LINK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")


@dataclass(frozen=True, kw_only=True)
class NotedMessage:
    """A message: its ts, that of its thread (its own where it is in none), who wrote it, and what it says."""

    ts: str
    thread: str
    author: str
    text: str


def noted_message(body: Mapping[str, Any]) -> NotedMessage:
    """The message of a shortcut's payload. Raises Refused for one that cannot be noted."""
    found = body.get("message")
    message: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    ts = str(message.get("ts") or body.get("message_ts") or "")
    if not ts or message.get("subtype") == "tombstone":
        raise Refused(DELETED)
    if _is_of_another_app(message, str(body.get("api_app_id") or "")):
        raise Refused("This message is from another app. Only what people or this bot wrote can be noted.")
    return NotedMessage(
        ts=ts,
        thread=str(message.get("thread_ts") or ts),
        author="" if message.get("bot_id") else str(message.get("user") or ""),
        text=plain_words(str(message.get("text") or "")),
    )


async def permalink(client: AsyncWebClient, channel: str, ts: str) -> str:
    """The link to a message; empty where Slack gives none in time. Raises Refused for one that has been deleted."""
    try:
        async with asyncio.timeout(LINK_LIMIT):
            return str((await client.chat_getPermalink(channel=channel, message_ts=ts))["permalink"])
    except SlackApiError as error:
        if status_and_name(error)[1] == "message_not_found":
            raise Refused(DELETED) from None
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError):
        pass  # the note says enough without
    return ""


def plain_words(text: str) -> str:
    """Slack's markup as people read it: names for mentions of channels, addresses for links."""
    return unescape(_LINK.sub(_word, text)).strip()


def _word(link: re.Match[str]) -> str:
    target, label = link[1], link[2] or ""
    if target.startswith("@"):
        return target.removeprefix("@")
    if target.startswith("#"):
        return f"#{label}" if label else target.removeprefix("#")
    if target.startswith("!"):
        return label or f"@{target.removeprefix('!').partition('^')[0]}"
    address = target.removeprefix("mailto:")
    if label in (address, address.partition("//")[2].rstrip("/")):
        return label  # Slack made the link of a word, like small.md
    return f"{label} ({address})" if label else address


def _is_of_another_app(message: Mapping[str, Any], own: str) -> bool:
    if not message.get("bot_id") and message.get("subtype") != "bot_message":
        return False
    profile = message.get("bot_profile")
    app = message.get("app_id") or (profile.get("app_id") if isinstance(profile, Mapping) else "")
    return not own or app != own
