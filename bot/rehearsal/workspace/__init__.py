"""The workspace in a box: a server on loopback that speaks Slack to the unmodified bot and shows a web page to people."""

from bot.rehearsal.workspace.faults import Faults
from bot.rehearsal.workspace.records import Channel, Message, Person, Reply, View
from bot.rehearsal.workspace.server import Workspace

__all__ = ["Channel", "Faults", "Message", "Person", "Reply", "View", "Workspace"]
