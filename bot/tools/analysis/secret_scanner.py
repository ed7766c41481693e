"""The secret scanner: known forms of keys, and assigned passwords."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from bot.tools.analysis.secret_assignment import KIND, assigns_secret, is_real
from bot.tools.analysis.secret_below import ValuesBelow
from bot.tools.analysis.secret_insert import InsertedPasswords
from bot.tools.analysis.secret_logins import login_values
from bot.tools.maker_keys import MAKER_KEYS
from commands.ports.analysis import MADE_UP, MASKED, NOT_SEARCHED, Finding
from commands.text.redaction import HIDDEN

# characters of a line that are searched: its patterns take time that grows with the cube of a line
LONGEST_LINE = 1_000
LIMIT = 60.0  # seconds for all lines
# Not these plugins of detect-secrets: on a single line, entropy takes every long word for a secret; an address is no
# secret; for the words of names we have rules of our own.
_LEFT_OUT = ("HighEntropyString", "IPPublicDetector", "KeywordDetector")
# lines come as the bot reads them; more dots beside each other are a program's own
_MASKED = re.compile(rf"([?&][\w.%\[\]-]*=|(?<!{HIDDEN[0]})){HIDDEN}(?!{HIDDEN[0]})")
# Kinds that say little where values are made up: in tests, examples, templates and translations. A maker's key is
# named everywhere.
_IN_ADDRESS = "Basic Auth Credentials"
_GUESSED = frozenset((KIND, "Private Key", "JSON Web Token", _IN_ADDRESS))
_MADE_UP_FILES = re.compile(
    r"(^|/)(tests?|__tests__|specs?|fixtures?|testdata|test-data|mocks?|__mocks__|stubs?|factories|examples?|samples?|demos?"
    r"|cypress|e2e|stories|locales?|i18n|l10n|translations?|lang|langs|languages|templates?)/"
    r"|(\.|_|-)(tests?|specs?|stories|mock|fixture|example|sample|template|dist|tmpl|tpl|po|pot|xlf|xliff|arb|snap)(\.|$)"
    r"|(^|/)(test_|messages_)[^/]*$",
    re.IGNORECASE,
)
_SAMPLE_PASSWORD = re.compile(
    r"://[^:/@\s]{0,60}:(?:[<${%*\[]|pass\w*@|pw@|pwd@|secret@|user\w*@|postgres@|root@|example|changeme|x{3})",
    re.IGNORECASE,
)


def secrets(file: str, lines: Iterable[tuple[int, str]]) -> list[Finding]:
    """Find secrets in numbered lines, one finding for each kind of secret on a line, and for what was not searched."""
    findings: list[Finding] = []
    until = time.monotonic() + LIMIT
    made_up = _MADE_UP_FILES.search(file) is not None
    inserted, below = InsertedPasswords(), ValuesBelow()
    for number, text in lines:
        if time.monotonic() > until:
            why = f"{NOT_SEARCHED} from here on, because that takes longer than {LIMIT:.0f} s; review it by hand"
            return [*findings, Finding(line=number, why=why)]
        kinds = set(_kinds(file, text[:LONGEST_LINE]))
        if inserted.in_line(text[:LONGEST_LINE]) or below.in_line(file, text[:LONGEST_LINE]):
            kinds.add(KIND)
        if not kinds and (masked := _MASKED.search(text)):
            kinds.add(KIND if masked[1] else MASKED)
        for kind in sorted(kinds):
            told_apart = made_up and kind in _GUESSED
            findings.append(Finding(line=number, why=f"{MADE_UP}: {kind}" if told_apart else kind))
        if len(text) > LONGEST_LINE:
            why = f"{NOT_SEARCHED} beyond the first {LONGEST_LINE:,} of {len(text):,} characters; review it by hand"
            findings.append(Finding(line=number, why=why))
    return findings


def _kinds(file: str, line: str) -> Iterator[str]:
    if not line.strip():
        return
    for plugin in _plugins():
        found = [value for value in plugin.analyze_string(line) if "EXAMPLE" not in value]
        if found and not (plugin.secret_type == _IN_ADDRESS and _SAMPLE_PASSWORD.search(line)):
            yield plugin.secret_type
    yield from (kind for kind, pattern in MAKER_KEYS.items() if pattern.search(line))
    values = login_values(file, line)
    if assigns_secret(file, line) or any(is_real(value, file) for value in values):
        yield KIND


@lru_cache(maxsize=1)
def _plugins() -> tuple[Any, ...]:
    # imported here, because it loads all its plugins
    from detect_secrets.settings import default_settings, get_plugins

    with default_settings():
        return tuple(one for one in get_plugins() if not type(one).__name__.endswith(_LEFT_OUT))
