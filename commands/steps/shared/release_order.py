"""Says in words that a release lacks commits which run now."""

from __future__ import annotations

from commands.systems.git.refs import Release
from commands.text.numbers import format_count


def lacks(release: Release, *, runs: bool) -> str:
    """A clause, empty if the release lacks nothing or that is not known. `runs`: what runs now is at `before`."""
    if not release.lost:
        return ""
    first = "it is older than" if release.older else "it does not follow"
    one = release.lost == 1
    which = f"that {'runs' if one else 'run'} now" if runs else "of the clone"
    count = format_count(release.lost, "commit")
    return f"{first} {'what runs' if runs else 'the clone'}: {count} {which} {'is' if one else 'are'} not in it"


def not_compared(release: Release, *, runs: bool) -> str:
    """A clause that says that nobody knows it; empty if it is known."""
    if release.lost is not None:
        return ""
    which = "that run now" if runs else "of the clone"
    return f"it was not compared whether all commits {which} are in it: git there does not know, as in a shallow clone"
