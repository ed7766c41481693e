"""The box of a `release`: its fields, and what the step and its preflight both ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from commands.ports.page_text import PLACEHOLDER, PageText, Text
from commands.ports.shell import CommandResult
from commands.ports.tools import Tools
from commands.steps.base import Members, StepBox
from commands.steps.execution import host_plan
from commands.steps.page_fields import EnvName
from commands.steps.shared.commit_checks import CommitCheck, first_problem
from commands.steps.shared.running import RunningPlaces, require_running
from commands.steps.shared.running_again import RunningAgainStep
from commands.steps.value_types import ValueType
from commands.steps.values import has_placeholder, parse_values
from commands.systems.git.refs import (
    Release,
    ReleaseError,
    branches_regex,
    parse_release,
    pattern_error,
    ref_error,
    release_script,
)


def _pattern(value: str) -> str:
    if why := pattern_error(value):
        raise ValueError(why)
    return value


BranchPattern = Annotated[str, AfterValidator(_pattern)]


class ReleaseBox(StepBox):
    """`ref` is a branch, tag or whole commit id that origin has now; a commit must be in one of its branches or tags.

    - `files`: paths in the repository. Their texts, as the commit has them, are stored with the run.
    - `branches`: the branches that may be deployed, like "main" or "release/*"; a tag or commit must be in one of them.
      `*` stands for anything but a slash, `**` for anything.
    - `signed`: the tag itself, or else the commit, must be signed with an SSH key of `signers`, and the key must be its
      tagger's or committer's own. `signers` names a variable that holds the lines of git's allowed-signers file, so
      that neither the repository nor the host can change who counts.
    - `checks`: what a status API must say of the commit.
    - `running`: how production says what it runs. That must be the commit at which the clone is, or the run stops. A
      rollback restores it, and ends only when the same places answer it again.
    """

    host: str
    repository: EnvName
    ref: str = "<ref>"
    files: list[str] = Field(default_factory=list)
    branches: list[BranchPattern] = Field(default_factory=list)
    signed: bool = False
    signers: EnvName | None = None
    checks: list[CommitCheck] = Field(default_factory=list)
    running: RunningPlaces = Field(default_factory=list)

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.signed and not self.signers:
            raise ValueError('signers: is missing; write the variable with the allowed signers, like "$SIGNERS"')
        if self.signers and not self.signed:
            raise ValueError("signed: is missing, so nobody would look at signers; write signed = true")
        if not has_placeholder(self.ref) and (why := ref_error(self.ref)):
            raise ValueError(f"ref: {why}")
        return self

    def with_members(self, hosts: Members, webs: Members, steps: Members) -> StepBox:
        return self.model_copy(
            update={"running": [one for place in self.running for one in place.on_members(hosts, webs)]}
        )

    def plan(self) -> list[str]:
        return [
            *host_plan(self.host, release_script(signed=self.signed), self.page_env() | self.data()),
            *(f"on {self.host}: git show <commit>:{file}, stored with the run" for file in self.files),
            *(check.plan() for check in self.checks),
            *(f"{place.plan()}; the clone on {self.host} must be at that commit" for place in self.running),
        ]

    def value_types(self) -> Mapping[str, ValueType]:
        asked = {"running_before": ValueType.COMMIT} if self.running else {}
        return {
            "commit": ValueType.COMMIT,
            "commit_before": ValueType.COMMIT,
            "committed_at": ValueType.WORD,
            **asked,
        }

    def inputs(self) -> set[str]:
        return set(PLACEHOLDER.findall(self.ref))

    def places(self) -> set[tuple[str, str]]:
        asked = {place.place for place in self.running}
        return super().places() | {("webs", check.web) for check in self.checks} | asked

    def rollback_end(self) -> StepBox | None:
        if not self.running:
            return None
        return RunningAgainStep(host=self.host, repository=self.repository, running=self.running)

    def takes_for_granted(self) -> str:
        if self.running:
            return ""
        return (
            f"what answers (the page names no `running`; the rollback went to the commit of the clone on {self.host})"
        )

    def page_warning(self, boxes: Mapping[str, StepBox]) -> str:
        """What the clone says is not what runs."""
        if not self.running:
            return (
                f"running: is missing, so only the clone on {self.host} says what production runs, and a rollback goes "
                "to its commit; name what answers, or what the service manager says"
            )
        if asks := next((place for place in self.running if place.asks_git()), None):
            return f"running: {asks.source} asks git, which says what is checked out, not what runs"
        return ""

    def release(self, result: CommandResult, ref: str) -> Release:
        """What the script found. Raises ReleaseError."""
        return parse_release(result, parse_values(result.tail), ref, self.branches)

    def require_green(self, tools: Tools, release: Release) -> None:
        """Raise ReleaseError if one of the `checks` is not green."""
        if problem := first_problem(self.checks, tools.web, release.commit):
            what = f"commit {release.commit[:10]} is not green: {problem}"
            raise ReleaseError(what, "wait until its checks have passed, or mend them")

    def require_running(self, tools: Tools, before: str) -> None:
        """Raise ReleaseError if one of the places in `running` answers another commit. Raises Unreachable, Failed."""
        require_running(self.running, tools, before, host=self.host, repository=self.repository)

    def place_of(self, ref: str) -> str:
        """The name under which the preflight hands on which commit a ref was."""
        return f"{self.host} {self.repository} {ref}"

    def env(self, ref: str) -> dict[str, Text]:
        """The environment of the script for a ref."""
        env: dict[str, Text] = {name: PageText(text) for name, text in self.page_env().items()}
        return {**env, **self.data(), "REF": ref}

    def page_env(self) -> dict[str, str]:
        """The texts of the page that the script needs."""
        signers = {"SIGNERS": self.signers} if self.signers else {}
        return {"REPOSITORY": self.repository, "REF": self.ref, **signers}

    def data(self) -> dict[str, str]:
        """What the script needs beside them, passed as it is."""
        return {"BRANCHES": branches_regex(self.branches)}
