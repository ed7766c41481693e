"""`checkout`: checks out one commit in a working copy, and verifies that it is checked out."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from commands.ports.preflight import PreflightCheck
from commands.steps.base import StepBox
from commands.steps.execution import recover_job, run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.plan_line import program_plan
from commands.steps.shared.checkout_preflight import (
    IS_LOCKED,
    NO_REPOSITORY,
    NOT_FETCHED,
    NOT_WRITABLE,
    UNREADABLE,
    judge_copy,
    judge_release,
)
from commands.steps.shared.checkout_refusal import CLOSED, LOCKED, MISSING, why_refused
from commands.steps.shared.checkout_state import failed_hook, where_it_stands
from commands.steps.shared_fields import HostName, Repository
from commands.steps.values import TO_THE_BOT, fill, page_texts, parse_values, without_values
from commands.systems.folders.may_write import MAY_WRITE
from commands.systems.git.environment import OWN_REPOSITORY
from commands.systems.git.stored import STORED, UNFILTERED, stored_note, without_stored
from commands.systems.git.words import ANOTHER_GIT, advice, first_words
from commands.systems.preflight.hosts import HostCheck, ProgramsCheck, readers_check, room_check
from commands.systems.scripts import script, without_remarks
from commands.text.exit_codes import exit_words
from state.errors import Failed

# defines the shell functions `changed` and `changed_in_submodules`
_CHANGED_FILES = OWN_REPOSITORY + script("git/changed.sh") + script("git/begun.sh")
# defines the shell functions `enter`, `in_the_way`, `closed_folders`, and those about submodules
_IN_THE_WAY = script("git/in_the_way.sh") + script("git/submodules.sh")
_STANDS = script("git/stands.sh") + script("git/put_back.sh")
_ENDED = script("git/stopped.sh") + _STANDS + "ended() { local code=$?; stands; stopped $code; }\n"
_HOOK_FAILED = script("git/hook_failed.sh")
_CLOSED_FOLDERS = "{ closed_folders; in_submodules closed_folders; }"
_MARKED_CLOSED = f"{_CLOSED_FOLDERS} | sed 's/^/{CLOSED}/'"
_MARKED_LOCKED = f"locks | sed 's/^/{LOCKED}/'"
_MARKED_MISSING = f"without_commit | sed 's/^/{MISSING}/'"
_MARKED_UNREADABLE = f"unreadable | sed 's/^/{UNREADABLE}/'"
# what differs from the commit: the commit of each submodule, and all files
_LEFT = "changed . --ignore-submodules=dirty && changed_in_submodules"
_ALL_REFS = "'refs/heads/*:refs/gonogo/heads/*' 'refs/tags/*:refs/gonogo/tags/*'"
_HEAD = without_remarks(f"{_CHANGED_FILES}{_IN_THE_WAY}{STORED}enter\ngit rev-parse HEAD\n{_LEFT}\nstored")
# exit codes of the script
_CHANGED, _OTHER_COMMIT, _NO_COMMIT, _NOT_CLEAN, _UNTRACKED, _CLOSED, _IN_USE, _NO_SUBMODULE = range(65, 73)
_REFUSED = {
    _CHANGED: "Nothing was checked out: tracked files in the working copy differ from its commit, and would be "
    "overwritten. Save or discard these changes first, or name files outside of submodules in `may_discard`.",
    _UNTRACKED: "Nothing was checked out: untracked files stand where the commit has files of its own, and would be "
    "overwritten. Move them away first, or name those outside of submodules in `may_discard`.",
    _CLOSED: "Nothing was checked out: this user may not write to folders in which the commit changes files. Make it "
    "their owner first.",
    _IN_USE: "Nothing was checked out: another git works in the working copy or in a submodule, or has died there. "
    "Wait for it; if none works there, remove these files.",
    _NO_SUBMODULE: "Nothing was checked out: the commit needs commits of submodules that their origins do not have, or "
    "that cannot be fetched. Push them first.",
    _NO_COMMIT: "`commit` is not a whole commit id, so nothing was checked out; a `release` step gives one.",
    _OTHER_COMMIT: "After the checkout, the working copy is not at commit {commit}.",
    _NOT_CLEAN: "After the checkout, the files differ from commit {commit}.",
}
_LACKS = "the clone lacks objects of that commit: clone it anew, from an origin that has them all"
_PUSH = "the origin no longer has that commit, or never had it: push it there"
_ADVICE = (ANOTHER_GIT, (" not our ref ", _PUSH), ("unable to read sha1 file", _LACKS))
# The commit that origin has for REF; nothing is listed where the working copy has not fetched it.
_OF_REF = f"""\
name=${{REF#refs/heads/}} name=${{name#refs/tags/}} COMMIT=$REF
[[ $REF =~ ^([0-9a-f]{{40}}|[0-9a-f]{{64}})$ ]] || COMMIT=$(GIT_TERMINAL_PROMPT=0 git ls-remote origin \\
  "refs/heads/$name" "refs/tags/$name" "refs/tags/$name^{{}}" | awk 'END {{ print $1 }}')
git cat-file -e "$COMMIT^{{commit}}" 2> /dev/null || exit {NOT_FETCHED}"""


class CheckoutStep(StepBox):
    """Checks out one commit by its id in a working copy, with its submodules.

    Any changed file that is not in `may_discard` fails the step and is listed, because its changes would be lost. So
    does an untracked file, ignored or not, where the commit or one of its submodules has one of its own, and a commit
    of a submodule that cannot be fetched. The files are compared with the commit afterwards, also those that git status
    is told to hide. Files in Git LFS that are not fetched are named, and those of git-crypt that are still encrypted.
    Where git stops in the middle, the files of before are put back. Files that a killed git left half-written keep no
    later checkout away, and new ones of that commit are removed again.
    """

    kind: ClassVar[str] = "checkout"
    proves: ClassVar[str] = "`HEAD` is that commit, and no tracked file differs from it"
    changes_production: ClassVar[bool] = True

    host: HostName
    repository: Repository
    commit: str = Field(description="The commit to check out, as a whole id.", examples=["<commit>"])
    may_discard: list[str] = Field(
        default_factory=list,
        description=(
            "Files whose local changes may be thrown away, none of a submodule. Any other changed file fails the step."
        ),
        examples=[["package-lock.json"]],
    )

    def script(self) -> str:
        """The script. Only the commit and the folder come from its environment."""
        return "\n".join(
            (
                _CHANGED_FILES + _IN_THE_WAY + _ENDED + _HOOK_FAILED + STORED + "enter",
                f"[[ $COMMIT =~ ^([0-9a-f]{{40}}|[0-9a-f]{{64}})$ ]] || exit {_NO_COMMIT}",
                # all branches: a single-branch clone would not fetch the others by itself
                'git cat-file -e "$COMMIT^{commit}" 2> /dev/null ||',
                f"  git fetch --quiet --force --prune --no-tags --no-recurse-submodules origin {_ALL_REFS} || ended",
                # of a shallow clone, or of a branch that is gone, these refs do not lead to it
                'git cat-file -e "$COMMIT^{commit}" 2> /dev/null ||',
                '  git fetch --quiet --no-tags --no-recurse-submodules origin "$COMMIT" || ended',
                f"dirty=$({self._list_changed()})",
                f'[ -z "$dirty" ] || {{ printf \'%s\\n\' "$dirty"; exit {_CHANGED}; }}',
                "remove_left",
                "missing=$(without_commit)",
                f'[ -z "$missing" ] || {{ printf \'%s\\n\' "$missing"; exit {_NO_SUBMODULE}; }}',
                f"untracked=$({self._list_in_the_way()})",
                f'[ -z "$untracked" ] || {{ printf \'%s\\n\' "$untracked"; exit {_UNTRACKED}; }}',
                f"closed=$({_CLOSED_FOLDERS})",
                f'[ -z "$closed" ] || {{ printf \'%s\\n\' "$closed"; exit {_CLOSED}; }}',
                "locks=$(locks)",
                f'[ -z "$locks" ] || {{ printf \'%s\\n\' "$locks"; exit {_IN_USE}; }}',
                *self._unmark_discarded(),
                "before=$(git rev-parse --verify --quiet HEAD) || before=",
                "begin_checkout",
                "forget_half_made",
                'git checkout --quiet --force --detach "$COMMIT" || hook_failed || put_back "$before" || ended',
                f'[ "$(git rev-parse HEAD)" = "$COMMIT" ] || exit {_OTHER_COMMIT}',
                "update_submodules || ended",
                "end_checkout",
                # now with the commits of the submodules
                f"left=$({_LEFT})",
                f'[ -z "$left" ] || {{ printf \'%s\\n\' "$left"; exit {_NOT_CLEAN}; }}',
                "stored",
                "git log --no-color --no-decorate --oneline -5",
            )
        )

    def changed_thing(self) -> tuple[str, ...]:
        return (self.host, self.repository)

    def plan(self) -> list[str]:
        says = f"git fetch, git checkout --force --detach {self.commit}, and its submodules; then compares every file"
        kept = ", ".join(self.may_discard) or "none"
        refused = f"before that it looks for changed and untracked files in the way; it may discard: {kept}"
        return [*program_plan(self.host, says, self.script(), self._env()), refused]

    def preflight(self) -> list[PreflightCheck]:
        program = f"""\
{_CHANGED_FILES}{_IN_THE_WAY}{MAY_WRITE}enter || exit {NO_REPOSITORY}
may_write . && may_write "$(git rev-parse --git-dir)" || exit {NOT_WRITABLE}
locks=$(locks)
[ -z "$locks" ] || {{ printf '%s\n' "$locks"; exit {IS_LOCKED}; }}
{self._list_changed()}"""
        check = HostCheck(
            host=self.host,
            script=without_remarks(program),
            judge=judge_copy,
            env=(("REPOSITORY", self.repository),),
        )
        room = room_check(self.host, self.repository, "in the working copy")
        checks: list[PreflightCheck] = [ProgramsCheck(host=self.host, names=("git",)), check]
        readers = readers_check(self.host, self.repository, "in the working copy")
        return [*checks, *([self._untracked_check()] if self.commit == "<commit>" else []), room, readers]

    def _untracked_check(self) -> HostCheck:
        """Late, when the release has been fetched there."""
        look = f"{self._list_in_the_way()}\n{_MARKED_CLOSED}\n{_MARKED_MISSING}\n{_MARKED_UNREADABLE}\nunfiltered"
        program = without_remarks(f"{OWN_REPOSITORY}{_IN_THE_WAY}{UNFILTERED}enter\n{_OF_REF}\n{look}")
        env = (("REPOSITORY", self.repository), ("REF", "<ref>"))
        return HostCheck(host=self.host, script=program, judge=judge_release, env=env, late=True)

    def run(self, ctx: Context) -> Outcome:
        result = run_job(self, ctx, self.host, self.script(), self._env(), hides=TO_THE_BOT)
        lines = result.last_lines
        commit = fill(self.commit, ctx.values)[:10]
        if result.code == 0:
            done_so = self._done(commit, without_values(lines), stored_note(result.tail))
            return replace(done_so, summary=done_so.summary + failed_hook(result.tail))
        if why := _REFUSED.get(result.code, "").format(commit=commit):
            return failed(why, lines=() if result.code == _NO_COMMIT else lines)
        words = first_words(result)
        todo = advice(result, "see its output", _ADVICE)
        stands = where_it_stands(parse_values(result.tail), commit)
        summary = f"git failed with {exit_words(result.code)} ({words}): {todo}.{stands}"
        return failed(summary, lines=without_values(lines))

    def in_its_way(self, ctx: Context, name: str) -> tuple[str, ...]:
        env = page_texts(self._env(), ctx.values)
        lists = (self._list_changed(), self._list_in_the_way(), _MARKED_CLOSED, _MARKED_LOCKED, _MARKED_MISSING)
        look = "\n".join((_CHANGED_FILES + _IN_THE_WAY + "enter", *lists))
        result = ctx.tools.shell.ask(self.host, without_remarks(look), env=env)
        if result.code:
            raise Failed(f"git ended with exit code {result.code} ({first_words(result, 'no words')})")
        return why_refused(result.tail.splitlines(), name)

    def recover(self, ctx: Context) -> Outcome | None:
        if ctx.tools.shell.job_status(self.host, ctx.key).state != "dead":
            return recover_job(self, ctx, self.host)
        commit = fill(self.commit, ctx.values)
        env = page_texts(self._env(), ctx.values)
        head, _, rest = ctx.tools.shell.ask(self.host, _HEAD, env=env).tail.strip().partition("\n")
        left = without_stored(rest).strip("\n")
        if head == commit and not left:
            return self._done(commit[:10], note=stored_note(rest))
        if head == commit:
            why = f"The files of the working copy differ from commit {commit[:10]}. You can run the step again."
            return failed(why, lines=tuple(left.splitlines()))
        return failed(f"The working copy is at commit {head[:10]}, not at {commit[:10]}. You can run the step again.")

    def _done(self, commit: str, lines: tuple[str, ...] = (), note: str = "") -> Outcome:
        compared = (f"working copy on {self.host} at {commit}",)
        return done(f"The working copy is at commit {commit}.{note}", lines=lines, compared=compared)

    def _list_changed(self) -> str:
        # a submodule at another commit is not edited: an earlier checkout may have left it so
        return f"see_begun && changed . --ignore-submodules=all -- {self._but_discarded()} && changed_in_submodules"

    def _but_discarded(self) -> str:
        """The pathspecs of all files but those whose changes may be thrown away."""
        return " ".join([".", *(f"':(exclude)'{file}" for file in self._discarded())])

    def _list_in_the_way(self) -> str:
        """The shell command that lists untracked files in the way, in submodules too."""
        own = f"in_the_way {self._but_discarded()}"
        return f"{{ {own}; in_submodules in_the_way .; in_place_of_submodules; }}"

    def _unmark_discarded(self) -> list[str]:
        """git checkout leaves a file as it is that is marked as hidden."""
        if not self.may_discard:
            return []
        return [f"git ls-files -z -- {' '.join(self._discarded())} | unmark_listed"]

    def _discarded(self) -> list[str]:
        """The files whose changes may be thrown away, as words of the shell."""
        return [f'"$inside"{shlex.quote(file)}' for file in self.may_discard]

    def _env(self) -> dict[str, str]:
        return {"REPOSITORY": self.repository, "COMMIT": self.commit}
