"""The redactor: masks the secrets of the bot's environment in everything from outside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote, urlsplit

from commands.text.redaction import HIDDEN

# variables whose values are shown: settings that hold no secret, and whose values are everyday words
_NOT_SECRET = re.compile(r"^(PATH|HOME|USER|LANG|SHELL|PWD|TERM|LOGNAME|SHLVL|_)$|^(GONOGO|LC|PIP|PYTHON|GIT)_")
_MIN_LENGTH = 4  # characters; masking a shorter value would garble ordinary text


class Redactor:
    """Masks each secret, also when it is percent-encoded or the password of a URL."""

    def __init__(self, values: Iterable[str]) -> None:
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.learn(*values)

    def learn(self, *values: str) -> None:
        """Mask these values too, from now on."""
        # a new set and a new pattern each time: other threads read them meanwhile
        self._secrets = self._secrets | {form for value in values for form in _forms(value) if len(form) >= _MIN_LENGTH}
        longest_first = sorted(self._secrets, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        """The text with its secrets masked."""
        pattern = self._pattern
        return pattern.sub(HIDDEN, text) if pattern else text


def redactor_for(names: Iterable[str], environ: Mapping[str, str]) -> Redactor:
    """A redactor for the variables that a page names (with or without `$`), and for Slack's own."""
    page = [name.removeprefix("$") for name in names]
    slack = [name for name in environ if name.startswith("SLACK_") and name != "SLACK_API_URL"]
    return Redactor(environ[name] for name in [*page, *slack] if environ.get(name) and not _NOT_SECRET.match(name))


def _forms(value: str) -> set[str]:
    """The forms in which a secret may appear."""
    forms = {value, quote(value, safe=""), unquote(value)}
    if "://" in value:
        parts = urlsplit(value)
        forms |= {secret for secret in (parts.password, parts.netloc) if secret}
        forms |= {unquote(parts.password)} if parts.password else set()
    return forms
