"""Where HEAD and the files of a working copy stand after a checkout that failed."""

from __future__ import annotations

from collections.abc import Mapping


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
    return f" HEAD is at commit {head}, and files differ from {others}: only part of it was done."
