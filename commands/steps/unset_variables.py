"""Which variables the page's shell text reads although nothing on the page sets them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from commands.text.page_rules import for_authors

# bash's own, and those of a login over SSH
_ALWAYS_SET = re.compile(
    r"HOME|PATH|USER|LOGNAME|SHELL|PWD|OLDPWD|HOSTNAME|HOSTTYPE|OSTYPE|MACHTYPE|RANDOM|SRANDOM|SECONDS|EPOCH\w+|UID|EUID|PPID"
    r"|BASH\w*|LINENO|IFS|OPTARG|OPTIND|REPLY|PIPESTATUS|FUNCNAME|GROUPS|DIRSTACK|COLUMNS|LINES|SHLVL|SSH_\w+"
)
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
# what a shell does not expand; then `$NAME`, `${NAME}` and `${NAME%…}`, but not `${NAME:-…}`, `${NAME+…}` and the like
_READS = re.compile(
    rf"""
    '[^']*' | \\. | \#\ [^\n]*
    | \$(?P<plain>{_NAME})
    | \$\{{[\#!]?(?P<braced>{_NAME})(?!:?[-=+?]|[A-Za-z0-9_])
    """,
    re.VERBOSE | re.DOTALL,
)
_SETS = re.compile(
    rf"\b({_NAME})(?:\[[^\]]*\])?\+?= | \bfor\s+({_NAME})\b | \b(?:printf\s+-v|getopts\s+\S+)\s+({_NAME})", re.VERBOSE
)
_SETS_WORDS = re.compile(r"\b(?:read|mapfile|readarray|declare|local|typeset|select|unset)\b([^\n;|&]*)")
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
    # single quotes inside double ones quote nothing
    read = [match["plain"] or match["braced"] for match in _READS.finditer(_without_double_quotes(text))]
    candidates = dict.fromkeys(filter(None, read))
    return [name for name in candidates if not (name in known or name in found or _ALWAYS_SET.fullmatch(name))]


def _without_double_quotes(text: str) -> str:
    """The text with the single quotes inside double ones taken out."""
    return re.sub(
        r"""'[^']*'|\\.|"(?:[^"\\]|\\.)*\"""",
        lambda match: match[0].replace("'", " ") if match[0].startswith('"') else match[0],
        text,
        flags=re.DOTALL,
    )


def unset_error(texts: Iterable[str], known: Collection[str]) -> str:
    """The sentence about the first of them, for the page's author; empty if there is none, or the page is in use."""
    names = unset_variables(texts, known) if for_authors() else []
    if not names:
        return ""
    cure = f'hand it over with env = {{ {names[0]} = "…" }}, or write ${{{names[0]}:-}} if it may be empty'
    return f"nothing on this page sets ${names[0]}, so the shell would stop there; {cure}"
