"""Compares a pinned release with its repository as it is now."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from commands.ports.page_text import Text
from commands.ports.shell import Shell
from commands.systems.git.environment import OWN_REPOSITORY
from commands.systems.git.refs import NOT_ON_ORIGIN, REF_CHANGED, ReleaseError, parse_release
from commands.systems.scripts import script
from state.errors import Failed

RELEASE_NOW = OWN_REPOSITORY + script("git/find.sh") + "\n" + script("git/release_now.sh")
LIMIT = 60  # seconds
_VALUE = re.compile(r"^(on_ref|still|found|shallow)=(\S*)$", re.MULTILINE)
_FILE = re.compile(r"^file: ([0-9a-f]{64}) ?([0-9a-f]{64})?$", re.MULTILINE)


def release_changes(
    shell: Shell, host: str, env: Mapping[str, Text], files: Mapping[str, str], before: str, branches: Sequence[str]
) -> Iterator[str]:
    """What is not as it was pinned, as ends of a sentence.

    `env` has REPOSITORY, REF, BRANCHES and COMMIT; `files` the SHA-256 of each stored file, by path; `before` is the
    commit that production ran; `branches` are those that the page allows. Raises Unreachable, Failed (git failed, so
    nothing is known).
    """
    result = shell.ask(host, RELEASE_NOW, env={**env, "FILES": "\n".join(files)}, limit=LIMIT)
    values, found = dict(_VALUE.findall(result.tail)), _FILE.findall(result.tail)
    ref = str(env["REF"])
    if result.code == NOT_ON_ORIGIN:
        yield f"origin has no {ref} any more"
        return
    if result.code in REF_CHANGED:
        try:
            parse_release(result, values, ref, branches)
        except ReleaseError as error:
            yield str(error)
        return
    if result.code or len(found) != len(files) or not values.get("on_ref"):
        raise Failed(f"git failed with exit code {result.code} ({result.last_line}).", result.tail)
    commit, head = str(env["COMMIT"])[:8], values.get("still", "")
    if values["on_ref"] != "yes":
        yield f"commit {commit} is no longer on {ref}"
    if head != before:
        yield f"the working copy on the host is at {head[:8]} now, not at {before[:8]}"
    for (path, stored), (released, edited) in zip(files.items(), found, strict=True):
        name = PurePosixPath(path).name
        if released != stored:
            yield f"{name} of commit {commit} is not the file that this run has stored"
        elif edited and edited != stored:
            yield f"{name} was edited in the working copy on the host"
