"""A Slack-compatible server on loopback: the unmodified bot connects to it, and people use its web page."""

from bot.rehearsal.workspace.faults import Faults
from bot.rehearsal.workspace.server import Workspace
from bot.rehearsal.workspace.slack_objects import Channel, Message, Person, Reply, View

__all__ = ["Channel", "Faults", "Message", "Person", "Reply", "View", "Workspace"]
