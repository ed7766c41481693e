"""Checks a message as Slack does before it posts it."""

from __future__ import annotations

from bot.rehearsal.workspace.blockkit.validation import MOST_CHARACTERS, block_errors, count_characters, too_many_tables
from bot.rehearsal.workspace.method_registry import SlackError
from bot.rehearsal.workspace.slack_objects import Json
from bot.rehearsal.workspace.workspace_state import WorkspaceState

MOST_TEXT = 40_000
MOST_ATTACHMENTS = 100
MOST_METADATA = 16_000
"""Characters. Slack publishes no number; this is generous for ids and small values."""


def validated_message(state: WorkspaceState, args: Json) -> Json:
    """The text, blocks, attachments and metadata of a message. Raises SlackError when Slack would refuse it."""
    blocks, attachments = args.get("blocks") or [], args.get("attachments") or []
    if not (args.get("text") or blocks or attachments):
        raise SlackError("no_text")
    if blocks and state.faults.refuse_blocks:
        state.faults.refuse_blocks -= 1
        raise invalid_blocks(["refused on purpose by the rehearsal [json-pointer:/blocks]"])
    for words, error in state.faults.refuse_words.items():
        if words in str(blocks):
            raise SlackError(error)
    check_blocks(blocks)
    _check_attachments(attachments)
    return {
        "text": str(args.get("text") or "")[:MOST_TEXT],
        "blocks": [{"block_id": f"b{number}", **block} for number, block in enumerate(blocks)],
        "attachments": attachments,
        "metadata": _metadata(args.get("metadata")),
    }


def check_blocks(blocks: list[Json]) -> None:
    """Raise SlackError for blocks that Slack would refuse."""
    if errors := block_errors(blocks):
        raise invalid_blocks(errors)
    if count_characters(blocks) > MOST_CHARACTERS:
        raise SlackError("msg_blocks_too_long")
    if too_many_tables(blocks):
        raise SlackError("invalid_attachments", errors=["only_one_table_allowed"])


def invalid_blocks(errors: list[str]) -> SlackError:
    """Slack's answer to invalid blocks."""
    messages = [f"[ERROR] {line}" for line in errors]
    return SlackError("invalid_blocks", errors=errors, response_metadata={"messages": messages})


def _check_attachments(attachments: list[Json]) -> None:
    if len(attachments) > MOST_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    if any(block_errors(one["blocks"]) for one in attachments if one.get("blocks")):
        raise SlackError("invalid_attachments")


def _metadata(value: Json | None) -> Json | None:
    if value in (None, {}):
        return value
    if not isinstance(value, dict) or not value.get("event_type") or not isinstance(value.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    if len(str(value)) > MOST_METADATA:
        raise SlackError("metadata_too_large")
    return value
