"""Where a block of a runbook stands, and what the page has so far: places, variables, notes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from commands.adopt.draft import PREFIX, Box, Notes
from commands.adopt.reasons import Reason
from commands.text.redaction import masked

HOST = "production"
REPOSITORY = f"{PREFIX}REPOSITORY"
_VARIABLE = re.compile(r"\$\{?([A-Z][A-Z0-9_]*)\}?")
_LOGIN = re.compile(r"[\w.-]+@[\w.-]+")
_LOCAL = frozenset(("localhost", "127.0.0.1", "0.0.0.0", "::1"))  # noqa: S104 - addresses that a runbook names


@dataclass(kw_only=True)
class Places:
    """The hosts, databases and web sites that the boxes name, each with its variables."""

    notes: Notes
    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    databases: dict[str, dict[str, Any]] = field(default_factory=dict)
    webs: dict[str, dict[str, Any]] = field(default_factory=dict)
    # variable -> what it is, and what the runbook has in its place
    values: dict[str, tuple[str, str]] = field(default_factory=dict)
    _origins: dict[str, str] = field(default_factory=dict)

    def host(self) -> str:
        """The host on which commands run."""
        login = {"address": f"{PREFIX}SSH", "key": f"{PREFIX}SSH_KEY", "known_hosts": f"{PREFIX}KNOWN_HOSTS"}
        self.hosts.setdefault(HOST, login)
        return HOST

    def note_login(self, words: Sequence[str]) -> None:
        """Keep where an `ssh user@host` logs in; of several hosts nobody knows which one is meant."""
        at = _LOGIN.fullmatch(words[-1])
        port = words[words.index("-p") + 1] if "-p" in words[:-2] else "22"
        if at and port.isdigit():
            self.values.setdefault(f"{PREFIX}SSH", ("The SSH address of the host", f"{at[0]}:{port}"))

    def database_url(self, word: str, line: int) -> str:
        """The variable with the address that a command names; one of our own for any other form of an address."""
        if match := _VARIABLE.fullmatch(word):
            return f"${match[1]}"
        named = f"{PREFIX}DATABASE_URL"
        self.notes.assume(line, f"{named} is the address of this command's database")
        return named

    def database(self, word: str, line: int) -> str:
        """The name of the database that a command names."""
        url = self.database_url(word, line)
        for name, place in self.databases.items():
            if place["url"] == url:
                return name
        name = "production" if not self.databases else url.strip("$").lower()
        self.databases[name] = {"url": url}
        return name

    def web(self, url: str, line: int) -> str:
        """The name of the web site that a URL begins with."""
        if match := _VARIABLE.match(url):
            origin, word, variable = match[0], match[1].lower().removesuffix("_url"), f"${match[1]}"
        else:
            parts = urlsplit(url if "//" in url else f"http://{url}")
            origin, host = f"{parts.scheme}://{parts.netloc}", parts.hostname or ""
            word = "local" if host in _LOCAL else host.split(".")[0]
            variable = ""
        if origin not in self._origins:
            name = re.sub(r"\W+", "_", word).strip("_") or "web"
            while name in self.webs:
                name += "_2"
            variable = variable or f"{PREFIX}{re.sub(r'[^A-Z0-9]', '_', name.upper())}_URL"
            self._origins[origin] = name
            self.webs[name] = {"url": variable}
            where = "; the bot must reach it, and `localhost` is the host's own" if word == "local" else ""
            shown = masked(re.sub(r"//[^/]*@", "//", origin))  # without a name and password
            self.notes.assume(line, f"{variable} is {shown}{where}")
            if shown.startswith("http"):
                self.values.setdefault(variable, ("The address of the web site", shown))
        return self._origins[origin]


@dataclass(kw_only=True)
class Scene:
    """Where a block stands: its part and the headings above it; and what the whole page has."""

    notes: Notes = field(default_factory=Notes)
    places: Places = field(init=False)
    part: str = ""
    # whether the heading says that all of it is only for a failure
    about_failure: bool = False
    # whether the heading says that all of it is for another environment than production
    other_place: bool = False
    # whether the unit's checklists become other boxes than gates
    has_own_boxes: bool = False
    heading: str = ""
    # the last line of text above the block
    lead: str = ""
    # why the block is for one case only, whose author knows whether it holds
    one_case: str = ""
    # the folder in which a block's commands run at this point; empty for the user's home
    folder: str = ""
    # the block has set variables of its programs' environment
    exports: bool = False
    # the file from which a block has read variables; empty if it has not
    sourced: str = ""
    # the folders in which each command ran elsewhere
    folders: dict[str, list[str]] = field(default_factory=dict)
    # the runbook's own folder of the repository, once a git command names it
    repository: str = ""
    # files that the release must have, and the refs that git commands name
    files: list[str] = field(default_factory=list)
    refs: dict[str, int] = field(default_factory=dict)
    needs_release: bool = False
    # the fields of the deploy's migration, by its tool
    migrated: dict[str, dict[str, object]] = field(default_factory=dict)
    # how often the checks of the watch run here; empty elsewhere
    every: str = ""
    # the boxes under the current heading
    boxes: list[Box] = field(default_factory=list)
    # the services that the page restarts
    restarted: set[str] = field(default_factory=set)
    roles: dict[str, dict[str, str]] = field(default_factory=dict)
    role: str = "lead"
    # the reasons to roll back that stand in the text
    reasons: list[Reason] = field(default_factory=list)
    # what the decision asks
    last_items: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.places = Places(notes=self.notes)

    def in_repository(self, path: str) -> str | None:
        """A path in the repository, empty for its root; None if nobody knows that it is there."""
        if not self.repository or not (path == self.repository or path.startswith(f"{self.repository}/")):
            return None
        return path[len(self.repository) + 1 :]
