"""Values in the page's shell text: where each stands, and what may be put in."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from commands.ports.page_text import PLACEHOLDER
from commands.steps.value_types import PLAIN_TYPES, ValueType, fits
from state.errors import BadValue

_TOKEN = re.compile(
    rf"""
    (?P<beyond> << | ` | \$[({{'"\[] | \(\( | \[\[ )    # not followed further: heredocs, substitutions, arithmetic
    | (?P<redirection> [<>]& | &> | >\| )
    | (?P<space> [ \t]+ | \\\n )
    | (?P<end> [;|&\n()]+ )
    | (?P<quoted> '[^']*' | "(?:[^"\\`$]|\\.|\$(?![({{'"\[]))*" )
    | (?P<open> ['"] )                                # closed nowhere, or with a substitution inside
    | (?P<comment> \# [^\n]* )
    | (?P<name> {PLACEHOLDER.pattern} )
    | (?P<part> \\. | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_RESERVED = frozenset(
    ("if", "then", "elif", "else", "while", "until", "do", "for", "in", "case", "esac", "!", "{", "}")
)
# programs that run the program that their words name
_RUNS_NEXT = frozenset(
    [
        *("time", "coproc", "sudo", "doas", "env", "exec", "command", "builtin", "nohup", "nice", "ionice", "timeout"),
        *("setsid", "stdbuf", "busybox", "npx", "xargs", "parallel", "watch", "strace", "chroot", "unshare", "runuser"),
    ]
)
# programs that read their words as code, or calculate with them
_READS_CODE = _RUNS_NEXT.union(
    ("eval", "source", ".", "trap", "let", "declare", "typeset", "local", "readonly", "export", "read", "unset"),
    ("test", "[", "mapfile", "readarray", "getopts", "wait", "bash", "sh", "dash", "zsh", "ksh", "fish", "su", "ssh"),
    ("scp", "rsync", "sftp", "find", "awk", "gawk", "mawk", "sed", "jq", "yq", "make", "m4", "bc", "dc", "expr", "ed"),
    (
        "perl",
        "python",
        "python3",
        "node",
        "ruby",
        "php",
        "lua",
        "psql",
        "mysql",
        "sqlite3",
        "flock",
        "docker",
        "podman",
    ),
    ("kubectl", "tmux", "screen", "at", "batch", "systemd-run", "script", "expect", "crontab", "git", "tar", "vim"),
)
# what many programs read a word for that begins so (`curl -d @file`), also in quotes and behind the = of an option
_MORE_THAN_DATA = {"-": "a program takes for an option", "@": "a program takes for the name of a file to read"}


class Position(Enum):
    """Where a `<name>` stands in a shell text."""

    COMMAND = "is a command here"
    WORD = "is a word by itself"
    INSIDE = "is in quotes, in another word, or in words that are read as code"


def positions(text: str) -> Iterator[tuple[re.Match[str], Position]]:
    """Every `<name>` of a shell text, and where it stands. In doubt it is INSIDE, where only plain values may be."""
    words: list[str] = []
    word, at = "", 0
    while token := _TOKEN.match(text, at):
        kind, end = token.lastgroup, token.end()
        if kind in {"beyond", "open"}:
            yield from ((match, Position.INSIDE) for match in PLACEHOLDER.finditer(text, at))
            return
        if kind == "comment" and word:
            kind, end = "part", at + 1
        if kind in {"quoted", "comment"}:
            yield from ((match, Position.INSIDE) for match in PLACEHOLDER.finditer(text, at, end))
        elif kind == "name":
            position = _position(text[end : end + 1], words, word)
            yield from ((match, position) for match in PLACEHOLDER.finditer(text, at, end))
        if kind in {"space", "end"}:
            words, word = _following(words, word, ended=kind == "end"), ""
        elif kind != "comment":
            word += text[at:end]
        at = end


def fill_shell(text: str, values: Mapping[str, str]) -> str:
    """Put values into a shell text: as quoted words, and elsewhere only plain ones. Unknown names stay as they are.

    Raises BadValue for a value that could become anything but data where it stands.
    """
    pieces, done = [], 0
    for match, position in positions(text):
        if match[1] in values:
            pieces += [text[done : match.start()], _as_data(match[1], values[match[1]], position)]
            done = match.end()
    return "".join([*pieces, text[done:]])


def shell_error(texts: Iterable[str], types: Mapping[str, ValueType]) -> str:
    """Why `fill_shell` could refuse a value of these types, as a sentence for the page's author; empty if it cannot."""
    for text in texts:
        for match, position in positions(text):
            kind = types.get(match[1], ValueType.WORD)
            if position is Position.COMMAND:
                return f"{match[0]} {position.value}, but a value never decides what is run; write the command itself"
            if position is Position.INSIDE and kind not in PLAIN_TYPES:
                return f"{match[0]} {position.value}, and a {kind} may be any characters; {_hand_over(match[1])}"
    return ""


def _as_data(name: str, value: str, position: Position) -> str:
    if position is Position.COMMAND:
        raise BadValue(f"<{name}> {position.value}, but a value never decides what is run. Nothing was run.")
    if (first := value[:1]) in _MORE_THAN_DATA:
        why = f"<{name}> starts with {first}, which {_MORE_THAN_DATA[first]}. Nothing was run"
        raise BadValue(f"{why}; {_hand_over(name)} if the program reads it as data.")
    if position is Position.INSIDE and not fits(value, ValueType.WORD):
        why = f"<{name}> {position.value}, and its value is not a plain word. Nothing was run"
        raise BadValue(f"{why}; {_hand_over(name)}.")
    return shlex.quote(value)


def _hand_over(name: str) -> str:
    return f'hand it over with env = {{ {name} = "<{name}>" }}, and write "${name}" there'


def _following(words: list[str], word: str, *, ended: bool) -> list[str]:
    """The words of the current command after one more; of the next command, if this one ended."""
    if ended:
        return []
    if not word or (not words and (word in _RESERVED or re.match(r"[A-Za-z_]\w*\+?=", word))):
        return words
    return [*words, word]


def _position(after: str, words: list[str], word: str) -> Position:
    """Where a `<name>` stands: after these words of its command, in this word, before this character."""
    names = [re.sub(r"['\"\\]", "", one).rsplit("/", 1)[-1] for one in words]
    if not word and all(name in _RUNS_NEXT or name[:1] == "-" or "=" in name or name.isdigit() for name in names):
        return Position.COMMAND
    is_word = not word and (not after or after in " \t\n;|&)")
    unknown = not re.fullmatch(r"[\w./+\\\"'-]+", words[0]) if words else True
    if not is_word or unknown or not _READS_CODE.isdisjoint(names) or {"printf", "-v"} <= set(names):
        return Position.INSIDE
    return Position.WORD
