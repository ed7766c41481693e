"""The last step of a rollback, which no page names: what ran before must run again."""

from __future__ import annotations

from typing import ClassVar

from commands.steps.base import Members, StepBox
from commands.steps.execution import pause
from commands.steps.outcome import Context, Outcome, done, failed
from commands.steps.page_fields import EnvName
from commands.steps.shared.running import Running, others
from commands.systems.git.refs import ReleaseError
from commands.systems.running.answers import Answer, shown
from commands.text.phrases import capitalized
from state.errors import ToolError, Unreachable
from state.records import AttemptState

PATIENCE = 15.0  # seconds in which what was just restarted must answer
_INTERVAL = 1.0  # seconds between two questions


class RunningAgainStep(StepBox):
    """Asks every place of the release's `running`: each must answer `commit`, which it answered before the deploy."""

    kind: ClassVar[str] = "running"

    host: str
    repository: EnvName
    running: list[Running]
    commit: str = "<running_before>"

    def with_members(self, hosts: Members, webs: Members, steps: Members) -> StepBox:
        return self.model_copy(
            update={"running": [one for place in self.running for one in place.on_members(hosts, webs)]}
        )

    def plan(self) -> list[str]:
        return [f"{place.plan()}; it must be {self.commit}" for place in self.running]

    def places(self) -> set[tuple[str, str]]:
        return super().places() | {place.place for place in self.running}

    def run(self, ctx: Context) -> Outcome:
        until = ctx.tools.clock.monotonic() + PATIENCE
        while (outcome := self._try(ctx)).state != AttemptState.DONE and ctx.tools.clock.monotonic() < until:
            pause(ctx, _INTERVAL)
        return outcome

    def _try(self, ctx: Context) -> Outcome:
        try:
            return self._compare(ctx, ctx.values["running_before"])
        except ReleaseError as error:
            return failed(f"{capitalized(str(error))}.")
        except ToolError as error:
            unasked = isinstance(error, Unreachable)
            return failed(f"It is not known what runs now: {str(error).rstrip('.')}.", inconclusive=unasked)

    def _compare(self, ctx: Context, commit: str) -> Outcome:
        answers: list[Answer] = []
        away: list[str] = []
        for place in self.running:
            try:
                answers += place.ask(ctx.tools)
            except Unreachable as error:
                away.append(str(error).rstrip("."))
        unknown = f"It is not known what runs now: {'; '.join(dict.fromkeys(away))}." if away else ""
        if wrong := others(ctx.tools, answers, commit, host=self.host, repository=self.repository):
            found = ", ".join(map(str, wrong))
            said = f"What ran before does not run again: {found}, and not {shown(commit)}. {unknown}"
            return failed(said.strip())
        asked = ", ".join(answer.source for answer in answers)
        if away:
            rest = f" What else was asked answers {shown(commit)} as before ({asked})." if answers else ""
            return failed(unknown + rest, inconclusive=True)
        compared = tuple(f"{answer.source} answers {shown(commit)}" for answer in answers)
        return done(f"What ran before runs again: commit {shown(commit)} ({asked}).", compared=compared)
