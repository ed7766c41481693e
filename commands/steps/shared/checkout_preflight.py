"""What the looks at a working copy before the start have found, as people read it."""

from __future__ import annotations

from commands.ports.preflight import PreflightResult, blocked, passed, warned
from commands.ports.shell import CommandResult
from commands.steps.shared.checkout_refusal import CLOSED, MISSING
from commands.systems.folders.may_write import not_writable
from commands.systems.git.stored import is_unfiltered, unfiltered_warnings
from commands.systems.git.words import NO_COPY, UNLOCK, advice, first_words
from commands.text.numbers import format_count

NO_REPOSITORY, NOT_WRITABLE, IS_LOCKED, NOT_FETCHED = range(65, 69)  # exit codes of the preflight script
UNREADABLE = "unreadable="  # before git's words


def judge_copy(result: CommandResult) -> list[PreflightResult]:
    """What the look at the working copy found: whether git may write there, and what differs from its commit."""
    if result.code == NOT_WRITABLE:
        todo = "make the deploying user the owner of its files"
        return blocked(*not_writable(result.tail, "the working copy", todo))
    if result.code == IS_LOCKED:
        names = ", ".join(result.tail.split("\n")[:-1][:3])
        return blocked(f"the working copy is locked, so that nothing can be checked out ({names})", UNLOCK)
    if result.code:
        problem = f"git cannot use the working copy ({first_words(result, f'exit code {result.code}')})"
        return blocked(problem, advice(result, "run git status there as the deploying user", NO_COPY))
    if changed := result.tail.split("\n")[:-1]:
        files, names = format_count(len(changed), "tracked file"), ", ".join(line.strip() for line in changed[:3])
        return warned(
            f"{files} of the working copy {'differs' if len(changed) == 1 else 'differ'} from its commit: {names}",
            "save or discard the changes first, or name the files in `may_discard`",
        )
    return passed("the working copy is clean, and its top folder writable")


def judge_release(result: CommandResult) -> list[PreflightResult]:
    """What the look at the files that the release changes found."""
    if result.code == NOT_FETCHED:
        return passed("the release's commit is not in the working copy yet, so its folders were not compared")
    if result.code:
        return []  # the check of the working copy says it
    listed = result.tail.split("\n")[:-1]
    found, stored = [line for line in listed if not is_unfiltered(line)], unfiltered_warnings(listed)
    return [*_judge_in_the_way(found), *stored]


def _judge_in_the_way(found: list[str]) -> list[PreflightResult]:
    if unreadable := [line.removeprefix(UNREADABLE) for line in found if line.startswith(UNREADABLE)]:
        what = (
            f"git cannot read files that the release changes, so the checkout or the way back fails ({unreadable[0]})"
        )
        return blocked(what, "clone it anew in its place; git fsck names what is damaged")
    if closed := [line.removeprefix(CLOSED) for line in found if line.startswith(CLOSED)]:
        what = f"this user may not write to folders in which the release changes files: {', '.join(closed[:3])}"
        return blocked(what, "make the deploying user their owner")
    if missing := [line.removeprefix(MISSING) for line in found if line.startswith(MISSING)]:
        what = f"the release needs commits of submodules that cannot be fetched here: {', '.join(missing[:3])}"
        return blocked(what, "push them to the submodule's origin, or see why this host cannot fetch from it")
    if not found:
        return passed("the release's folders are writable, and no untracked file stands where it has one of its own")
    files, names = (
        format_count(len(found), "untracked file"),
        ", ".join(line.replace("?? ", "", 1) for line in found[:3]),
    )
    return warned(
        f"{files} of the working copy would be overwritten by the release: {names}",
        "move them away first, or name them in `may_discard`",
    )
