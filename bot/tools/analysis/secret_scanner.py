"""The secret scanner: detect-secrets on numbered lines."""

from __future__ import annotations

from collections.abc import Iterable

from commands.ports.analysis import Finding


def secrets(lines: Iterable[tuple[int, str]]) -> list[Finding]:
    """Find secrets in numbered lines, one finding for each kind of secret on a line."""
    # imported here, because it loads all its plugins
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import default_settings

    findings = []
    with default_settings():
        for number, text in lines:
            # on a single line, the entropy plugins take every long word for a secret
            kinds = sorted({secret.type for secret in scan_line(text) if "Entropy" not in secret.type})
            findings += [Finding(line=number, why=kind) for kind in kinds]
    return findings
