"""Where a word begins, as a regular expression: "healthy" is not in "unhealthy"."""

from __future__ import annotations


def word_start(name: str) -> str:
    """What stands before a name that begins a word; it holds in JavaScript as in Python.

    A capital begins one, too: the name of an icon may stand before a text without a space, as in "homeDashboard". Not
    every script has spaces between words, so that only Latin letters and digits are held to this.
    """
    first = name[:1]
    if not first.isascii():
        return ""
    if first.isdigit():
        return "(?<![0-9])"
    return "(?:(?<![A-Za-z_])|(?<=[a-z])(?=[A-Z]))" if first.isalpha() else ""
