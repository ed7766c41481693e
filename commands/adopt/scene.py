"""Where a block of a runbook stands, and what the page has so far: places, variables, notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from commands.adopt.draft import PREFIX, Notes

HOST = "production"


@dataclass(kw_only=True)
class Places:
    """The hosts, databases and web sites that the boxes name, each with its variables."""

    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    databases: dict[str, dict[str, Any]] = field(default_factory=dict)
    webs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def host(self) -> str:
        """The host on which commands run."""
        self.hosts.setdefault(
            HOST,
            {
                "address": f"{PREFIX}SSH",
                "key": f"{PREFIX}SSH_KEY",
                "known_hosts": f"{PREFIX}KNOWN_HOSTS",
            },
        )
        return HOST


@dataclass(kw_only=True)
class Scene:
    """Where a block stands: its part and the headings above it; and what the whole page has."""

    notes: Notes = field(default_factory=Notes)
    places: Places = field(default_factory=Places)
    part: str = ""
    heading: str = ""
    # the last line of text above the block
    lead: str = ""
