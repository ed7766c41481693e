"""The option that a page is: how it compares with another one, and when to choose it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from commands.steps.base import Strict
from commands.text.durations import Duration
from commands.text.field_words import Short

EVIDENCE = ("step", "signed", "rehearsal", "window", "soak", "drill", "first_time")  # of a line, one at most


class Reason(Strict):
    """One reason to choose the page, and what shows that it holds. Without evidence people must judge it."""

    says: str = Field(min_length=1, description="The reason as people read it.", examples=["The backup is proven"])
    step: str = Field(
        default="",
        description="A step that succeeded in an earlier run of the page, by id.",
        examples=["proof"],
    )
    signed: str = Field(
        default="",
        description="A step that everybody signed in an earlier run of the page, for the commit that starts now.",
        examples=["review"],
    )
    rehearsal: str = Field(
        default="",
        description=(
            "A `rehearse` step that succeeded in an earlier run of the page, so without a loss, for the commit that "
            "starts now and its migration files."
        ),
        examples=["rehearse"],
    )
    window: str = Field(
        default="",
        description="A `window` step of this page that is open now, by its days and hours.",
        examples=["window"],
    )
    soak: str = Field(
        default="",
        description=(
            "A page whose run was kept, for the commit that starts now and with the same migration files: its soak."
        ),
        examples=["option-b.md"],
    )
    drill: Duration | None = Field(
        default=None,
        description="How long ago a drill of this page may have ended.",
        examples=["90 d"],
    )
    first_time: bool = Field(
        default=False,
        description="Whether the reason is that no run in the state file has kept the commit that starts now.",
    )
    page: str = Field(
        default="",
        description="The page whose earlier runs are asked for `step`, `signed` or `rehearsal`. Without it, this one.",
        examples=["option-b.md"],
    )
    within: Duration | None = Field(
        default=None,
        description="How old the evidence may be. Without it, any age.",
        examples=["7 d"],
    )

    @model_validator(mode="after")
    def _one_evidence(self) -> Reason:
        named = [name for name in EVIDENCE if getattr(self, name)]
        if len(named) > 1:
            raise ValueError(f"names two kinds of evidence ({' and '.join(named)}); write one line for each")
        if self.page and not (self.step or self.signed or self.rehearsal):
            raise ValueError("page: says whose runs are asked; it needs step, signed or rehearsal")
        if self.within is not None and not (named and named[0] not in {"window", "first_time"}):
            raise ValueError("within: says how old evidence may be; it needs step, signed, rehearsal or soak")
        if self.within is not None and self.within < timedelta(minutes=1):
            raise ValueError('within: is too short; write at least "1 min"')
        return self

    @property
    def evidence(self) -> str:
        """Which kind of evidence it names; empty where people must judge."""
        return next((name for name in EVIDENCE if getattr(self, name)), "")

    @property
    def own_step(self) -> str:
        """The step that must be on this very page; empty if there is none."""
        return self.window or ("" if self.page else self.step or self.signed or self.rehearsal)


def _as_reason(line: Any) -> Any:
    return {"says": line} if isinstance(line, str) else line


class Option(Strict):
    """How this page compares with its alternative: the rows of the table that `/deploy start` shows."""

    name: str = Field(description="The name of this way to deploy.", examples=["Option A: direct to production"])
    risk: str = Field(description="How risky it is.", examples=["MEDIUM"])
    time: str = Field(description="How long it takes, as people say it.", examples=["2 hours"])
    rollback: str = Field(description="How long its rollback takes, as people say it.", examples=["< 15 min"])
    testing: str = Field(description="What is tested before users meet it.", examples=["smoke tests only"])
    recommendation: str = Field(description="Who should take it.", examples=["confident teams"])
    choose_if: list[Annotated[Reason, BeforeValidator(_as_reason), Short.TEXT]] = Field(
        min_length=1,
        description=(
            "When to choose it, one reason each. A table also names what shows that the reason holds; `/deploy start` "
            "looks it up."
        ),
        examples=[["Risk-averse culture", {"says": "Proven", "step": "proof"}]],
    )
    safer: str = Field(
        default="",
        description=(
            "The page that deploys the same with less risk. This one is recommended if that has kept the commit, or if "
            "all evidence of `choose_if` holds. Without it, none is."
        ),
        examples=["option-b.md"],
    )


def option_errors(option: Option, own: str, kinds: dict[str, str]) -> Iterator[str]:
    """What is wrong with an option of the page with this file name, whose steps have these kinds, by id."""
    if option.safer in {own, own.removesuffix(".md")}:
        yield "safer: is this page itself; name the other one"
    if option.safer and not any(reason.evidence for reason in option.choose_if):
        yield "safer: no line of choose_if names evidence, so nothing could be recommended; add some, or remove it"
    for reason in option.choose_if:
        where = f"choose_if: “{reason.says}”"
        step = reason.own_step
        if step and step not in kinds:
            yield f'{where}: there is no step "{step}" on the page; write the id of a step'
        elif reason.window and kinds[reason.window] != "window":
            yield f'{where}: window: "{reason.window}" is a {kinds[reason.window]}; name a window step'
        elif reason.rehearsal and not reason.page and kinds[reason.rehearsal] != "rehearse":
            yield f'{where}: rehearsal: "{reason.rehearsal}" is a {kinds[reason.rehearsal]}; name a rehearse step'
