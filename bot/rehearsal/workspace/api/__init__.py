"""The Web API, one module per family of methods; importing the package fills the table of methods."""

from bot.rehearsal.workspace.api import chat, conversations, files, people, views

__all__ = ["chat", "conversations", "files", "people", "views"]
