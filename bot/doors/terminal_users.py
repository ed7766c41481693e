"""Which Slack user a system user is, as the environment says it."""

from __future__ import annotations

import re

from bot.doors.served_names import VARIABLE
from commands.runbook.people import is_person
from state.errors import BadSettings

_SYSTEM_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@\\+-]{0,63}\$?")


def read_terminal_users(value: str) -> dict[str, str]:
    """Parse `ana=U0123,ben=U0456`: Slack user ids by system user. Raises BadSettings, which names all that is wrong."""
    users: dict[str, str] = {}
    wrong = []
    for entry in value.split(",") if value.strip() else ():
        user, equals, person = (part.strip() for part in entry.partition("="))
        if not equals or not _SYSTEM_USER.fullmatch(user) or not is_person(person):
            wrong.append(f"{entry.strip()!r} is not of the form ana=U0123 (system user = Slack user id)")
        elif user in users:
            wrong.append(f"system user {user} is there twice")
        elif person in users.values():
            wrong.append(f"{person} is there twice: each Slack user has one system user")
        users.setdefault(user, person)
    if wrong:
        raise BadSettings(f"{VARIABLE} is wrong: {'; '.join(wrong)}.")
    return users
