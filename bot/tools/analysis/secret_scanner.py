"""The secret scanner: what detect-secrets says of added lines."""

from __future__ import annotations

from collections.abc import Iterable

from commands.ports.analysis import Finding


def secrets(lines: Iterable[tuple[int, str]]) -> list[Finding]:
    """What looks like a secret in numbered lines, one finding for each kind on a line."""
    # late: it loads every plugin of its own
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import default_settings

    found = []
    with default_settings():
        for number, text in lines:
            # the entropy guesses of a single line call every long word a secret
            kinds = sorted({secret.type for secret in scan_line(text) if "Entropy" not in secret.type})
            found += [Finding(line=number, why=kind) for kind in kinds]
    return found
