"""`checkout`: brings a working copy to one commit by name, and compares what is there afterwards."""

from __future__ import annotations

import shlex
from typing import ClassVar

from pydantic import Field

from commands.ports.preflight import PreflightCheck, PreflightResult, blocked, passed, warned
from commands.ports.shell import CommandResult
from commands.steps.base import EnvName, StepBox
from commands.steps.execution import host_plan, recover_job, run_job
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.values import fill
from commands.systems.preflight.hosts import HostCheck, ProgramsCheck

_HEAD = 'cd "$REPOSITORY"\ngit rev-parse HEAD'


class CheckoutStep(StepBox):
    """`may_discard` names tracked files whose local changes are thrown away (npm rewrites its lock file).

    Any other changed file fails the step and is named: somebody has worked on the host by hand.
    """

    kind: ClassVar[str] = "checkout"
    changes: ClassVar[bool] = True

    host: str
    repository: EnvName
    commit: str
    may_discard: list[str] = Field(default_factory=list)

    def script(self) -> str:
        """The script; only the commit and the folder come from outside."""
        spared = "".join(" " + shlex.quote(f":(exclude){file}") for file in self.may_discard)
        return "\n".join(
            (
                'cd "$REPOSITORY"',
                'git cat-file -e "$COMMIT^{commit}" || git fetch --quiet --tags --force origin',
                f"dirty=$(git status --porcelain --untracked-files=no -- .{spared})",
                '[ -z "$dirty" ] || { printf \'%s\\n\' "$dirty"; exit 65; }',
                'git checkout --quiet --force --detach "$COMMIT"',
                '[ "$(git rev-parse HEAD)" = "$COMMIT" ] || exit 66',
                "git log --oneline -5",
            )
        )

    def plan(self) -> list[str]:
        return host_plan(self.host, self.script(), self._env())

    def preflight(self) -> list[PreflightCheck]:
        spared = "".join(" " + shlex.quote(f":(exclude){file}") for file in self.may_discard)
        script = f"""\
cd "$REPOSITORY" && git rev-parse --git-dir > /dev/null || exit 65
[ -w . ] && [ -w "$(git rev-parse --git-dir)" ] || exit 66
git status --porcelain --untracked-files=no -- .{spared}"""
        looks = HostCheck(host=self.host, script=script, judge=_judge_copy, env=(("REPOSITORY", self.repository),))
        return [ProgramsCheck(host=self.host, names=("git",)), looks]

    def run(self, ctx: Context) -> Outcome:
        ended = run_job(self, ctx, self.host, self.script(), self._env())
        lines = ended.last_lines
        commit = fill(self.commit, ctx.values)[:10]
        if ended.code == 0:
            return done(f"The working copy is at {commit}.", lines=lines)
        if ended.code == 65:
            return failed(
                "Somebody changed tracked files on the host by hand; keep or discard them first.", lines=lines
            )
        if ended.code == 66:
            return failed(f"After the checkout the working copy is not at {commit}.", lines=lines)
        return failed(f"git ended with {ended.code}; see its words.", lines=lines)

    def recover(self, ctx: Context) -> Outcome | None:
        if ctx.tools.shell.job_status(self.host, ctx.key).state != "dead":
            return recover_job(self, ctx, self.host)
        commit = fill(self.commit, ctx.values)
        head = ctx.tools.shell.ask(self.host, _HEAD, env={"REPOSITORY": self.repository}).tail.strip()
        if head == commit:
            return done(f"The working copy is at {commit[:10]}.")
        return failed(f"The working copy is at {head[:10]}, not at {commit[:10]}; it can be run again.")

    def _env(self) -> dict[str, str]:
        return {"REPOSITORY": self.repository, "COMMIT": self.commit}


def _judge_copy(ended: CommandResult) -> list[PreflightResult]:
    if ended.code == 66:
        return blocked("the working copy cannot be written by this user", "give its files to the user that deploys")
    if ended.code:
        words = ended.tail.strip().splitlines()[-1:] or ["git says nothing"]
        return blocked(
            f"the repository is no git working copy ({words[0][:120]})", "clone it there, or mend its address"
        )
    if changed := ended.tail.split("\n")[:-1]:
        said = ", ".join(line.strip() for line in changed[:3])
        return warned(f"{len(changed)} tracked files were changed by hand: {said}", "keep or discard them first")
    return passed("the working copy is clean and can be written")
