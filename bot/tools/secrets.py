"""The redactor: takes every secret of the bot's environment out of what comes back from outside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote, urlsplit

from commands.text.redaction import HIDDEN

# names whose values are shown: settings that hold no secret and whose values are everyday words
_OPEN = re.compile(r"^(PATH|HOME|USER|LANG|SHELL|PWD|TERM|LOGNAME|SHLVL|_)$|^(GONOGO|LC|PIP|PYTHON|GIT)_")


class Redactor:
    """Replaces each secret, also percent-encoded and as the password inside a URL, by dots."""

    def __init__(self, values: Iterable[str]) -> None:
        self._hidden: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.learn(*values)

    def learn(self, *values: str) -> None:
        """Hide these too, from now on."""
        # a new set and pattern each time: other threads read while one learns
        self._hidden = self._hidden | {form for value in values for form in _forms(value) if len(form) >= 4}
        longest_first = sorted(self._hidden, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        pattern = self._pattern
        return pattern.sub(HIDDEN, text) if pattern else text


def redactor_for(names: Iterable[str], environ: Mapping[str, str]) -> Redactor:
    """A redactor for the variables that a page names (with or without `$`), and for Slack's own."""
    asked = [name.removeprefix("$") for name in names]
    slack = [name for name in environ if name.startswith("SLACK_") and name != "SLACK_API_URL"]
    return Redactor(environ[name] for name in [*asked, *slack] if environ.get(name) and not _OPEN.match(name))


def _forms(value: str) -> set[str]:
    forms = {value, quote(value, safe=""), unquote(value)}
    if "://" in value:
        parts = urlsplit(value)
        forms |= {secret for secret in (parts.password, parts.netloc) if secret}
        forms |= {unquote(parts.password)} if parts.password else set()
    return forms
