"""How many lines a command that prints a log lets through by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from commands.text.command_lines import lines_without_comments

_OF_EACH = 100  # lines; from this limit on a multiple of it is no chance
# a number of lines, as an option, in a query, or in the words of a filter
_WRITTEN = re.compile(
    r"""(?<![\w-])--?(?:limit|tail|lines|num|count|top|max-(?:count|items|results|lines|entries))[ =]*(\d+)\b
    | \b(?:tail|head|journalctl|heroku|logs)\b(?=\s).*?\s-[a-zA-Z]*n\s*(\d+)\b
    | (?<![\w-])(?:head|tail)\s+-(\d+)[a-z]?\b
    | \b(?:[a-z]*grep|rg)\b.*?\s-[a-zA-Z]*m\s*(\d+)\b
    | \bsed\s+(?:-\w+\s+)*["']?(?:1,(\d+)\s*p|(\d+)\s*q)\b
    | \bNR\s*<=\s*(\d+)\b
    | (?<![\w-])(?:limit["']?\s*[=:\s]|size["']?\s*[=:])\s*["']?(\d+)\b""",
    re.VERBOSE | re.IGNORECASE,
)
# what stops at some lines although nobody wrote a number
_UNWRITTEN = {
    r"\blogcli\b(?!.*--limit)": (30, "logcli prints 30 lines unless --limit names more"),
    r"\bjournalctl\b(?=[^|;&]*\s-[abfklmqrx]*e)(?![^|;&]*\s(-[a-zA-Z]*n|--lines))": (
        1000,
        "journalctl -e prints the last 1,000 lines; leave out the e",
    ),
    r"\bkubectl\b[^|;&]*\blogs\b(?=[^|;&]*( -l|--selector))(?!.*--tail)": (
        0,  # 10 of each pod
        "kubectl prints the last 10 lines of each pod of a selector; add --tail=-1",
    ),
    r"/loki/api/v1/query(?:_range)?\b(?!.*\blimit\b)": (100, "Loki answers with 100 lines unless limit names more"),
    r"\bheroku\b[^|;&]*\blogs\b(?!.*( -n|--num))": (100, "heroku prints the last 100 lines unless --num names more"),
}
_CUTS = re.compile(r"(head|tail)\b(?!\s+(-n\s*)?\+)")
_SIFTS = re.compile(r"([a-z]*grep|rg|uniq)\b")
_QUOTED = re.compile(r"'([^']*)'|\"((?:\\.|[^\"\\])*)\"", re.DOTALL)
_INNER = re.compile(r"\$\([^()]*\)|`[^`]*`")
_AWAY = re.compile(r"(xargs|parallel|while)\b")  # what comes before it are names of files or pods


def is_limited(read: int, command: str) -> bool:
    """Whether so many lines are what a limit of the command lets through; from each of several pods if it is high."""
    limits = _limits(command)
    return any(0 < limit <= read and (read == limit or (limit >= _OF_EACH and read % limit == 0)) for limit in limits)


def cut_off(command: str) -> str:
    """Why errors in the log may not be seen: the command leaves lines out. A clause, or empty."""
    for form, (_, why) in _UNWRITTEN.items():
        if re.search(form, command, re.DOTALL):
            return why
    for first, *others in _pipelines(command):
        if any(map(_CUTS.match, others)):
            return "head and tail leave lines out, and an error in them is not seen"
        if any(map(_SIFTS.match, others)) and any(_WRITTEN.search(one) for one in (first, *others)):
            return "what grep leaves out hides whether its own limit of lines was reached; leave the limit out"
    return ""


def _limits(command: str) -> Iterator[int]:
    for form, (limit, _) in _UNWRITTEN.items():
        if re.search(form, command, re.DOTALL):
            yield limit
    for piece in (piece for pipeline in _pipelines(command) for piece in pipeline):
        for match in _WRITTEN.finditer(piece):
            yield int(next(filter(None, match.groups()))[:9])


def _pipelines(command: str) -> Iterable[list[str]]:
    """The pieces of each pipeline through which lines of the log go, also of those quoted for another shell."""
    text = re.sub(r"(\\|\|)\s*\n", lambda match: match[1].strip("\\") + " ", "\n".join(lines_without_comments(command)))
    while (less := _INNER.sub(" ", text)) != text:  # what prints the name of a pod or a file
        text = less
    for one in re.split(r"\n|;|&&|\|\||[(){}]", _QUOTED.sub(_without_ends, text)):
        pieces = [piece.strip() for piece in one.split("|")]
        away = max((place for place, piece in enumerate(pieces) if _AWAY.match(piece)), default=0)
        yield pieces[away:]
    for match in _QUOTED.finditer(text):
        if "|" in match[0]:
            yield from _pipelines(match[0][1:-1])


def _without_ends(quoted: re.Match[str]) -> str:
    """A quoted text without what would end a piece; of a whole pipeline nothing."""
    return "''" if "|" in quoted[0] else re.sub(r"[;&(){}\n]", " ", quoted[0])
