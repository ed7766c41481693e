"""What the stories about membership share."""

from __future__ import annotations

from bot.rehearsal.workspace import Message
from tests.bot.slack.slack_box import SlackBox

OTHER = "C02OTHER"
STRANGER, GUEST_WORDS = "Your account belongs to another one", "Guests may not do this"
ALL_QUESTIONS = ("users.info", "conversations.members", "auth.test", "usergroups.users.list")


def copy_to_other_channel(box: SlackBox, message: Message) -> Message:
    """The bot's message as it would stand in another channel, with its buttons."""
    return box.workspace.state.post(Message(OTHER, box.workspace.state.new_ts(), "U0GONOGO", "copy", message.blocks))


def nobody_can_be_asked(box: SlackBox, error: str = "ratelimited") -> None:
    """From now on Slack answers no question about people."""
    box.workspace.faults.errors.update(dict.fromkeys(ALL_QUESTIONS, error))


async def fill_reason(box: SlackBox, person: str) -> dict[str, str]:
    """Submit the reason form that is open for a person; returns the errors that it shows."""
    await box.wait_until(lambda: box.workspace.views(person))
    form = box.workspace.views(person)[-1]
    return (await box.workspace.submit(person, form.id, {"reason": {"reason": "It is not ready"}})).errors
