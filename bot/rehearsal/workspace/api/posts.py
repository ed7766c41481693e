"""What a message must be like before Slack takes it."""

from __future__ import annotations

from bot.rehearsal.workspace.blockkit.check import MOST_CHARACTERS, characters, too_many_tables, wrong_blocks
from bot.rehearsal.workspace.methods import SlackError
from bot.rehearsal.workspace.records import Json
from bot.rehearsal.workspace.team import Team

MOST_TEXT = 40_000
MOST_ATTACHMENTS = 100
MOST_METADATA = 16_000
"""Slack's own number is not published; this one is generous for ids and small values."""


def checked(team: Team, args: Json) -> Json:
    """The text, blocks, attachments and metadata of a post.

    Raises SlackError in Slack's words.
    """
    blocks, attachments = args.get("blocks") or [], args.get("attachments") or []
    if not (args.get("text") or blocks or attachments):
        raise SlackError("no_text")
    if blocks and team.faults.refuse_blocks:
        team.faults.refuse_blocks -= 1
        raise refused(["a rehearsed refusal [json-pointer:/blocks]"])
    check_blocks(blocks)
    _check_attachments(attachments)
    return {
        "text": str(args.get("text") or "")[:MOST_TEXT],
        "blocks": [{"block_id": f"b{number}", **block} for number, block in enumerate(blocks)],
        "attachments": attachments,
        "metadata": _metadata(args.get("metadata")),
    }


def check_blocks(blocks: list[Json]) -> None:
    """Refuse blocks as Slack does."""
    if wrong := wrong_blocks(blocks):
        raise refused(wrong)
    if characters(blocks) > MOST_CHARACTERS:
        raise SlackError("msg_blocks_too_long")
    if too_many_tables(blocks):
        raise SlackError("invalid_attachments", errors=["only_one_table_allowed"])


def refused(wrong: list[str]) -> SlackError:
    """The error of blocks that are not as they should be."""
    messages = [f"[ERROR] {line}" for line in wrong]
    return SlackError("invalid_blocks", errors=wrong, response_metadata={"messages": messages})


def _check_attachments(attachments: list[Json]) -> None:
    if len(attachments) > MOST_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    if any(wrong_blocks(one["blocks"]) for one in attachments if one.get("blocks")):
        raise SlackError("invalid_attachments")


def _metadata(given: Json | None) -> Json | None:
    if given in (None, {}):
        return given
    if not isinstance(given, dict) or not given.get("event_type") or not isinstance(given.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    if len(str(given)) > MOST_METADATA:
        raise SlackError("metadata_too_large")
    return given
