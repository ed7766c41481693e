"""What the kinds that read logs share: the program that finds new lines of trouble on the host, and what it tells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from commands.systems.scripts import script

BAD = ("error", "fatal")
READ = script("logs/log_lines.sh")  # defines `new_lines FILE MARK`
MOST = 100  # lines that it tells at most, the newest ones
_MOVED = {
    "read": " The log was rotated meanwhile; what was rotated away was read as well.",
    "lost": " The log was rotated meanwhile and read from its beginning; what was written last before that was not found beside it.",
}


@dataclass(frozen=True, kw_only=True)
class Read:
    """The newest bad lines, and how many there are on the `whole`, let through or not; `gone` where there is no log.

    `note` is a sentence where it was rotated meanwhile.
    """

    lines: tuple[str, ...]
    whole: int
    gone: bool
    note: str


def asks(bad: Sequence[str]) -> dict[str, str]:
    """The part of the program's environment that says which lines are looked for."""
    words = (re.sub(r"([].+*?()\[{}|^$\\/])", r"\\\1", word.lower()) for word in bad)
    return {"BAD": "|".join(words), "TROUBLE": script("logs/log_lines.awk")}


def planned(host: str, what: str, bad: Sequence[str]) -> list[str]:
    """As plan lines: what is read, and which lines count."""
    return [
        f"on {host}: reads {what}, with what was rotated away meanwhile, for lines with {words(bad)} in any case",
        "not counted: addresses and files' names, “0 errors”, error handlers, and lines of level info or less",
    ]


def counted(lines: Sequence[str], bad: Sequence[str]) -> str:
    """How many new lines there are, in words."""
    more = "at least " if len(lines) >= MOST else ""
    return f"{more}{len(lines)} new line{'' if len(lines) == 1 else 's'} with {words(bad)}"


def words(bad: Sequence[str]) -> str:
    """The words in a sentence."""
    return " or ".join(bad)


def found(tail: str, allow: Sequence[str]) -> Read:
    """What the program told, without the lines that match a regular expression of `allow`."""
    lines = [line.removeprefix("log: ") for line in tail.splitlines() if line.startswith("log: ")]
    bad = tuple(line[:200] for line in lines if not any(re.search(pattern, line) for pattern in allow))
    count = re.search(r"^found=(\d+)$", tail, re.MULTILINE)
    moved = re.findall(r"^moved=(\w*)$", tail, re.MULTILINE)
    return Read(
        lines=bad,
        whole=int(count[1]) if count else len(lines),
        gone="gone" in moved,
        note=_MOVED.get(moved[-1], "") if moved else "",
    )
