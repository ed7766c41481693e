"""Which variables the page's shell text reads although nothing on the page sets them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from commands.text.page_rules import for_authors

# bash's own, those that a login over SSH sets, or may set, and the name of the job
_ALWAYS_SET = re.compile(
    r"HOME|PATH|USER|LOGNAME|SHELL|PWD|OLDPWD|HOSTNAME|HOSTTYPE|OSTYPE|MACHTYPE|RANDOM|SRANDOM|SECONDS|EPOCH\w+|UID|EUID|PPID"
    r"|BASH\w*|LINENO|IFS|OPTARG|OPTIND|REPLY|PIPESTATUS|FUNCNAME|GROUPS|DIRSTACK|COLUMNS|LINES|SHLVL|SSH_\w+"
    r"|COPROC\w*|LANG\w*|LC_\w+|TZ|TERM|MAIL|XDG_\w+|GONOGO_JOB"
)
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
# `$NAME`, `${NAME}` and `${NAME%…}`, but not `${NAME:-…}`, `${NAME+…}` and the like
_READS = re.compile(rf"\$(?P<plain>{_NAME}) | \$\{{[\#!]?(?P<braced>{_NAME})(?!:?[-=+?]|[A-Za-z0-9_])", re.VERBOSE)
# one piece of shell text, outside of double quotes and inside
_CODE = re.compile(
    r"""
    (?P<kept_back> \\. | \$'(?:[^'\\]|\\.)*' | '[^']*' | (?<![^\s;&|()])\#[^\n]* )
    | (?P<open> \$?\( | " ) | (?P<close> \) ) | .
    """,
    re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(r"""(?P<kept_back> \\. ) | (?P<open> \$\( ) | (?P<close> " ) | .""", re.VERBOSE | re.DOTALL)
_SETS = re.compile(
    rf"""
    \b({_NAME})(?:\[[^\]]*\])?\+?= | \bfor\s+({_NAME})\b | \{{({_NAME})\}}[<>]
    | \b(?:printf\s+-v|getopts\s+\S+|wait\s+(?:-\w+\s+)*?-p)\s+['"]?({_NAME})
    | \$\{{({_NAME}):?[-=+?] | \s-v\s+({_NAME})   # whoever asks whether it is set knows that it may not be
    """,
    re.VERBOSE,
)
_SETS_IN_ARITHMETIC = re.compile(rf"\b({_NAME})\s*[-+*/%&|^]?=(?!=)")
_ARITHMETIC = re.compile(r"\(\((.*?)\)\)|\blet\s([^\n;]*)", re.DOTALL)
_SETS_WORDS = re.compile(
    r"""\b(?:read|mapfile|readarray|declare|local|typeset|select|unset)\b((?:"[^"]*"|'[^']*'|\\\n|[^\n;|&])*)"""
)
# these may set anything
_MAY_SET_ANY = re.compile(r"(?:^|[\s;&|(])(?:(?:source|\.|eval)\s|set\s+\+(?:\w*u|o\s+nounset))|<<", re.MULTILINE)


def unset_variables(texts: Iterable[str], known: Collection[str]) -> list[str]:
    """The names that these texts, run in this order, read and that neither they nor `known` set.

    Empty if the texts do what may set any variable, like reading another file.
    """
    text = "\n".join(texts)
    if _MAY_SET_ANY.search(text):
        return []
    found = {name: None for match in _SETS.finditer(text) for name in match.groups() if name}
    found |= {name: None for match in _SETS_WORDS.finditer(text) for name in re.findall(_NAME, match[1])}
    for arithmetic in _ARITHMETIC.finditer(text):
        found |= dict.fromkeys(_SETS_IN_ARITHMETIC.findall(arithmetic[1] or arithmetic[2] or ""))
    read = [match["plain"] or match["braced"] for match in _READS.finditer(_expanded(text))]
    candidates = dict.fromkeys(read)
    return [name for name in candidates if not (name in known or name in found or _ALWAYS_SET.fullmatch(name))]


def _expanded(text: str) -> str:
    """The text without what a shell does not expand: single quotes, escaped characters and comments.

    Single quotes quote nothing inside double ones, but do again in a `$(…)` inside these.
    """
    pieces, opened, at = [], [""], 0
    while piece := (_QUOTED if opened[-1] == '"' else _CODE).match(text, at):
        at = piece.end()
        if piece["open"]:
            opened.append(piece["open"])
        elif piece["close"] and len(opened) > 1:
            opened.pop()
        pieces.append(" " if piece["kept_back"] else piece[0])
    return "".join(pieces)


def unset_error(texts: Iterable[str], known: Collection[str]) -> str:
    """The sentence about the first of them, for the page's author; empty if there is none, or the page is in use."""
    names = unset_variables(texts, known) if for_authors() else []
    if not names:
        return ""
    cure = f'hand it over with env = {{ {names[0]} = "…" }}, or write ${{{names[0]}:-}} if it may be empty'
    return f"nothing on this page sets ${names[0]}, so the shell would stop there; {cure}"
