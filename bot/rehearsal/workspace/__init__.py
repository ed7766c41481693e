"""A Slack-compatible server on loopback: the bot connects to it, people use its page."""

from bot.rehearsal.workspace.faults import Faults
from bot.rehearsal.workspace.server import Workspace
from bot.rehearsal.workspace.slack_objects import Channel, Message, Person, Reply, View

__all__ = ["Channel", "Faults", "Message", "Person", "Reply", "View", "Workspace"]
