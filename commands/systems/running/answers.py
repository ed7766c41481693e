"""Which commit production says it runs, and whether that is the one which is expected."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from commands.ports.page_text import Text
from commands.ports.shell import CommandResult, Shell
from commands.systems.scripts import script
from state.errors import Failed

PM2 = script("running/release_folder.sh") + script("running/pm2.sh")
LINK = script("running/release_folder.sh") + script("running/link.sh")
NO_LINK = 65  # exit code of LINK
_TAGS = """\
cd "$REPOSITORY"
git for-each-ref --points-at "$COMMIT" --format='%(refname:lstrip=2)' refs/tags"""
_PROCESS = re.compile(r"^process=(\d+) (\S+) (.*)$", re.MULTILINE)
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/+-]{0,99}")
_HEX = re.compile(r"[0-9a-fA-F]{7,64}")
_WHOLE = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one place says it runs: `said` is a commit, the beginning of one, or a tag. `source` says who was asked."""

    source: str
    said: str

    def __str__(self) -> str:
        return f"{self.source} answers {shown(self.said)}"


@dataclass(frozen=True, kw_only=True)
class Pm2Process:
    """A process of pm2: its number there, its status, and the commit it runs ("-" if nothing says it)."""

    number: int
    said: str
    status: str


def pm2_processes(output: str) -> Iterator[Pm2Process]:
    """The processes that the script PM2 has printed."""
    for number, said, status in _PROCESS.findall(output):
        yield Pm2Process(number=int(number), said=said, status=status)


def may_name_commit(text: str) -> bool:
    """Whether a text may be a commit or a tag."""
    return _NAME.fullmatch(text) is not None


def shown(said: str) -> str:
    """A commit by its first ten digits; a tag as it is."""
    return said[:10] if _WHOLE.fullmatch(said) else said


def same(answer: Answer, commit: str, tags: Collection[str]) -> bool:
    """Whether an answer means this commit. `tags` are the names of those that are on it; a v before may be missing."""
    if _HEX.fullmatch(answer.said) and commit.startswith(answer.said.lower()):
        return True
    return answer.said in tags or f"v{answer.said}" in tags


def tags_on(shell: Shell, host: str, repository: Text, commit: str, answers: Sequence[Answer]) -> frozenset[str]:
    """The tags on a commit in the working copy; empty if every answer is a whole commit. Raises Unreachable, Failed."""
    if all(_WHOLE.fullmatch(answer.said) for answer in answers):
        return frozenset()
    result: CommandResult = shell.ask(host, _TAGS, env={"REPOSITORY": repository, "COMMIT": commit})
    if result.code:
        raise Failed(f"git failed with exit code {result.code} ({result.last_line}).", result.tail)
    return frozenset(result.tail.split())
