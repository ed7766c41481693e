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
    """A host over SSH; with `address = "local"` the bot's own machine, where commands run as the bot's user."""

    address: VariableText = Field(
        description='The variable with the SSH address, `user@host:port`; or `"local"`, the bot\'s own machine.',
        examples=["$PROD_SSH"],
    )
    key: VariableText = Field(
        default="",
        validate_default=True,
        description="The variable with the file of the private SSH key. Not for a local host.",
        examples=["$PROD_SSH_KEY"],
    )
    known_hosts: VariableText = Field(
        default="",
        validate_default=True,
        description="The variable with the known_hosts file that has the host's key. Not for a local host.",
        examples=["$PROD_KNOWN_HOSTS"],
    )
    path: EnvName | None = Field(
        default=None,
        description="The variable with folders that are put before the host's PATH. Without it, none.",
        examples=["$PROD_PATH"],
    )
    env: list[EnvName] = Field(
        default_factory=list,
        description="Only of a local host: the bot's variables that its commands get besides PATH, HOME and LANG.",
        examples=[["$KUBECONFIG"]],
    )

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
    """The address of a database, and how its client programs are run."""

    url: EnvName = Field(
        description=(
            "The variable with the address, `postgresql://user:password@host:port/name`: the server's "
            "own, not a pooler's."
        ),
        examples=["$PROD_DATABASE_URL"],
    )
    pg_programs: Annotated[str, AfterValidator(_plain_words)] = Field(
        default="",
        description=(
            "The words through which hosts run psql, pg_dump and pg_restore, if they have them in a "
            "container only. Without it, as they are."
        ),
        examples=["docker exec -i db"],
    )


class Web(Strict):
    """The address of a web site or API."""

    url: EnvName = Field(
        description="The variable with the address, like `https://shop.example`.", examples=["$PROD_API_URL"]
    )


class PlacesBox(Strict):
    """`toml places`, under “Places”: every host, database and web site that the steps name."""

    hosts: dict[str, Host] = Field(
        default_factory=dict,
        description="The hosts by name: `[hosts.backend]`, and its fields below.",
        examples=[{"backend": {"address": "$PROD_SSH", "key": "$PROD_SSH_KEY", "known_hosts": "$PROD_KNOWN_HOSTS"}}],
    )
    databases: dict[str, Database] = Field(
        default_factory=dict,
        description="The PostgreSQL databases by name: `[databases.production]`, and its fields below.",
        examples=[{"production": {"url": "$PROD_DATABASE_URL"}}],
    )
    webs: dict[str, Web] = Field(
        default_factory=dict,
        description="The web sites and APIs by name: `[webs.api]`, and its fields below.",
        examples=[{"api": {"url": "$PROD_API_URL"}}],
    )

    def addresses(self) -> dict[str, str]:
        """What each variable of a place's address or login is for, by its name."""
        found: dict[str, str] = {}
        for name, host in self.hosts.items():
            if not host.is_local:
                found |= dict.fromkeys((host.address, host.key, host.known_hosts), f"host {name}")
        found |= {place.url: f"database {name}" for name, place in self.databases.items()}
        return found | {place.url: f"web {name}" for name, place in self.webs.items()}
