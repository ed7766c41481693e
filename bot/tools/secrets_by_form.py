"""Masks secrets that their form shows: credentials in addresses, keys of well-known makers."""

from __future__ import annotations

import re

from bot.tools.maker_keys import KEYS
from commands.text.redaction import HIDDEN

# All repeats are bounded or end a pattern: the time grows with the length of a text and no faster.
_USER = re.compile(r"([^\s/@:?#'\"<>\[]{0,300})([:@])")
_RUN = re.compile(r"[^\s'\"<>]{0,500}")  # what may be a password and the host behind it
# what stands behind the colon of a host that has no user, at an address with an @ in its path or query
_PORT = re.compile(r"(?:\d{1,5}|port|\$\w+|\$?\{[^}]{0,60}\})[/?#]", re.IGNORECASE)
_HOST = re.compile(r"(?:[\w-]{1,63}(?:\.[\w-]{1,63}){1,9}|localhost|\[[\da-f:.]{2,45}\])(?![\w@-])", re.IGNORECASE)
_TOKEN = re.compile(r"[\w.~%+-]{20,300}")  # in the place of a user; no user's name is so long
_SHORT_TOKEN = re.compile(r"[\w-]{8,19}")
_MOST_CHANGES = 2  # of a name
_CHANGES = re.compile(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")  # between letters and digits; a name has few
# what stands for one
_NO_SECRET = re.compile(
    r"password|pass|secret|true|false|none|null|undefined"
    r"|\$\w+|\$\{.*\}|%s|%\(\w+\)s|%\w+%|\{\w*\}|\*+|(?:%2A)+|x+|•+|\.+|…",
    re.IGNORECASE,
)

# a parameter of an address, or of a request as an access log has it; `&` may be written as in HTML or JSON
_PARAMETER = re.compile(
    r"((?:[?&]|\\u0026)(?:amp;)?(?:[\w.-]{0,40}(?:[_.\[-]|%5B))?"
    r"(?:token|secret|password|passwd|pwd|passphrase|api[_-]?key|apikey|access[_-]?key|signature|sig|jwt)(?:\]|%5D)?=)"
    r"([^\s&;#'\"<>\\|`\x00]{4,})",
    re.IGNORECASE,
)
# how that begins which a shell or a template puts there
_FILLED_IN = re.compile(r"\$[({]|\{\{|\{[\w.]+\}|%[({]\w|%\d\$s|[:\[][a-z_]+(?:\]|$)", re.IGNORECASE)


def masked_by_form(text: str) -> str:
    """The text without secrets that no variable of the bot's has, such as the token in a git remote's address."""
    if "://" in text:
        text = _without_logins(text)
    if "=" in text:
        text = _PARAMETER.sub(_without_value, text)
    for begins, pattern in KEYS.items():
        if begins in text:
            text = pattern.sub(HIDDEN, text)
    return text


def _without_value(found: re.Match[str]) -> str:
    """A parameter without what may be a secret."""
    shown = _NO_SECRET.fullmatch(found[2]) or _FILLED_IN.match(found[2])
    return found[0] if shown else found[1] + HIDDEN


def _without_logins(text: str) -> str:
    """The text without the passwords of its addresses, and without the tokens in the places of their users."""
    kept, done = [], 0
    at = text.find("://")
    while at >= 0:
        if found := _USER.match(text, at + 3):
            of_web = text.endswith(("http", "https"), max(0, at - 5), at)
            user, password = _login(found[1], found[2], text, found.end(), of_web=of_web)
            end = found.end() + len(password)
            if user != found[1]:
                kept += [text[done : at + 3], user]
                done = found.end(1)
            if password and not _NO_SECRET.fullmatch(password):
                kept += [text[done : found.end()], HIDDEN]
                done = end
        at = text.find("://", at + 3)
    return "".join([*kept, text[done:]])


def _login(user: str, separator: str, text: str, behind: int, *, of_web: bool) -> tuple[str, str]:
    """The user, masked if it is a token, and the password, of what stands before the host of an address."""
    mixed = len(_CHANGES.findall(user)) > _MOST_CHANGES
    if separator == "@":
        short = of_web and mixed and _SHORT_TOKEN.fullmatch(user)
        return HIDDEN if short or _TOKEN.fullmatch(user) else user, ""
    password = _password(text, behind)
    # some have the token as the user, with an empty password, or with a word that says so in its place
    is_login = bool(password) or text.startswith("@", behind)
    return HIDDEN if is_login and mixed and _TOKEN.fullmatch(user) else user, password


def _password(text: str, at: int) -> str:
    """The password that stands there, which may have each sign that separates parts of an address; empty if none."""
    if _PORT.match(text, at):
        return ""
    run = _RUN.match(text, at)
    before = run[0].partition("://")[0] if run else ""
    ends = [found.start() for found in re.finditer("@", before)]
    first = next((end for end in ends if _HOST.match(before, end + 1)), max(ends, default=0))
    return "" if before.startswith("sha256:", first + 1) else before[:first]
