"""The page as typed values: parts, places, roles, alerts, criteria, and the steps in order."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from commands.runbook.alert_rule import AlertRule
from commands.runbook.drill_table import partners
from commands.runbook.head_boxes import CriteriaBox, DecisionBox, Role, RollbackBox, RunbookBox, WatchBox
from commands.runbook.places import PlacesBox
from commands.steps.base import StepBox, Strict
from commands.steps.page_fields import variables_in
from state.frozen import dataclass


class Part(StrEnum):
    """The parts of a page that hold steps, by their headings, in the order of a run."""

    BEFORE = "before"
    DEPLOY = "deploy"
    SMOKE_TESTS = "smoke tests"
    WATCH = "watch"
    ROLLBACK = "rollback"


@dataclass(frozen=True, kw_only=True)
class PageStep:
    """A step of the page: its id (from the heading, in any script), title, line, part and box.

    A step on a group is one step for each of its hosts: `host` is that host's name, `written` the step as it is on the
    page, and `turn` the box that does the hosts one by one, if it is named there.
    """

    id: str
    title: str
    line: int
    part: Part
    box: StepBox
    host: str = ""
    written: PageStep | None = None
    turn: PageStep | None = None

    def gives_values_to(self, other: PageStep) -> bool:
        """Whether another step may use its values: those of a host of a group are that host's own."""
        return self.host in {"", other.host}

    def together_with(self, other: PageStep) -> bool:
        """Whether both are one step of the page, on hosts of a group at the same time."""
        return self.written is not None and self.written == other.written and self.turn is None


@dataclass(frozen=True, kw_only=True)
class Page:
    """A whole runbook page, checked."""

    name: str
    title: str
    text: str
    runbook: RunbookBox
    places: PlacesBox
    roles: dict[str, Role]
    steps: tuple[PageStep, ...]
    watch: WatchBox | None
    rollback: RollbackBox
    alerts: tuple[AlertRule, ...]
    criteria: CriteriaBox | None
    decision: DecisionBox

    def part(self, name: Part) -> tuple[PageStep, ...]:
        """The steps of a part, in order."""
        return tuple(step for step in self.steps if step.part == name)

    @property
    def forward(self) -> tuple[PageStep, ...]:
        """The steps that run one after another before the watch."""
        return self.part(Part.BEFORE) + self.part(Part.DEPLOY) + self.part(Part.SMOKE_TESTS)

    def step(self, step_id: str) -> PageStep:
        """A step by its id. Raises KeyError."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def env_names(self) -> Iterator[str]:
        """The environment variables that the page names, with their `$`, each once."""
        yield from dict.fromkeys(name for box in self._boxes() for name in variables_in(box))

    def masked_names(self) -> Iterator[str]:
        """The variables whose values are secrets wherever they turn up: the page's, and those of its drill.

        The page of a drill names none of production's, and its messages mask them all the same.
        """
        names = tuple(self.env_names())
        yield from dict.fromkeys((*names, *partners(self.runbook.drill, names)))

    def step_env_names(self) -> Iterator[str]:
        """The environment variables that the steps name themselves, with their `$`, each once."""
        yield from dict.fromkeys(name for step in self.steps for name in variables_in(step.box))

    def _boxes(self) -> list[Strict]:
        return [self.runbook, self.places, *self.roles.values(), *(step.box for step in self.steps)]


STAGES = {part: part.value.capitalize() for part in Part}


def stage_of(part: str) -> str:
    """A part as people read it; any other word is returned unchanged."""
    return next((title for known, title in STAGES.items() if known == part), part)
