"""The text of a phone's notification: what happened and who must act, in 80 characters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.text import clip, escape, on_one_line, utf16_length

LENGTH = 80  # UTF-16 units, as people see them
_ROLES = 30  # of these at most for the roles, or nothing would be left for what happened


def push_text(what: str, *, roles: Iterable[str] = (), target: str = "") -> str:
    """`what` for a phone's notification, for mrkdwn. Who is asked stands first: `roles`, the titles.

    Phones show a message's `text` alone. The target follows where there is room for it.
    """
    asked = _names([on_one_line(role) for role in roles])
    said = f"{asked}: {on_one_line(what)}" if asked else on_one_line(what)
    place = f" · {on_one_line(target)}" if target else ""
    if utf16_length(said + place) <= LENGTH:
        said += place
    return escape(clip(said, LENGTH)) or "…"


def _names(roles: Sequence[str]) -> str:
    """The roles in a row, as many as there is room for, and how many more there are."""
    for shown in range(len(roles), 0, -1):
        more = f" +{len(roles) - shown}" if shown < len(roles) else ""
        names = ", ".join(roles[:shown]) + more
        if utf16_length(names) <= _ROLES:
            return names
    return f"{clip(roles[0], _ROLES - 3)}{f' +{len(roles) - 1}' if len(roles) > 1 else ''}" if roles else ""
