"""What an error of Slack's Web API says: status, name, and how long to wait."""

from __future__ import annotations

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

# errors that pass by themselves
TEMPORARY = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", "update_failed"})
APP_TOKEN = "SLACK_APP_TOKEN"  # noqa: S105  the variable's name
_TODO = {
    "invalid_auth": "copy the token again from the app's page ({where})",
    "not_authed": "copy the token again from the app's page ({where})",
    "token_revoked": "install the app again and copy the new token ({where})",
    "token_expired": "install the app again and copy the new token ({where})",
    "account_inactive": "install the app again and copy the new token ({where})",
    "not_allowed_token_type": "xoxb-… goes into SLACK_BOT_TOKEN, xapp-… into SLACK_APP_TOKEN",
    "channel_not_found": "copy the channel's id (C…) into {variable}; invite the bot to a private channel first",
    "not_in_channel": "type /invite @gonogo in the channel",
    "is_archived": "unarchive the channel, or set {variable} to another one",
    "user_not_found": "correct the id (U…) in {variable}",
    "no_such_subteam": "correct the id (S…) in {variable}",
    "plan_upgrade_required": "this workspace's plan has no user groups; name people (U…) in {variable} instead",
    "missing_scope": "install the app again with manifest.yml",
}


def status_and_name(error: SlackApiError) -> tuple[int, str]:
    """The HTTP status and Slack's name of the error; the name is empty if the answer was not Slack's JSON."""
    if isinstance(error.response, dict):
        return 200, str(error.response.get("error", ""))
    if not isinstance(error.response, AsyncSlackResponse):
        return int(error.response.status), ""
    data = error.response.data
    return error.response.status_code, str(data.get("error", "")) if isinstance(data, dict) else ""


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


def what_to_do(name: str, variable: str) -> str:
    """What to do about an error of Slack, as a clause. `variable` holds the token, the channel or the id."""
    where = "Basic Information, App-Level Tokens" if variable == APP_TOKEN else "OAuth & Permissions"
    return _TODO.get(name, "look up this error in Slack's documentation").format(variable=variable, where=where)
