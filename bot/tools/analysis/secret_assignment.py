"""Passwords and keys that a line assigns, in each form of assignment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePosixPath

KIND = "a password or key in plain text"
_SHORTEST = 6  # characters of a value
_WORD = re.compile(
    r"pass(?:wor[dt]|wd|phrase)|pwd|(?:db_?|require)pass|(?<![a-z])(?:pw|pass)(?![a-z])|secret|token|credential|contrase[nñ]a|api[_-]?key"
    r"|(?:private|access|auth|client|account|service|encryption|signing|master|database|db)[_-]?key",
    re.IGNORECASE,
)
_QUOTED = r"(?:@|[bfru]{1,2})?[\"'`](?P<value>(?:[^\"'`\\]|\\.){1,300})[\"'`]"
# behind the word of a name, in quotes: the rest of the name, perhaps its type, and an operator or a default
_ASSIGNED = re.compile(
    r"(?P<rest>[\w-]{0,40})[\"'`\])]{0,3}(?:\s?:\s?&?(?:'\w{1,20} )?\w{1,20})?\s{0,20}"
    rf"(?::?={{1,3}}>?|!={{1,2}}|:|\|\||\?\?)\s{{0,20}}{_QUOTED}"
)
# the same without quotes, as configuration files and shells have it
_BARE = re.compile(
    r"(?P<rest>[\w-]{0,40})[\"']?\s{0,20}(?:=|:\s)\s{0,20}(?P<value>[^\s\"'`#;,]{1,300})\s{0,20}(?:[#;]|$)"
)
# in a connection string, or before a command in a shell
_IN_TEXT = re.compile(r"(?P<rest>[\w-]{0,40})=(?P<value>[^\s[\"'`#;,&<>]{1,300})(?:[;&\"'`]|(?= ))")
_IN_TAG = re.compile(rf"(?P<rest>[\w-]{{0,40}})(?:[\"']\s{{1,20}}value\s?=\s?{_QUOTED}|>(?P<inner>[^<>\s]{{1,300}})</)")
_PAIR = re.compile(rf"(?P<rest>[\w-]{{0,40}})[\"']\s?,\s?{_QUOTED}")
_BEFORE_PAIR = re.compile(r"\(\s?[\"'][\w.-]{0,60}$")
_DEFINED = re.compile(rf"(?P<rest>[\w-]{{0,40}})\s{{1,20}}{_QUOTED}")
# a name and its value as two fields of one object
_BESIDE = re.compile(
    rf"(?P<rest>[\w-]{{0,40}})[\"']\s?,\s{{0,4}}[\"']?(?:value|default)[\"']?\s?[:=]\s?{_QUOTED}", re.IGNORECASE
)
_IN_CALL = re.compile(rf"(?P<rest>)\(\s?{_QUOTED}\s?\)")
_WORDS = re.compile(r"(?P<rest>[\w-]{0,40})\s{1,20}(?P<value>[^\s\"'`#;]{1,300})\s{0,20}$")
_WORD_FILES = re.compile(r"(^|/)([._]netrc|(Docker|Container)file[^/]*|[^/]*\.(dockerfile|conf|cnf))$", re.IGNORECASE)
_TAG_FILES = frozenset((".xml", ".config", ".plist", ".csproj", ".props", ".xaml"))
_IN_SQL = re.compile(r"(?P<rest>)\s{1,20}'(?P<value>[^']{1,300})'")
_DEFAULTS = (
    re.compile(
        rf"\b(?:get_?env|environ\.get|env|config|fetch)\(\s?[\"'](?P<name>[\w.]{{1,60}})[\"']\s?,\s?{_QUOTED}",
        re.IGNORECASE,
    ),
    re.compile(r"\$\{(?P<name>\w{1,60}):?-(?P<value>[^}\s]{1,300})\}"),
)
_BARE_FILES = frozenset(
    (
        ".env",
        ".yml",
        ".yaml",
        ".ini",
        ".cfg",
        ".conf",
        ".config",
        ".properties",
        ".toml",
        ".sh",
        ".bash",
        ".tfvars",
        ".service",
        "",
    )
)
# what a name with such a word may be about instead: a field, a rule, a place
_ABOUT = re.compile(
    r"(?:names?|refs?|ids?|paths?|files?|dir|url|uri|fields?|labels?|types?|len|length|size|min|max|policy|header|regex"
    r"|pattern|hint|placeholder|errors?|messages?|msg|text|title|expir\w*|expires?_?in|ttl|timeout|version|count|limit|endpoint"
    r"|input|form|reset|confirm\w*|strength|required|enabled|class|selector|column|algorithm|store|manager|provider"
    r"|service|arn|charset|alphabet)s?$",
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
        _WORD.search(one["name"]) and is_real(one["value"], file) for form in _DEFAULTS for one in form.finditer(line)
    ):
        return True
    for word in _WORD.finditer(line):
        token = "token" in word[0].lower()
        for form in (*_forms(file), *_forms_behind(line[: word.start()])):
            found = form.match(line, word.end())
            if found and not _ABOUT.search(found["rest"]) and is_real(_value(found), file, token=token):
                return True
    return False


def names_secret(name: str) -> bool:
    """Whether a name is that of a password or key, and not of something about one."""
    return _WORD.search(name) is not None and _ABOUT.search(name) is None


def _value(found: re.Match[str]) -> str:
    values = found.groupdict()
    return str(values["value"] or values["inner"])


def _forms_behind(before: str) -> Iterator[re.Pattern[str]]:
    if before.endswith((".", ".set", "->")):
        yield _IN_CALL
    if _BEFORE_PAIR.search(before[-70:]):
        yield _PAIR
    if before.lstrip().startswith("#define"):
        yield _DEFINED


@lru_cache(maxsize=64)
def _forms(file: str) -> tuple[re.Pattern[str], ...]:
    return (
        *(_ASSIGNED, _IN_TEXT, _BESIDE),
        *([_BARE] if _takes_bare_values(file) else []),
        *([_IN_TAG] if PurePosixPath(file).suffix in _TAG_FILES else []),
        *([_WORDS] if _WORD_FILES.search(file) else []),
        *([_IN_SQL] if file.endswith(".sql") else []),
    )


def is_env_file(file: str) -> bool:
    """Whether a file holds nothing but settings."""
    name = PurePosixPath(file).name
    return name.startswith(".env") or ".env" in PurePosixPath(name).suffixes


def _takes_bare_values(file: str) -> bool:
    return is_env_file(file) or PurePosixPath(file).suffix in _BARE_FILES


def is_real(value: str, file: str, *, token: bool = False) -> bool:
    """Whether a value is neither a placeholder nor a phrase, a number, a name or a piece of code."""
    if len(value) < _SHORTEST or re.search(r"\s", value) or _PLACEHOLDER.match(value) or _CODE.fullmatch(value):
        return False
    if value.isdigit() or value.lower() in ("undefined", "password", "passwort"):
        return False
    if _LETTERS.fullmatch(value):
        return is_env_file(file)
    return not token or len(value) >= 16
