"""What recognisers are given, a command with what is said of it, and what they find."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from commands.adopt.shell import Command
from state.frozen import dataclass

_EXPECTED = re.compile(
    r"^\W*(?:expect(?:ed|s)?|should|must|returns?|output|result)\b"
    r"(?:\s+(?:response|output|result|answer|to|be|return|show|see|print))*\s*[:=]?\s*(?P<what>.*)$",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"""^\s*(?:\{\s*["']|\[\s*\{?\s*["'])""")  # JSON, as a command printed it once
# of such an answer, what may be the same in the next one: no number, time, id or commit
_STAYS = re.compile(r"""["']\w+["']\s*:\s*(?:["'][a-z]+["']|true\b|false\b)""")


@dataclass(frozen=True, kw_only=True)
class Step:
    """A command of the runbook. `line` is its line there; `words` are those without `sudo`.

    `comments` are the comments above it, `expects` what the runbook says should come of it. `groups` are the words
    that its row of the table names. `sets` are the variables that its block has set.
    """

    command: Command
    line: int
    comments: tuple[str, ...] = ()
    expects: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    sudo: bool = False
    groups: Mapping[str, str] = field(default_factory=dict)
    sets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A box that a command surely means. With `joins` it is a part of the box above instead. `about` is the
    file that the command writes."""

    kind: str
    fields: dict[str, Any]
    why: str
    joins: bool = False
    about: str = ""


def expectation(comment: str) -> str | None:
    """What a comment says should come of the command above it; None if it says nothing of that."""
    if _ANSWER.match(comment):
        return ", ".join(_STAYS.findall(comment))
    match = _EXPECTED.match(comment)
    return match["what"].strip() if match else None


def options(words: tuple[str, ...], with_value: str) -> tuple[dict[str, list[str]], list[str]]:
    """The options and the other words of a call; `with_value` are the options that take the next word, by spaces."""
    takes = set(with_value.split())
    found: dict[str, list[str]] = {}
    rest: list[str] = []
    queue = list(words)
    while queue:
        word = queue.pop(0)
        name, equals, value = word.partition("=")
        if word.startswith("--"):
            found.setdefault(name, []).append(value if equals else queue.pop(0) if name in takes and queue else "")
        elif word.startswith("-") and word != "-":
            _short_options(word, takes, found, queue)
        else:
            rest.append(word)
    return found, rest


def _short_options(word: str, takes: set[str], found: dict[str, list[str]], queue: list[str]) -> None:
    """`-sSf`, `-XPOST`, `-X POST`: letters one by one, up to one that takes a value."""
    for place, letter in enumerate(word[1:], start=2):
        name = f"-{letter}"
        if name in takes:
            rest = word[place:]
            found.setdefault(name, []).append(rest or (queue.pop(0) if queue else ""))
            return
        found.setdefault(name, []).append("")
