"""The redactor: masks the secrets of the bot's environment in everything from outside."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from functools import lru_cache

from bot.tools.literals import Literals
from bot.tools.secret_forms import MIN_LENGTH, forms_of, parts_of
from bot.tools.secrets_by_form import masked_by_form
from commands.text.random_look import looks_random
from commands.text.redaction import HIDDEN

# variables whose values are never masked: settings of the bot and of its machine, by their exact names
_SHOWN = frozenset(
    """PATH HOME USER LANG LANGUAGE SHELL PWD OLDPWD TERM LOGNAME SHLVL HOSTNAME TMPDIR TZ MAIL EDITOR PAGER COLUMNS
    LINES COLORTERM DISPLAY VIRTUAL_ENV LC_ALL LC_CTYPE LC_COLLATE LC_MESSAGES LC_NUMERIC LC_TIME LC_MONETARY PYTHONPATH
    PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE PYTHONHASHSEED PYTHON_VERSION GONOGO_STATE GONOGO_RUNBOOK
    GONOGO_WATCH_SPEED GONOGO_PORT GONOGO_HTTP_HOST GONOGO_TERMINAL_USERS GONOGO_RECORD_KEY_FILE GONOGO_BROWSER
    GONOGO_METRICS_PORT GONOGO_METRICS_HOST GONOGO_ENV_FILE GONOGO_MIRROR SLACK_API_URL _""".split()  # noqa: SIM905
)
# whoever knows one can read the record, keep a dead man's switch quiet, or send what looks like an event
_SECRET_ADDRESSES = ("GONOGO_STATE", "GONOGO_HEARTBEAT_URL", "GONOGO_HEARTBEAT_END_URL", "GONOGO_EVENTS_URL")
# values of settings, which are everyday words: masking them would garble ordinary text
_EVERYDAY = frozenset(
    """true false none null main master prod production staging development test debug info warning error localhost
    127.0.0.1 postgres root admin""".split()  # noqa: SIM905
)
# the same, for a value whose variable does not say that it is a secret: words that messages are written with
_ORDINARY = frozenset(
    """active api app application apps archive auto backend backup backups bash blue cache canary cluster compose
    container current custom data database databases default deploy deployed deployer deployment deploys docker
    down files folder frontend gateway green group guest health host hosts image images internal kubernetes
    latest live local logs migrate migration mobile name network nginx node offline online port primary private
    proxy public queue read ready redis release releases replica restart restore rolling runner running
    scheduler schema server servers service services shared shop site standby start static status stop stopped
    system systemd table task tasks team time tool tools traffic update upload user users version watch web webs
    website worker workers write www-data""".split()  # noqa: SIM905
)
# a longer one is hardly a part of another word by chance
_WORD = re.compile(r"[\w.-]{1,15}")
_FEW_DIGITS = re.compile(r"[0-9A-Fa-f]{4,5}")  # any long hexadecimal number may have them by chance
_MIN_ENCODED = 8  # characters of an encoding of a word that is no secret
_SECRET_NAME = re.compile(
    r"(TOKEN|SECRET|PASS|PASSWORD|PASSWD|PASSPHRASE|PWD|CREDENTIALS?|AUTHORIZATION|COOKIE|APIKEY|WEBHOOK|DSN|SALT)S?(_|$)"
    r"|(^|_)(AUTH|KEY|PRIVATE)(_|$)|^OTEL_.*_HEADERS$"
)
# a name that ends so is that of the secret itself, and not of a setting of it like TOKEN_TTL
_SECRET_ITSELF = re.compile(r"(^|_)(TOKEN|SECRET|PASS|PASSWORD|PASSWD|PASSPHRASE|PWD|API_?KEY|PIN|OTP)$")
_HASH_NAME = re.compile(r"COMMIT|SHA|REV|DIGEST|VERSION|BUILD")  # a value that only looks random, and that people read
_PATHS = ("/", "./", "~/")
_MIN_BY_NAME = 6  # characters of a value that is a secret by its variable's name alone
_PASSWORD_IN_URL = re.compile(r"://[^:@/?#\s]*:(?!\d{1,5}[/?#])[^\s]*@")  # also one with a slash in it; not a port
_MIN_CUT = 4  # characters of a secret that is cut at the edge of a text


class Redactor:
    """Masks each secret in all its forms. A text that was cut may begin or end with a part of a secret.

    `words` are values that are no secrets by themselves, like a user's name. They are not masked inside a longer word,
    and a secret of 4 or 5 hexadecimal digits not inside a longer such number. What is shorter is masked nowhere.
    Credentials in addresses and keys of well-known makers are masked, too, whoever knows them.
    """

    def __init__(self, values: Iterable[str], words: Iterable[str] = ()) -> None:
        self._learning = threading.Lock()
        self._parts: frozenset[str] = frozenset()
        self._words: frozenset[str] = frozenset()
        self._found: tuple[Literals, Literals, Literals] | None = None
        self.learn(*values, words=words)

    def learn(self, *values: str, words: Iterable[str] = ()) -> None:
        """Mask these values and words too, from now on."""
        with self._learning:
            self._parts = self._parts | {part for value in values for part in parts_of(value)}
            self._words = self._words | set(words)
            self._found = None

    def _compiled(self) -> tuple[Literals, Literals, Literals]:
        """What is looked for. It is compiled for the first text: a bot that starts again acts before it has one."""
        with self._learning:
            if self._found is None:
                # a word's encodings do not read as words, so they are masked anywhere; short ones may be in others
                words = {word for word in self._words if len(word) >= MIN_LENGTH}
                encoded = {form for word in words for form in forms_of(word) - {word} if len(form) >= _MIN_ENCODED}
                self._found = (
                    _literals(self._parts, frozenset(encoded)),
                    _whole_words(self._words),
                    _whole_digits(self._parts),
                )
            return self._found

    def __call__(self, text: str, *, cut_start: bool = False, cut_end: bool = False) -> str:
        """The text with its secrets masked; with `cut_start`, `cut_end` also what is left of one at that edge."""
        literals, words, digits = self._found or self._compiled()
        start = literals.rest_at_start(text, _MIN_CUT) if cut_start else 0
        end = literals.rest_at_end(text, _MIN_CUT) if cut_end else 0
        inner = literals.replace(text[start : len(text) - end], HIDDEN)
        inner = masked_by_form(digits.replace(words.replace(inner, HIDDEN), HIDDEN))
        return HIDDEN * bool(start) + inner + HIDDEN * bool(end)


@lru_cache(maxsize=8)
def _literals(parts: frozenset[str], more: frozenset[str] = frozenset()) -> Literals:
    return Literals({*more, *(form for part in parts for form in forms_of(part) if not _FEW_DIGITS.fullmatch(form))})


@lru_cache(maxsize=8)
def _whole_words(words: frozenset[str]) -> Literals:
    return Literals((word for word in words if len(word) >= MIN_LENGTH), not_beside=r"\w")


@lru_cache(maxsize=8)
def _whole_digits(parts: frozenset[str]) -> Literals:
    return Literals((part for part in parts if _FEW_DIGITS.fullmatch(part)), not_beside="[0-9A-Fa-f]")


def redactor_for(names: Iterable[str], environ: Mapping[str, str]) -> Redactor:
    """A redactor for the variables that a page names (with or without `$`), and for all that look like secrets."""
    redact = Redactor(())
    learn_from(redact, names, environ)
    return redact


def learn_from(redact: Redactor, names: Iterable[str], environ: Mapping[str, str]) -> None:
    """Let a redactor mask the variables that a page names, and all that look like secrets."""
    named = {name.removeprefix("$") for name in names} | {name for name in environ if name.startswith("SLACK_")}
    masked = [(name, value) for name, value in environ.items() if _is_masked(name, value, named)]
    secrets = {value for name, value in masked if looks_secret(name, value) or not _WORD.fullmatch(value)}
    redact.learn(*secrets, words={value for _, value in masked} - secrets)


def _is_masked(name: str, value: str, named: set[str]) -> bool:
    if name == "GONOGO_STATE" and "://" in value:
        return True
    if name in _SHOWN or value.strip().lower() in _EVERYDAY:
        return False
    if looks_secret(name, value):
        return True
    ordinary = value.strip().lower() in _ORDINARY or (value.isdecimal() and len(value) < 6)
    return name in named and not ordinary


def too_short_to_mask(names: Iterable[str], environ: Mapping[str, str]) -> list[str]:
    """The variables of a page (with or without `$`) that hold a secret by their name, and so short a one that it shows.

    Masked everywhere, so few letters would make other words unreadable.
    """
    plain = dict.fromkeys(name.removeprefix("$") for name in names)
    return [name for name in plain if 0 < len(environ.get(name, "")) < MIN_LENGTH and _SECRET_ITSELF.search(name)]


def looks_secret(name: str, value: str) -> bool:
    """Whether a variable holds a secret by its name, or by a value that no person would write."""
    if _PASSWORD_IN_URL.search(value) or (name in _SECRET_ADDRESSES and "://" in value):
        return True
    if _SECRET_ITSELF.search(name.upper()) and len(value) >= MIN_LENGTH and not value.startswith(_PATHS):
        return True
    if _SECRET_NAME.search(name.upper()) and len(value) >= _MIN_BY_NAME and not value.startswith(_PATHS):
        return True
    return looks_random(value) and not _HASH_NAME.search(name.upper())
