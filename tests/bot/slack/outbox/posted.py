"""What the workspace in a box received: the events of its messages, and the number of updates."""

from __future__ import annotations

from state.records import Run
from tests.bot.slack.run_writer import DEPLOY, HEALTH
from tests.bot.slack.slack_box import SlackBox


def deploy_and_check(box: SlackBox) -> Run:
    """A run at its gate, with two steps that have ended."""
    run = box.run_at_gate()
    for step in (DEPLOY, HEALTH):
        box.run_step(run, step)
    return run


def posted_events(box: SlackBox) -> list[int]:
    """The event of each message in the channel, in the order of posting."""
    return [message.metadata["event_payload"]["event"] for message in box.workspace.messages() if message.metadata]


def updates(box: SlackBox) -> int:
    """How many updates the bot has sent."""
    return sum(method == "chat.update" for _, method, _ in box.workspace.calls)
