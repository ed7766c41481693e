"""What an error of Slack means for a message: wait, send it in another way, or post it anew."""

from __future__ import annotations

import logging

from slack_sdk.errors import SlackApiError

from bot.slack.api_error import (
    TO_BE_MENDED,
    is_unknown,
    limited_for,
    passes_by_itself,
    said_by,
    status_and_name,
    what_to_do,
)

LOG = logging.getLogger("gonogo.slack")
# errors about the message or the file itself: sending the same again would not help
ABOUT_THE_MESSAGE = frozenset({
    "block_mismatch", "invalid_blocks", "invalid_blocks_format", "invalid_attachments", "too_many_attachments",
    "attachment_payload_limit_exceeded", "msg_too_long", "msg_blocks_too_long", "no_text", "cant_broadcast_message",
    "invalid_metadata_format", "invalid_metadata_schema", "metadata_too_large", "invalid_arguments", "invalid_arg_name",
    "invalid_array_arg", "invalid_form_data", "slack_connect_file_link_sharing_blocked",
    "file_upload_size_restricted", "file_uploads_disabled", "file_uploads_except_images_disabled", "blocked_file_type",
    "file_type_not_allowed", "snippet_too_large", "alt_txt_too_large", "slack_connect_file_upload_sharing_blocked",
})  # fmt: skip
# errors about the message that was to be changed, or whose thread was to be continued
GONE = frozenset({
    "message_not_found", "cant_update_message", "thread_not_found", "cannot_reply_to_message",
    "restricted_action_thread_locked",
})  # fmt: skip
# the workspace's settings let nobody change a message of that age
TOO_OLD = frozenset({"edit_window_closed"})
RETRY_LIMIT = 2.0  # seconds between attempts, at most; when Slack is back the card must be true within 5 s
MENDING_RETRY = 15.0  # seconds between attempts while somebody must fix something
UNKNOWN_RETRY_LIMIT = 60.0  # seconds between attempts after an error that the bot does not know, at most
UNKNOWN_TRIES = 5  # answers with such an error, about 8 s, until a message is sent in another way


class RefusedBySlack(Exception):
    """Slack refuses this message, and sending it again would not help. The text is Slack's name of the error."""


class GoneFromSlack(RefusedBySlack):
    """The message to be changed or answered is gone for the bot: deleted, closed, or another app's."""


class TooOldToChange(GoneFromSlack):
    """The message may not be changed any more. It stays as it is, beside the one that takes its place."""


class NotNow(Exception):
    """Slack refuses it for a reason that is not the message's: it may be accepted later. The text is its error."""


def retry_after(error: Exception, method: str, failures: int) -> float:
    """Seconds to wait before the next attempt.

    Raises GoneFromSlack, and RefusedBySlack if the message itself is wrong.
    """
    soon = min(growing(failures), RETRY_LIMIT)
    if not isinstance(error, SlackApiError):
        LOG.warning("%s: Slack is unreachable (%s); next attempt in %g s", method, type(error).__name__, soon)
        return soon
    name = status_and_name(error)[1]
    if wait := limited_for(error):
        LOG.warning("%s: rate limited by Slack; next attempt in %g s", method, wait)
        return wait
    if passes_by_itself(error):
        LOG.warning("%s: %s; next attempt in %g s", method, said_by(error), soon)
        return soon
    if name in TO_BE_MENDED:
        wait, todo = min(growing(failures), MENDING_RETRY), what_to_do(name)
        LOG.error("%s: Slack answers %s: %s. Nothing is lost; next attempt in %g s", method, name, todo, wait)
        return wait
    if name in TOO_OLD:
        raise TooOldToChange(name) from None
    if name in GONE:
        raise GoneFromSlack(name) from None
    if name in ABOUT_THE_MESSAGE:
        raise RefusedBySlack(name) from None
    # an unknown name means “not now”: the message is kept, because nothing says that it is the message's fault
    wait = growing(failures)
    LOG.error(
        "%s: Slack answers %s, which the bot does not know. Look the name up in Slack's documentation of %s. "
        "Nothing is lost; next attempt in %g s",
        method, name, method, wait,
    )  # fmt: skip
    return wait


def require_soon(error: Exception) -> None:
    """Raise NotNow unless an error passes by itself: nobody knows when Slack will accept it."""
    if isinstance(error, SlackApiError) and not passes_by_itself(error):
        raise NotNow(status_and_name(error)[1]) from None


class Patience:
    """How often in a row Slack has answered names that the bot does not know.

    Then the same message may be sent in another way: if it is the message's fault, the others need not wait for it.
    """

    def __init__(self) -> None:
        self._answers = 0

    def require(self, error: Exception) -> None:
        """Count one more answer. Raises RefusedBySlack after UNKNOWN_TRIES."""
        self._answers = self._answers + 1 if is_unknown(error) else 0
        if self._answers >= UNKNOWN_TRIES and isinstance(error, SlackApiError):
            raise RefusedBySlack(status_and_name(error)[1]) from None


def growing(failures: int) -> float:
    """Seconds to wait after so many failures: 0.5 at first, then always twice as long, to a minute."""
    return float(min(0.5 * 2.0 ** min(failures, 20), UNKNOWN_RETRY_LIMIT))
