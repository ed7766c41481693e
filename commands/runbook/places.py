"""The places of a page: hosts, databases and web sites, each with its variables."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from commands.steps.base import Strict
from commands.steps.page_fields import EnvName, VariableText, env_name

LOCAL = "local"  # the address of the bot's own machine
_WORD = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
_BOTS_OWN = re.compile(r"\$(SLACK|GONOGO)_")


class Host(Strict):
    """A host over SSH: its address `user@host:port`, the private key's file, the known_hosts file, a PATH prefix.

    With `address = "local"` it is the bot's own machine, which has no key. Its commands run as the bot's user. `env`
    names the variables of the bot that they get in addition to PATH, HOME and LANG.
    """

    address: VariableText
    key: VariableText = Field(default="", validate_default=True)
    known_hosts: VariableText = Field(default="", validate_default=True)
    path: EnvName | None = None
    env: list[EnvName] = Field(default_factory=list)

    @property
    def is_local(self) -> bool:
        """Whether it is the bot's own machine."""
        return self.address == LOCAL

    def variables(self) -> str:
        """The variables of the bot that a command on the bot's own machine gets by itself, as words."""
        return ", ".join(["PATH", "HOME", "LANG", *(name.removeprefix("$") for name in self.env)])

    @field_validator("address")
    @classmethod
    def _address(cls, value: str) -> str:
        if value == LOCAL:
            return value
        try:
            return env_name(value)
        except ValueError as error:
            raise ValueError(f'{error}; or "{LOCAL}", the bot\'s own machine') from None

    @field_validator("key", "known_hosts")
    @classmethod
    def _login(cls, value: str, info: ValidationInfo) -> str:
        local = info.data.get("address") == LOCAL
        if local and value:
            raise ValueError("the bot's own machine is used without SSH; remove it")
        # without an address, that is the mistake
        if "address" in info.data and not local and not value:
            raise ValueError("is missing; add it")
        return env_name(value) if value else value

    @field_validator("env")
    @classmethod
    def _env(cls, names: list[str], info: ValidationInfo) -> list[str]:
        if names and info.data.get("address") != LOCAL:
            raise ValueError(f'only a host with address = "{LOCAL}" has one; a step has an env of its own')
        for name in names:
            if _BOTS_OWN.match(name):
                raise ValueError(f"{name} is the bot's own, and no command gets it; remove it")
        return names


def _plain_words(value: str) -> str:
    words = value.split()
    if not words or "=" in words[0] or words[0][0] == "-" or not all(map(_WORD.fullmatch, words)):
        raise ValueError(f'{value!r} must be plain words, like "docker exec -i db"; no shell reads them')
    return value


class Database(Strict):
    """The address of a database. `pg_programs` are the words through which hosts run psql, pg_dump and pg_restore."""

    url: EnvName
    pg_programs: Annotated[str, AfterValidator(_plain_words)] = ""


class Web(Strict):
    """The address of a web site or API."""

    url: EnvName


class PlacesBox(Strict):
    """`toml places`: every host, database and web site that the steps name."""

    hosts: dict[str, Host] = Field(default_factory=dict)
    databases: dict[str, Database] = Field(default_factory=dict)
    webs: dict[str, Web] = Field(default_factory=dict)

    def addresses(self) -> dict[str, str]:
        """What each variable of a place's address or login is for, by its name."""
        found: dict[str, str] = {}
        for name, host in self.hosts.items():
            if not host.is_local:
                found |= dict.fromkeys((host.address, host.key, host.known_hosts), f"host {name}")
        found |= {place.url: f"database {name}" for name, place in self.databases.items()}
        return found | {place.url: f"web {name}" for name, place in self.webs.items()}
