"""`gate`: a checklist, each item with its role; the run goes on when every role has signed for its items."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from commands.steps.base import ChecklistItem, StepBox
from commands.steps.outcome import Context, Outcome, done


class GateStep(StepBox):
    """Waits for people only; the asking and counting is the run's own work (see `commands.run.decide`)."""

    kind: ClassVar[str] = "gate"
    waits: ClassVar[bool] = True
    asks_people: ClassVar[bool] = True
    fits_baseline: ClassVar[bool] = False

    item: list[ChecklistItem] = Field(min_length=1)

    def plan(self) -> list[str]:
        return [f"asks {item.role}: {item.text}" for item in self.item]

    def roles(self) -> set[str]:
        return {*self.sign, *(item.role for item in self.item)}

    def checklist(self) -> tuple[ChecklistItem, ...]:
        return tuple(self.item)

    def run(self, ctx: Context) -> Outcome:
        return done("Waiting for the sign-offs below.", lines=tuple(f"{item.role}: {item.text}" for item in self.item))
