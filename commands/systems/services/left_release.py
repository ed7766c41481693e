"""Says that a process works in a release folder to which the link beside it no longer leads."""

from __future__ import annotations

from pathlib import PurePosixPath

from commands.systems.scripts import script

LEFT_RELEASE = script("services/left_release.sh")  # defines `left_release FOLDER`


def left_release(service: str, folder: str, link: str, leads: str) -> str:
    """The clause of what `left_release` printed for a process of a service."""
    return f"{service} works in {folder}, but {link} leads to {PurePosixPath(leads).name}"
