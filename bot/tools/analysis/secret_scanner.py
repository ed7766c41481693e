"""The secret scanner: detect-secrets on numbered lines, within bounds."""

from __future__ import annotations

import time
from collections.abc import Iterable

from commands.ports.analysis import NOT_SEARCHED, Finding

# characters of a line that are searched: its patterns take time that grows with the cube of a line
LONGEST_LINE = 1_000
LIMIT = 60.0  # seconds for all lines


def secrets(lines: Iterable[tuple[int, str]]) -> list[Finding]:
    """Find secrets in numbered lines, one finding for each kind of secret on a line, and for what was not searched."""
    # imported here, because it loads all its plugins
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import default_settings

    findings: list[Finding] = []
    until = time.monotonic() + LIMIT
    with default_settings():
        for number, text in lines:
            if time.monotonic() > until:
                why = f"{NOT_SEARCHED} from here on, because that takes longer than {LIMIT:.0f} s; review it by hand"
                return [*findings, Finding(line=number, why=why)]
            # on a single line, the entropy plugins take every long word for a secret
            found = scan_line(text[:LONGEST_LINE])
            kinds = sorted({secret.type for secret in found if "Entropy" not in secret.type})
            findings += [Finding(line=number, why=kind) for kind in kinds]
            if len(text) > LONGEST_LINE:
                why = f"{NOT_SEARCHED} beyond the first {LONGEST_LINE:,} of {len(text):,} characters; review it by hand"
                findings.append(Finding(line=number, why=why))
    return findings
