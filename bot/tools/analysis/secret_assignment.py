"""Passwords and keys that a line assigns, in each form of assignment."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

KIND = "a password or key in plain text"
_SHORTEST = 6  # characters of a value
_WORD = re.compile(
    r"pass(?:wor[dt]|wd|phrase)|pwd|db_?pass|secret|token|credential|contrase[nñ]a|api[_-]?key"
    r"|(?:private|access|auth|client|account|service|encryption|signing|master|database|db)[_-]?key",
    re.IGNORECASE,
)
_QUOTED = r"@?[\"'`](?P<value>(?:[^\"'`\\]|\\.){1,300})[\"'`]"
# behind the word of a name, in quotes: the rest of the name, perhaps its type, and an operator or a default
_ASSIGNED = re.compile(
    rf"(?P<rest>[\w-]{{0,40}})[\"'`\])]{{0,3}}(?:\s?:\s?\w{{1,20}})?\s{{0,20}}(?::?={{1,3}}>?|!={{1,2}}|:|\|\||\?\?)\s{{0,20}}{_QUOTED}"
)
# the same without quotes, as configuration files and shells have it
_BARE = re.compile(
    r"(?P<rest>[\w-]{0,40})[\"']?\s{0,20}(?:=|:\s)\s{0,20}(?P<value>[^\s\"'`#;,]{1,300})\s{0,20}(?:[#;]|$)"
)
_IN_SQL = re.compile(r"(?P<rest>)\s{1,20}'(?P<value>[^']{1,300})'")
_DEFAULTS = (
    re.compile(
        rf"\b(?:get_?env|environ\.get|env|config)\(\s?[\"'](?P<name>[\w.]{{1,60}})[\"']\s?,\s?{_QUOTED}", re.IGNORECASE
    ),
    re.compile(r"\$\{(?P<name>\w{1,60}):?-(?P<value>[^}\s]{1,300})\}"),
)
_BARE_FILES = frozenset(
    (".env", ".yml", ".yaml", ".ini", ".cfg", ".conf", ".config", ".properties", ".toml", ".sh", ".bash", ".tfvars", "")
)
# what a name with such a word may be about instead: a field, a rule, a place
_ABOUT = re.compile(
    r"(?:names?|refs?|ids?|paths?|files?|dir|url|uri|fields?|labels?|types?|len|length|size|min|max|policy|header|regex"
    r"|pattern|hint|placeholder|errors?|messages?|msg|text|title|expir\w*|expires?_?in|ttl|timeout|version|count|limit|endpoint"
    r"|input|form|reset|confirm\w*|strength|required|enabled|class|selector|column|algorithm|store|manager|provider"
    r"|service|arn)s?$",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"[<{$%\[(*]|\w{0,10}(?:\$\{|\{\{)|https?:|[./~@]|.{0,40}(?:x{4}|\.\.\.|\*\*\*|example|sample|placeholder|dummy|redacted|foobar"
    r"|change[_-]?(?:me|this|it)|replace|your[_-]|not[_-]?set|insert[_-]|process\.env|secrets\.|(?<![a-z])test)|.*[({]",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z_$][\w$]*(?:\.[\w$]+)+")
_LETTERS = re.compile(r"[^\W\d]+(?:[_.:/-][^\W\d]+)*")


def assigns_secret(file: str, line: str) -> bool:
    """Whether a line of a file seems to give a real value to a name like "password"."""
    if not _WORD.search(line):
        return False
    if any(
        _WORD.search(one["name"]) and _is_real(one["value"], file) for form in _DEFAULTS for one in form.finditer(line)
    ):
        return True
    forms = [_ASSIGNED, *([_BARE] if _takes_bare_values(file) else []), *([_IN_SQL] if file.endswith(".sql") else [])]
    for word in _WORD.finditer(line):
        for form in forms:
            found = form.match(line, word.end())
            if (
                found
                and not _ABOUT.search(found["rest"])
                and _is_real(found["value"], file, token="token" in word[0].lower())
            ):
                return True
    return False


def is_env_file(file: str) -> bool:
    """Whether a file holds nothing but settings."""
    name = PurePosixPath(file).name
    return name.startswith(".env") or ".env" in PurePosixPath(name).suffixes


def _takes_bare_values(file: str) -> bool:
    return is_env_file(file) or PurePosixPath(file).suffix in _BARE_FILES


def _is_real(value: str, file: str, *, token: bool = False) -> bool:
    """Whether a value is neither a placeholder nor a phrase, a number, a name or a piece of code."""
    if len(value) < _SHORTEST or re.search(r"\s", value) or _PLACEHOLDER.match(value) or _CODE.fullmatch(value):
        return False
    if value.isdigit() or value.lower() in ("undefined", "password", "passwort"):
        return False
    if _LETTERS.fullmatch(value):
        return is_env_file(file)
    return not token or len(value) >= 16
