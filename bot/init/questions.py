"""The questions of `gonogo init`: what no flag says is asked until the answer is good."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bot.init.changes import has_migration, tool_of
from bot.init.hosts import host_count
from bot.init.make import blocks_of
from bot.init.recipes import require_stack, stacks
from bot.init.wanted import (
    NONE,
    Wanted,
    folder_name,
    read_hosts,
    read_migrate,
    read_name,
    read_roles,
)
from commands.systems.migrations.tools import MIGRATION_TOOLS
from state.errors import Refused
from state.frozen import dataclass

T = TypeVar("T")
Ask = Callable[[str], str]
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Flags:
    """What the flags say, as it was typed; empty for a flag that was left out."""

    stack: str = ""
    name: str = ""
    migrate: str = ""
    hosts: str = ""
    roles: str = ""


def from_flags(flags: Flags) -> Wanted:
    """What is wanted where nobody can be asked. Raises Refused."""
    if not flags.stack:
        raise Refused(f"Nobody can be asked here, so say --stack: one of {', '.join(stacks())}.")
    return Wanted(
        stack=require_stack(flags.stack),
        name=read_name(flags.name or folder_name(Path())),
        migrate=read_migrate(flags.migrate) if flags.migrate else "",
        hosts=read_hosts(flags.hosts) if flags.hosts else 0,
        roles=read_roles(flags.roles) if flags.roles else (),
    )


class Questions:
    """Asks a person for what the flags leave open. Enter takes what stands in brackets."""

    def __init__(self, ask: Ask, say: Say) -> None:
        self._ask = ask
        self._say = say

    def wanted(self, flags: Flags) -> Wanted:
        """Ask. Raises Refused for a bad flag, and where there is no answer."""
        given = from_flags(Flags(**{**vars(flags), "stack": flags.stack or stacks()[0]}))
        stack = flags.stack or self._until(f"What runs it? {', '.join(stacks())}", "", require_stack)
        blocks = blocks_of(stack)
        name = flags.name or self._until("What is it called?", given.name, read_name)
        migrate, hosts, roles = given.migrate, given.hosts, given.roles
        if not flags.migrate and has_migration(blocks):
            tools = [tool for tool, known in MIGRATION_TOOLS.items() if known.back]
            migrate = self._until(f"How does it migrate? {', '.join([*tools, NONE])}", tool_of(blocks), read_migrate)
        if not flags.hosts and (count := host_count(blocks)):
            hosts = self._until("How many hosts run it?", str(count), read_hosts)
        if not flags.roles:
            own = next(",".join(block.box) for block in blocks if block.kind == "roles")
            roles = self._until("Which roles has the team? The first decides where one is missing", own, read_roles)
        return Wanted(stack=stack, name=name, migrate=migrate, hosts=hosts, roles=roles)

    def _until(self, question: str, default: str, read: Callable[[str], T]) -> T:
        """The first good answer."""
        while True:
            try:
                answer = self._ask(f"{question} [{default}] " if default else f"{question}: ").strip() or default
            except EOFError:
                raise Refused("There is no answer, so nothing was written.") from None
            try:
                return read(answer)
            except Refused as error:
                self._say(str(error))
