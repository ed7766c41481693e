"""What a page is to be written for, as flags or answers say it."""

from __future__ import annotations

import re
from pathlib import Path

from commands.systems.migrations.tools import MIGRATION_TOOLS
from state.errors import Refused
from state.frozen import dataclass

NONE = "none"
MOST_HOSTS = 50
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_ROLE = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is wanted: the stack, what it is called, and what differs from its recipe.

    `migrate` is a tool or "none", `hosts` a number, `roles` their names; empty or 0 for what the recipe has.
    """

    stack: str
    name: str
    migrate: str = ""
    hosts: int = 0
    roles: tuple[str, ...] = ()


def read_name(text: str) -> str:
    """A name as it is. Raises Refused."""
    if not _NAME.fullmatch(text):
        raise Refused(f"“{text}” is no name for it: write lower-case letters, digits and dashes, like billing-api.")
    return text


def folder_name(folder: Path) -> str:
    """What it may be called, by the folder; "app" where that gives no name."""
    words = re.findall(r"[a-z0-9]+", folder.resolve().name.lower())
    name = "-".join(words)
    return name if _NAME.fullmatch(name) else "app"


def read_migrate(text: str) -> str:
    """A migration tool with a way back, or "none". Raises Refused."""
    tools = [name for name, tool in MIGRATION_TOOLS.items() if tool.back]
    if text in {*tools, NONE}:
        return text
    if text in MIGRATION_TOOLS:
        raise Refused(
            f"{text} has no way back: a rollback restores the whole backup, with requests stopped. No recipe has that "
            f"yet; take --migrate {NONE} and add it as docs/databases.md shows (Migrations by a framework's tool)."
        )
    raise Refused(
        f"“{text}” is no migration tool that can be written here: take one of {', '.join([*tools, NONE])}. "
        f"For plain SQL files or another tool, take {NONE} and add the steps as docs/getting-started.md shows."
    )


def read_hosts(text: str) -> int:
    """How many hosts. Raises Refused."""
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= MOST_HOSTS:
        raise Refused(f"“{text}” is no number of hosts: write 1 to {MOST_HOSTS}.")
    return int(text)


def read_roles(text: str) -> tuple[str, ...]:
    """The roles of a list with commas. Raises Refused."""
    roles = tuple(role.strip() for role in text.split(","))
    wrong = [role for role in roles if not _ROLE.fullmatch(role)]
    if wrong:
        raise Refused(f"“{wrong[0]}” is no name of a role: write lower-case letters, digits and _, like tech_lead.")
    if twice := [role for role in roles if roles.count(role) > 1]:
        raise Refused(f"The role {twice[0]} is there twice.")
    return roles
