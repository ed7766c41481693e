"""The places behind the page's names: texts of the page whose `$NAME`s are not resolved yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from commands.ports.page_text import Text
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class HostPlace:
    """A host: `address` is user@host:port, `key` and `known_hosts` are files, `path` goes before the host's PATH."""

    address: Text
    key: Text
    known_hosts: Text
    path: Text = ""


@dataclass(frozen=True, kw_only=True)
class LocalPlace:
    """The bot's own machine as a host: its commands get the variables `env`, and `path` goes before its PATH."""

    env: Mapping[str, Text] = field(default_factory=dict)
    path: Text = ""


@dataclass(frozen=True, kw_only=True)
class DatabasePlace:
    """A database, by its postgresql:// URL."""

    url: Text


@dataclass(frozen=True, kw_only=True)
class WebPlace:
    """A web site or API, by the address to which paths are appended.

    `fresh` is a query parameter that makes every GET another one, for a cache in front; empty if there is none.
    """

    url: Text
    fresh: str = ""


@dataclass(frozen=True, kw_only=True)
class Places:
    """All places of a page, by name."""

    hosts: Mapping[str, HostPlace | LocalPlace] = field(default_factory=dict)
    databases: Mapping[str, DatabasePlace] = field(default_factory=dict)
    webs: Mapping[str, WebPlace] = field(default_factory=dict)
