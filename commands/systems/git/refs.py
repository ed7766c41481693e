"""Refs of a release: which are allowed, how origin is asked for one, and what the answer means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from commands.ports.shell import CommandResult
from commands.systems.git.environment import OWN_REPOSITORY
from commands.systems.git.signatures import signature_error, signer
from commands.systems.git.words import ANOTHER_GIT, NO_COPY, advice, first_words
from commands.systems.scripts import script
from commands.text.exit_codes import exit_words
from commands.text.phrases import capitalized
from state.errors import ToolError
from state.frozen import dataclass

PROGRAMS = ("git", "awk", "flock", "timeout")  # what the scripts need on the host
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")
_IN_REF = re.compile(r"[A-Za-z0-9._/-]")
_WRITE = "use letters, digits, dots, dashes and slashes"
_PATTERN = re.compile(r"[A-Za-z0-9*][A-Za-z0-9._/*-]{0,199}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORT_COMMIT = re.compile(r"[0-9a-fA-F]{4,63}")
_NOT_CONTAINED = 72  # an exit code of the script; the others are below
NOT_ON_ORIGIN = 66
_TRY = "run git fetch there as the deploying user, without sudo"
_UNSHALLOW = "run git fetch --unshallow there"
# origin has other refs than before: none at all, two of one name, one like a commit id, a tag of a file, none with it
REF_CHANGED = (68, 69, 70, 71, _NOT_CONTAINED)


class ReleaseError(ToolError):
    """A commit may not be deployed, or is not known. The message is a clause that says why; `todo` says what to do."""

    def __init__(self, message: str, todo: str) -> None:
        super().__init__(message)
        self.todo = todo

    def sentence(self) -> str:
        """Both as one sentence."""
        what = str(self)
        return f"{capitalized(what)}: {self.todo}."


@dataclass(frozen=True, kw_only=True)
class Release:
    """The commit to deploy.

    - `before`: the commit at which the working copy is.
    - `changed`: how many files differ between the two.
    - `found`: the full name of the ref on origin ("refs/tags/v2"), or empty if the commit's own id was given.
    - `contained`: a branch or tag of origin that contains the commit ("heads/main").
    - `signer`: who signed it, if that was required.
    - `lost`: how many commits of `before` are not in it; None if that could not be seen.
    - `older`: whether it is a commit from before that.
    - `followed`: False if the working copy, a single-branch clone, does not fetch this branch by itself.
    """

    commit: str
    before: str
    committed_at: str
    changed: int
    found: str = ""
    contained: str = ""
    signer: str = ""
    lost: int | None = 0
    older: bool = False
    followed: bool = True


def ref_error(ref: str) -> str:
    """Why a text cannot be the ref of a release, as a sentence; empty if it can."""
    if odd := next((char for char in ref if not _IN_REF.fullmatch(char)), ""):
        return f"{ref[:250]!r} is not a branch, tag or commit: it has {_named(odd)}; {_WRITE}."
    if not _REF.fullmatch(ref) or ".." in ref or "//" in ref or ref.endswith((".lock", "/", ".")):
        return f"{ref[:250]!r} is not a branch, tag or commit; {_WRITE}, like v2.4.1 or main."
    if ref == "HEAD":
        return "HEAD is whatever somebody made origin's default; name a branch, tag or commit."
    if ref.startswith("refs/") and not ref.startswith(("refs/heads/", "refs/tags/")):
        return f"{ref[:80]!r} is neither a branch nor a tag; pull requests and other refs are not deployed."
    return ""


def _named(char: str) -> str:
    """A character in words: phones write some that look like others, or like nothing."""
    name = unicodedata.name(char, f"character {ord(char):04X}").lower()
    return f"“{char}” ({name})" if char.isprintable() and char != " " else f"an unseen character ({name})"


def pattern_error(pattern: str) -> str:
    """Why a text cannot be a pattern for branches; empty if it can."""
    if not _PATTERN.fullmatch(pattern) or "***" in pattern or pattern.startswith("refs/"):
        return (
            f'{pattern[:80]!r} is no pattern for branches; write names like "main" or "release/*", where * stands for '
            "anything but a slash, and ** for anything"
        )
    return ""


def branches_regex(patterns: Sequence[str]) -> str:
    """The patterns as one extended regular expression of whole names. `*` does not match a slash, `**` does."""
    parts = [re.split(r"(\*\*?)", pattern.replace(".", "[.]")) for pattern in patterns]
    stars = {"*": "[^/]*", "**": ".*"}
    return "|".join("".join(stars.get(part, part) for part in pieces) for pieces in parts)


def release_script(*, signed: bool) -> str:
    """The script that finds the commit of `REF` on origin now, in the working copy `REPOSITORY`.

    It changes nothing outside `refs/gonogo`. `BRANCHES` is a `branches_regex`, empty if every ref is allowed. When
    `signed`, `SIGNERS` has the lines of an allowed-signers file.
    """
    signature = ("git/signature.sh",) if signed else ()
    names = ("git/stopped.sh", "git/find.sh", *signature, "git/describe.sh")
    return OWN_REPOSITORY + "\n".join(script(name) for name in names).rstrip("\n")


def parse_release(result: CommandResult, values: Mapping[str, str], ref: str, branches: Sequence[str]) -> Release:
    """The release that the script found; `values` are the `name=value` lines of its output. Raises ReleaseError."""
    if result.code:
        raise _error(result, values, ref, branches)
    ids = [values.get(name, "") for name in ("commit", "commit_before")]
    if not all(_COMMIT.fullmatch(commit) for commit in ids) or not values.get("changed", "").isdigit():
        raise ReleaseError("git's answer holds no commit ids", _TRY)
    return Release(
        commit=ids[0],
        before=ids[1],
        committed_at=values.get("committed_at", ""),
        changed=int(values["changed"]),
        found=values.get("found", ""),
        contained=values.get("contained", ""),
        signer=signer(result.tail),
        lost=int(lost) if (lost := values.get("lost", "")).isdigit() else None,
        older=values.get("older") == "yes",
        followed=values.get("followed") != "no",
    )


def _error(result: CommandResult, values: Mapping[str, str], ref: str, branches: Sequence[str]) -> ReleaseError:
    known = {
        65: ("the working copy has no commit checked out", "check out the version that runs now"),
        67: (
            f"origin does not say which refs it has ({first_words(result, 'no answer within 60 s')})",
            advice(result, "run git ls-remote origin in the working copy, and mend git's access to it"),
        ),
        68: ("origin is empty: it has no branch and no tag", "push the release, or correct the working copy's origin"),
        69: (
            f"origin has both a branch and a tag {ref}",
            f"name the one you mean: refs/heads/{ref} or refs/tags/{ref}",
        ),
        70: (
            f"{ref} looks like a commit id, but origin has a branch or tag of that name",
            f"rename it, or name it in full: refs/heads/{ref} or refs/tags/{ref}",
        ),
        71: (f"the tag {ref} is on something that is not a commit", "name a tag of a commit"),
        77: (
            "the repository is bare, like a release tool's mirror, so it does not say which release its host has",
            "name a clone with a working copy (git clone); nothing needs to be served from it",
        ),
        73: ("another fetch in the working copy has not ended for 60 s", "wait for it, or find out why it hangs"),
    }
    if result.code in known:
        return ReleaseError(*known[result.code])
    if result.code == NOT_ON_ORIGIN:
        return ReleaseError(*_not_on_origin(values, ref))
    if result.code == _NOT_CONTAINED:
        return ReleaseError(*_not_contained(values, ref, branches))
    if problem := signature_error(result, values, ref):
        return ReleaseError(*problem)
    failure = f"git failed with {exit_words(result.code)} ({first_words(result)})"
    return ReleaseError(failure, advice(result, _TRY, (ANOTHER_GIT, *NO_COPY)))


def _not_on_origin(values: Mapping[str, str], ref: str) -> tuple[str, str]:
    """What is wrong and what to do; the value `copy` is where the working copy has a ref of that name.

    `whole` is there if the ref is as long as the repository's ids are.
    """
    again = "push it again, or name another"
    if values.get("shallow") == "true":
        missing = f"the working copy is a shallow clone and has no commit {ref}; whether origin has it is not known"
        return missing, _UNSHALLOW
    in_copy = {
        "remotes/origin": (f"origin no longer has the branch {ref}; only the working copy remembers it", again),
        "heads": (
            f"the branch {ref} is in the working copy only; origin does not have it",
            "push it, or name another",
        ),
        "tags": (f"the tag {ref} is in the working copy only: it was deleted on origin, or never pushed", again),
    }
    if found := in_copy.get(values.get("copy", "")):
        return found
    missing = f"the repository's origin has no branch, tag or commit {ref}"
    if ref.startswith("origin/"):
        return missing, f"leave origin/ out: {ref.removeprefix('origin/')}"
    if _SHORT_COMMIT.fullmatch(ref) and "whole" not in values:
        missing = f"the repository's origin has no branch or tag {ref}, and a commit is found by its whole id only"
        return missing, f"give that (git rev-parse {ref} prints it), or push it, or name another"
    return missing, "push it, or name another"


def _not_contained(values: Mapping[str, str], ref: str, branches: Sequence[str]) -> tuple[str, str]:
    allowed = ", ".join(branches)
    if values.get("found", "").startswith("refs/heads/"):
        return f"the page does not allow the branch {ref}, only {allowed}", "name one of these"
    what = f"no branch that the page allows ({allowed})" if branches else "no branch or tag of origin"
    if values.get("shallow") == "true":
        return f"{what} contains {ref}, as far as the working copy knows, which is a shallow clone", _UNSHALLOW
    todo = "merge it into one of these, or name another" if branches else "push a branch that has it, or name another"
    return f"{what} contains {ref}", todo
