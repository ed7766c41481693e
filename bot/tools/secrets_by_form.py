"""Masks secrets that their form shows: credentials in addresses, keys of well-known makers."""

from __future__ import annotations

import re

from commands.text.redaction import HIDDEN

# Each begins with fixed letters and has bounded repeats: the time grows with the length of a text and no faster.
_PASSWORD = re.compile(r"(?<=://)([^\s/@:?#'\"<>]{0,200}):([^\s/?#'\"<>]{1,500})(?=@)")
_USER = re.compile(r"(?<=://)[\w.~%+-]{20,300}(?=@)")  # a token in the place of a user; no user's name is so long
# what stands for one
_NO_SECRET = re.compile(
    r"password|pass|secret|\$\w+|\$\{.*\}|%s|%\(\w+\)s|%\w+%|\{\w*\}|\*+|x+|•+|\.+|…", re.IGNORECASE
)
_KEYS = {
    "gh": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{20,255}"),
    "github_pat_": re.compile(r"\bgithub_pat_\w{22,255}"),
    "glpat-": re.compile(r"\bglpat-[\w-]{20,255}"),
    "xox": re.compile(r"\bxox[abeoprs](?:\.xox[abeoprs])?-[\w-]{10,255}"),
    "xapp-": re.compile(r"\bxapp-[\w-]{10,255}"),
    "hooks.slack.com/services/": re.compile(r"(?<=hooks\.slack\.com/services/)[\w/]{20,255}"),
    "sk-": re.compile(r"\bsk-(?:proj|ant|svcacct|admin|or)-[\w-]{20,255}"),
    "npm_": re.compile(r"\bnpm_[A-Za-z0-9]{36}\b"),
    "dckr_": re.compile(r"\bdckr_(?:pat|oat)_[\w-]{20,255}"),
    "hvs.": re.compile(r"\bhvs\.[\w-]{20,255}"),
}


def masked_by_form(text: str) -> str:
    """The text without secrets that no variable of the bot's has, such as the token in a git remote's address."""
    if "://" in text:
        text = _PASSWORD.sub(_hidden, text)
        text = _USER.sub(HIDDEN, text)
    for begins, pattern in _KEYS.items():
        if begins in text:
            text = pattern.sub(HIDDEN, text)
    return text


def _hidden(found: re.Match[str]) -> str:
    return found[0] if _NO_SECRET.fullmatch(found[2]) else f"{found[1]}:{HIDDEN}"
