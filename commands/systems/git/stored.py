"""Files that a checkout leaves as git stores them, leaves out or writes otherwise."""

from __future__ import annotations

import re
from collections.abc import Sequence

from commands.ports.preflight import PreflightResult, blocked, warned
from commands.systems.scripts import script
from commands.text.numbers import format_count, printed_number
from commands.text.phrases import agree, joined
from commands.text.printable import printable

STORED = script("git/stored.sh")  # defines the function `stored`
UNFILTERED = script("git/filters.sh")  # defines the function `unfiltered`, which looks at the commit $COMMIT
_STOPS = "stops: "
_LINE = re.compile(r"^(pointer|encrypted|absent|crlf)(\+?): (.*)\n?", re.MULTILINE)
_NAMED = 3  # files in a message
_SENTENCES = {
    "pointer": "{files} of Git LFS not fetched, so only pointers are there: {names}; git lfs pull fetches them.",
    "encrypted": "{files} of git-crypt {are} still encrypted there: {names}; git-crypt unlock opens them.",
    "absent": "{files} of the commit {are} not there: git is told to leave {them} out (sparse checkout): {names}.",
    "crlf": "{files} {has} the line ends of Windows there, by core.autocrlf or core.eol of that host: {names}.",
}
# the mark of `unfiltered`, whose files, and what to do
_FILTERS = (
    ("pointer: ", "Git LFS", "install git-lfs there and run git lfs install as the deploying user, if they are needed"),
    ("encrypted: ", "git-crypt", "install git-crypt and run git-crypt unlock there, if they are needed"),
)


def without_stored(output: str) -> str:
    """What was printed besides the lines of `stored`."""
    return _LINE.sub("", output)


def stored_note(output: str) -> str:
    """Sentences after a space about what `stored` printed; empty if it printed nothing."""
    named: dict[str, list[str]] = {}
    more: dict[str, int] = {}
    for kind, plus, said in _LINE.findall(output):
        named.setdefault(kind, []).extend([] if plus else [said])
        more[kind] = printed_number(said) if plus else more.get(kind, 0)
    sentences = []
    for kind, files in named.items():
        count = len(files) + more[kind]
        words = {
            "are": agree(count, "is", "are"),
            "has": agree(count, "has", "have"),
            "them": agree(count, "it", "them"),
        }
        sentence = _SENTENCES[kind].format(files=format_count(count, "file"), names=_some(files, more[kind]), **words)
        sentences.append(f" {sentence}")
    return "".join(sentences)


def unfiltered_warnings(lines: Sequence[str]) -> list[PreflightResult]:
    """What `unfiltered` printed among these lines, as results of a check before the start."""
    found = []
    for kind, of, todo in _FILTERS:
        if files := [line.removeprefix(kind) for line in lines if line.startswith(kind)]:
            count = f"{format_count(len(files), 'file')} of {of} in the release"
            if f"{_STOPS}{kind.removesuffix(': ')}" in lines:
                what = f"git would stop at {count} ({_some(files)}): its filter is set up here, and its program missing"
                found += blocked(what, todo)
            else:
                stay = f"{agree(len(files), 'stays', 'stay')} as git stores {agree(len(files), 'it', 'them')}"
                found += warned(f"{count} {stay}, because the filter is not set up here: {_some(files)}", todo)
    return found


def is_unfiltered(line: str) -> bool:
    """Whether `unfiltered` printed it."""
    return line.startswith((_STOPS, *(kind for kind, _, _ in _FILTERS)))


def _some(files: list[str], more: int = 0) -> str:
    """The first names of files, and how many others there are; `more` have no names here."""
    left = len(files[_NAMED:]) + more
    return joined([*map(printable, files[:_NAMED]), *([format_count(left, "other")] if left else [])])
