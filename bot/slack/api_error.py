"""What an error of Slack's Web API says: status, name, and how long to wait."""

from __future__ import annotations

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

# errors that pass by themselves
TEMPORARY = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", "update_failed"})
APP_TOKEN = "SLACK_APP_TOKEN"  # noqa: S105  the variable's name
BOT_TOKEN = "SLACK_BOT_TOKEN"  # noqa: S105  the variable's name
_AGAIN = "copy the token again from the app's page ({where})"
_REINSTALL = "install the app again and copy the new token ({where})"
NO_ROTATION = "it cannot be switched off, so create a new app with manifest.yml, which has it off"
_ADMINISTRATOR = "the workspace does not let the bot post there; ask an administrator"
_OF_TOKENS = {
    "invalid_auth": _AGAIN,
    "not_authed": _AGAIN,
    "token_revoked": _REINSTALL,
    "token_expired": f"token rotation is on; {NO_ROTATION}",
    "account_inactive": _REINSTALL,
    "not_allowed_token_type": "xoxb-… goes into SLACK_BOT_TOKEN, xapp-… into SLACK_APP_TOKEN",
    "missing_scope": "install the app again with manifest.yml",
}
_CHANNEL = "copy the channel's id (C…) into {variable}; invite the bot to a private channel first"
_ARCHIVED = "unarchive the channel, or set {variable} to another one"
_OF_CHANNELS = {
    "channel_not_found": _CHANNEL,
    "invalid_channel": _CHANNEL,
    "not_in_channel": "type /invite @gonogo in the channel",
    "is_archived": _ARCHIVED,
    "is_inactive": _ARCHIVED,
    "restricted_action": _ADMINISTRATOR,
    "restricted_action_read_only_channel": _ADMINISTRATOR,
    "restricted_action_thread_only_channel": _ADMINISTRATOR,
    "restricted_action_non_threadable_channel": _ADMINISTRATOR,
    "posting_to_channel_denied": _ADMINISTRATOR,
    "message_limit_exceeded": "the workspace has sent too many messages; ask an administrator",
}
_OF_IDS = {
    "user_not_found": "correct the id (U…) in {variable}",
    "user_not_visible": "correct the id (U…) in {variable}",
    "no_such_subteam": "correct the id (S…) in {variable}",
    "plan_upgrade_required": "this workspace's plan has no user groups; name people (U…) in {variable} instead",
    "paid_teams_only": "this workspace's plan has no user groups; name people (U…) in {variable} instead",
}
_TODO = {**_OF_TOKENS, **_OF_CHANNELS, **_OF_IDS}
# errors of a post or a change that last until somebody mends the app, its token or its channel
TO_BE_MENDED = frozenset({*_OF_TOKENS, *_OF_CHANNELS})


def status_and_name(error: SlackApiError) -> tuple[int, str]:
    """The HTTP status and Slack's name of the error; the name is empty if the answer was not Slack's JSON."""
    if isinstance(error.response, dict):
        return 200, str(error.response.get("error", ""))
    if not isinstance(error.response, AsyncSlackResponse):
        return int(error.response.status), ""
    data = error.response.data
    return error.response.status_code, str(data.get("error", "")) if isinstance(data, dict) else ""


def said_by(error: SlackApiError) -> str:
    """Who answered, and what, as a clause. A proxy's page in Slack's place is none of Slack's errors."""
    status, name = status_and_name(error)
    if name or status >= 500:
        return f"Slack has an error ({name or f'HTTP status {status}'})"
    return f"something other than Slack answers (HTTP status {status}, no JSON), such as a proxy"


def limited_for(error: SlackApiError) -> float:
    """The seconds that Slack says to wait; 0 if the error is no rate limit."""
    status, name = status_and_name(error)
    if status != 429 and name not in {"ratelimited", "rate_limited"}:
        return 0.0
    wait = str((error.response.headers or {}).get("Retry-After", "1")) if status == 429 else "1"
    return float(wait) if wait.isdecimal() else 1.0


def passes_by_itself(error: Exception) -> bool:
    """Whether Slack was not reached, or has an error that is over soon."""
    if not isinstance(error, SlackApiError) or limited_for(error):
        return True
    status, name = status_and_name(error)
    return status >= 500 or not name or name in TEMPORARY


def is_unknown(error: Exception) -> bool:
    """Whether Slack answered with a name that the bot does not know, so that nobody knows what is wrong."""
    return isinstance(error, SlackApiError) and not passes_by_itself(error) and status_and_name(error)[1] not in _TODO


def says_for_sure(error: SlackApiError) -> bool:
    """Whether the error says what is wrong, and that it lasts."""
    return not passes_by_itself(error) and not is_unknown(error)


def what_to_do(name: str, variable: str = "") -> str:
    """What to do about an error of Slack, as a clause. `variable` holds the token, the channel or the id.

    Without it, it is the one that the bot posts with, or posts to.
    """
    variable = variable or (BOT_TOKEN if name in _OF_TOKENS else "GONOGO_CHANNEL")
    where = "Basic Information, App-Level Tokens" if variable == APP_TOKEN else "OAuth & Permissions"
    todo = _TODO.get(name, "look up this error in Slack's documentation")
    return todo.format(variable=variable, where=where)
