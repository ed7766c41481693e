"""`gate`: a checklist. The run continues when every role has signed its items."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from commands.steps.base import ChecklistItem, StepBox
from commands.steps.outcome import Context, Outcome, done


class GateStep(StepBox):
    """Shows a checklist and waits until every role has signed its items."""

    kind: ClassVar[str] = "gate"
    proves: ClassVar[str] = "who confirmed what, and when"
    done_on_each: ClassVar[bool] = False
    waits: ClassVar[bool] = True
    asks_people: ClassVar[bool] = True
    allowed_in_baseline: ClassVar[bool] = False

    item: list[ChecklistItem] = Field(
        min_length=1,
        description="The checklist: each item with the role that signs it.",
        examples=[[{"text": "The rollback plan was read", "role": "dba"}]],
    )

    def plan(self) -> list[str]:
        return [f"asks {item.role}: {item.text}" for item in self.item]

    def roles(self) -> set[str]:
        return {*self.sign, *(item.role for item in self.item)}

    def checklist(self) -> tuple[ChecklistItem, ...]:
        return tuple(self.item)

    def run(self, ctx: Context) -> Outcome:
        return done(
            "Each item needs the signature of its role.", lines=tuple(f"{item.role}: {item.text}" for item in self.item)
        )
