"""Every method of Slack's Web API that the bot calls, with the scopes it needs."""

from __future__ import annotations

# method -> scopes of the bot token; conversations.* need one scope for each kind of channel
METHODS: dict[str, tuple[str, ...]] = {
    "apps.connections.open": (),  # called with the app token
    "auth.test": (),
    "chat.getPermalink": (),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.history": ("channels:history", "groups:history"),
    "conversations.replies": ("channels:history", "groups:history"),
    "conversations.info": ("channels:read", "groups:read"),
    "conversations.members": ("channels:read", "groups:read"),
    "files.completeUploadExternal": ("files:write",),
    "files.getUploadURLExternal": ("files:write",),
    "usergroups.users.list": ("usergroups:read",),
    "users.info": ("users:read",),
    "views.open": (),
    "views.publish": (),
    "views.update": (),
}
SHORTCUTS: tuple[str, ...] = ("note_for_report",)
EVENTS: tuple[str, ...] = ("app_home_opened",)
COMMANDS: dict[str, str] = {"/deploy": "start | status | rollback | hold | resume | handover | help"}
SCOPES: frozenset[str] = frozenset({"commands"}).union(*METHODS.values())
