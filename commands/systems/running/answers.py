"""Which commit production says it runs, and whether that is the one which is expected."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from commands.ports.page_text import Text
from commands.ports.shell import CommandResult, Shell
from commands.systems.git.environment import OWN_REPOSITORY
from commands.systems.scripts import script, without_remarks
from state.errors import Failed
from state.frozen import dataclass

LINK = OWN_REPOSITORY + script("running/release_folder.sh") + script("running/link.sh")
NO_LINK = 65  # exit code of LINK
MOUNTED = "(mounted)"  # what CONTAINER prints in the place of a commit
_TAGS = (
    OWN_REPOSITORY
    + """\
cd "$REPOSITORY"
git for-each-ref --points-at "$COMMIT" --format='%(refname:lstrip=2)' refs/tags"""
)
_PROCESS = re.compile(r"^process=(\d*) (\S+) (.*)$", re.MULTILINE)
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/+-]{0,99}")
_HEX = re.compile(r"[0-9a-fA-F]{7,64}")
_WHOLE = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")


class Listing(NamedTuple):
    """How a service manager is asked what runs, and its words."""

    name: str
    script: str
    one: str
    up: str
    lists_none: str
    unsaid: str


PM2 = Listing(
    name="pm2",
    script=OWN_REPOSITORY + script("running/release_folder.sh") + script("running/pm2.sh"),
    one="process",
    up="online",
    lists_none="pm2 lists no process of that name",
    unsaid="neither its working folder nor pm2 names a commit or version",
)
UNIT = Listing(
    name="systemd",
    script=OWN_REPOSITORY + script("running/release_folder.sh") + script("running/unit.sh"),
    one="unit",
    up="active",
    lists_none="systemd has no such unit",
    unsaid="neither its environment nor its working folder names a commit or version that this user can see",
)
CONTAINER = Listing(
    name="docker",
    script=script("services/docker_find.sh") + script("running/container.sh"),
    one="container",
    up="running",
    lists_none="docker lists no container and no compose service of that name",
    unsaid="its image has no label org.opencontainers.image.revision, and no tag that is a version and still means it",
)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one place says it runs: `said` is a commit, the beginning of one, or a tag. `source` says who was asked."""

    source: str
    said: str

    def __str__(self) -> str:
        return f"{self.source} answers {shown(self.said)}"


@dataclass(frozen=True, kw_only=True)
class Listed:
    """What a manager lists: its number there, its status, and the commit it runs ("-" if nothing says it)."""

    number: str
    said: str
    status: str


def listed_in(output: str) -> Iterator[Listed]:
    """The processes that the script PM2 has printed, or the containers that CONTAINER has printed."""
    for number, said, status in _PROCESS.findall(output):
        yield Listed(number=number, said=said, status=status)


def may_name_commit(text: str) -> bool:
    """Whether a text may be a commit or a tag."""
    return _NAME.fullmatch(text) is not None


def shown(said: str) -> str:
    """A commit by its first ten digits; a tag as it is."""
    return said[:10] if _WHOLE.fullmatch(said) else said


def names(said: str, commit: str) -> bool:
    """Whether a text is this commit, or at least its first seven digits."""
    return said == commit or (_HEX.fullmatch(said) is not None and commit.startswith(said.lower()))


def same(answer: Answer, commit: str, tags: Collection[str]) -> bool:
    """Whether an answer means this commit. `tags` are the names of those that are on it; a v before may be missing."""
    return names(answer.said, commit) or answer.said in tags or f"v{answer.said}" in tags


def tags_on(shell: Shell, host: str, repository: Text, commit: str, answers: Sequence[Answer]) -> frozenset[str]:
    """The tags on a commit in the working copy; empty if every answer is a whole commit. Raises Unreachable, Failed."""
    if all(_WHOLE.fullmatch(answer.said) for answer in answers):
        return frozenset()
    result: CommandResult = shell.ask(host, without_remarks(_TAGS), env={"REPOSITORY": repository, "COMMIT": commit})
    if result.code:
        raise Failed(f"git failed with exit code {result.code} ({result.last_line}).", result.tail)
    return frozenset(result.tail.split())
