"""Whether a served file fits the `integrity` of its tag, as browsers judge it."""

from __future__ import annotations

import base64
import re

from commands.ports.web import HttpResponse

# https://www.w3.org/TR/SRI/#the-integrity-attribute: what is of another form, or by another algorithm, is ignored
_HASH = re.compile(r"sha(256|384|512)-([a-z0-9+/_-]+={0,2})(?:\?.*)?", re.IGNORECASE)


def fits(integrity: str, answer: HttpResponse) -> bool | None:
    """Whether the body has one of the hashes of the strongest algorithm, or none is named.

    None if not all of the body was read.
    """
    bits, hashes = _strongest(integrity)
    if not hashes:
        return True
    if answer.digest is None:
        return None
    return base64.b64encode(answer.digest(f"sha{bits}")).decode().rstrip("=") in hashes


def _strongest(integrity: str) -> tuple[int, set[str]]:
    """The bits of the strongest algorithm that is named, and its hashes, in base64 without padding."""
    found: dict[int, set[str]] = {}
    for word in integrity.split():
        if named := _HASH.fullmatch(word):
            found.setdefault(int(named[1]), set()).add(named[2].rstrip("=").replace("-", "+").replace("_", "/"))
    return max(found.items(), default=(0, set()))
