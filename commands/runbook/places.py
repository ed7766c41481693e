"""The places of a page: hosts, databases and web sites, each with its variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Self, TypeVar

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from commands.steps.base import Strict
from commands.steps.page_fields import Dollar, EnvName, VariableText, env_name

LOCAL = "local"  # the address of the bot's own machine
_WORD = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
_BOTS_OWN = re.compile(r"\$(SLACK|GONOGO)_")
Place = TypeVar("Place", bound=Strict)


# one variable, or a list of them: the addresses of a group
Addresses = Annotated[str | list[str], Dollar.VARIABLE]


def _variables(addresses: str | list[str], otherwise: str = "") -> str | list[str]:
    """The addresses as they are. Raises ValueError, for the page's author, if they are not all variables."""
    if addresses == []:
        raise ValueError("needs at least one address; add one")
    for address in _each(addresses):
        try:
            env_name(address)
        except ValueError as error:
            raise ValueError(f"{error}{otherwise}") from None
        if _each(addresses).count(address) > 1:
            raise ValueError(f"{address} stands there twice; each host of a group has an address of its own")
    return addresses


class Host(Strict):
    """A host over SSH; with `address = "local"` the bot's own machine, where commands run as the bot's user."""

    address: Addresses = Field(
        description=(
            "The variable with the SSH address, `user@host:port`; for a group of hosts (web-1, web-2 …) a list of "
            'them; or `"local"`, the bot\'s own machine.'
        ),
        examples=["$PROD_SSH", ["$WEB_1", "$WEB_2"]],
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

    @property
    def only_address(self) -> str:
        """The address of one host. A group has none; `PlacesBox.with_members` puts its hosts in its place."""
        return _only(self.address)

    def variables(self) -> str:
        """The variables of the bot that a command on the bot's own machine gets by itself, as words."""
        return ", ".join(["PATH", "HOME", "LANG", *(name.removeprefix("$") for name in self.env)])

    @field_validator("address")
    @classmethod
    def _address(cls, value: str | list[str]) -> str | list[str]:
        if value == LOCAL:
            return value
        return _variables(value, f'; or "{LOCAL}", the bot\'s own machine' if isinstance(value, str) else "")

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
    """The address of a web site or API; with a list, the one that each host of a group has for itself."""

    url: Addresses = Field(
        description=(
            "The variable with the address, like `https://shop.example`; or a list, with the address of each host of a "
            "group for itself, in their order."
        ),
        examples=["$PROD_API_URL"],
    )
    fresh: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9_-]{1,40})?$",
        description=(
            "A query parameter that each GET gets with a new value, against a cache in front that says nothing of "
            "itself and ignores `no-cache`. The service must accept it."
        ),
        examples=["fresh"],
    )

    @field_validator("url")
    @classmethod
    def _url(cls, value: str | list[str]) -> str | list[str]:
        return _variables(value)

    @property
    def only_url(self) -> str:
        """The address of one web place; see `Host.only_address`."""
        return _only(self.url)


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
                found |= dict.fromkeys((*_each(host.address), host.key, host.known_hosts), f"host {name}")
        found |= {place.url: f"database {name}" for name, place in self.databases.items()}
        return found | {url: f"web {name}" for name, place in self.webs.items() for url in _each(place.url)}

    def groups(self, sort: str) -> Mapping[str, tuple[str, ...]]:
        """The names of each group's members, by the group's name; `sort` is "hosts", "databases" or "webs"."""
        lists = {"hosts": [(name, host.address) for name, host in self.hosts.items()]}
        lists["webs"] = [(name, web.url) for name, web in self.webs.items()]
        return {
            name: tuple(f"{name}-{number}" for number in range(1, len(addresses) + 1))
            for name, addresses in lists.get(sort, [])
            if isinstance(addresses, list)
        }

    def has_groups(self) -> bool:
        """Whether any place is a group."""
        return bool(self.groups("hosts") or self.groups("webs"))

    def names(self, sort: str) -> list[str]:
        """All places of a sort that a step may name: those on the page, and the members of groups."""
        members = [name for group in self.groups(sort).values() for name in group]
        return [*getattr(self, sort), *members]

    def with_members(self) -> Self:
        """The places with the members of each group in its stead."""
        hosts = {one: place for name, host in self.hosts.items() for one, place in _members(name, host, "address")}
        webs = {one: place for name, web in self.webs.items() for one, place in _members(name, web, "url")}
        return self.model_copy(update={"hosts": hosts, "webs": webs})


def _only(addresses: str | list[str]) -> str:
    if isinstance(addresses, str):
        return addresses
    raise TypeError(f"a group has {len(addresses)} addresses")


def _each(addresses: str | list[str]) -> list[str]:
    return [addresses] if isinstance(addresses, str) else addresses


def _members(name: str, place: Place, field: str) -> Iterator[tuple[str, Place]]:
    addresses = getattr(place, field)
    if isinstance(addresses, str):
        yield name, place
    else:
        for number, address in enumerate(addresses, start=1):
            yield f"{name}-{number}", place.model_copy(update={field: address})
