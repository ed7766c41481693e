"""Where a working copy stands after a checkout that failed, or whose hook did."""

from __future__ import annotations

from collections.abc import Mapping

from commands.steps.values import parse_values
from commands.text.printable import printable

_LONGEST = 160  # characters of a hook's words that are shown


def where_it_stands(values: Mapping[str, str], commit: str) -> str:
    """A sentence after a space, of what git/stands.sh printed; empty if it did not run.

    `commit` is the shortened id of the commit that was to be checked out.
    """
    if "files" not in values:
        return ""
    head, files = values.get("head", "")[: len(commit)], values["files"]
    if not head or files == "unknown":
        return " Where HEAD and the files stand could not be read."
    if files == "head":
        still = "" if head == commit else "still "
        return f" HEAD and the files are {still}at commit {head}."
    if files == "commit":
        return f" The files are those of commit {commit} already, but HEAD is still at {head}."
    others = "it" if head == commit else f"it and from commit {commit}"
    return (
        f" HEAD is at commit {head}, and files differ from {others}: only part of it was done, and could not be undone."
    )


def failed_hook(output: str) -> str:
    """A sentence after a space about the hook that git/hook_failed.sh printed, with its last words; or empty."""
    values = parse_values(output)
    if "hook" not in values:
        return ""
    before, _, _ = output.partition("\nhook=")
    said = [line.strip() for line in before.splitlines() if line.strip()]
    words = f": “{printable(said[-1].rstrip('.'))[:_LONGEST]}”" if said else ""
    return (
        f" But git ended with exit code {values.get('hook_code', '')}, and the hook {printable(values['hook'])} runs "
        f"after the checkout; what it does there may be missing{words}."
    )
