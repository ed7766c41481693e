"""The box of a `release`: its fields, and what the step and its preflight both ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from commands.ports.page_text import PLACEHOLDER, PageText, Text
from commands.ports.shell import CommandResult
from commands.ports.tools import Tools
from commands.steps.base import Members, PinnedRelease, StepBox
from commands.steps.page_fields import EnvName
from commands.steps.plan_line import program_plan
from commands.steps.shared.commit_checks import CommitCheck, first_problem
from commands.steps.shared.running import RunningPlaces, require_running
from commands.steps.shared.running_again import RunningAgainStep
from commands.steps.shared_fields import HostName, Repository
from commands.steps.value_types import ValueType
from commands.steps.values import fill, has_placeholder, parse_values
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
    """The fields of a `release`.

    `signers` is a variable, so that neither the repository nor the host can change who counts. A rollback restores what
    `running` has answered, and ends only when the same places answer it again.
    """

    host: HostName
    repository: Repository
    ref: str = Field(
        default="<ref>",
        description=(
            "The branch, tag or whole commit id to deploy, which origin must have now. Without it, what "
            "the run was started with."
        ),
        examples=["main"],
    )
    files: list[str] = Field(
        default_factory=list,
        description=(
            "Files of the repository that are stored with the run as the commit has them; above all its migrations."
        ),
        examples=[["migrations/016_up.sql", "migrations/016_down.sql"]],
    )
    branches: list[BranchPattern] = Field(
        default_factory=list,
        description=(
            "The branches that may be deployed; a tag or commit must be in one of them. `*` is anything "
            "but a slash, `**` is anything. Without it, every branch."
        ),
        examples=[["main", "release/*"]],
    )
    signed: bool = Field(
        default=False,
        description=(
            "Whether the tag, or else the commit, must be signed with an SSH key of `signers`, and in its "
            "owner's own name."
        ),
    )
    signers: EnvName | None = Field(
        default=None,
        description=(
            "The variable with the lines of an allowed-signers file (`man ssh-keygen`). Needed with `signed`."
        ),
        examples=["$RELEASE_SIGNERS"],
    )
    checks: list[CommitCheck] = Field(
        default_factory=list,
        description="What a status API must say of the commit, like CI's checks.",
        examples=[
            [{"web": "github", "path": "/repos/my-team/shop/commits/<commit>/status", "expect": {"state": "success"}}]
        ],
    )
    running: RunningPlaces = Field(
        default_factory=list,
        description=(
            "How production says what it runs: one table or a list. If the clone is at another commit, "
            "the run stops. Without it, the clone's commit counts, and `gonogo check` warns."
        ),
        examples=[{"web": "api", "path": "/health", "field": "commit"}],
    )

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
        says = "fetches origin, and finds the commit that REF names there now" + (
            ", signed with a key of SIGNERS" if self.signed else ""
        )
        return [
            *program_plan(self.host, says, release_script(signed=self.signed), self.page_env() | self.data()),
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
                f"running: is missing, so only the clone on {self.host} says what runs, and a rollback goes "
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

    def pinned_release(self, ref: str) -> PinnedRelease:
        asked = fill(self.ref, {"ref": ref})
        return PinnedRelease(host=self.host, repository=PageText(self.repository), found_as=self.place_of(asked))

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
