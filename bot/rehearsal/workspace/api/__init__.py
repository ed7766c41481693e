"""The methods of the Web API, one module per family; importing this package registers them all."""

from bot.rehearsal.workspace.api import chat, conversations, files, users, views

__all__ = ["chat", "conversations", "files", "users", "views"]
