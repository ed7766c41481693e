"""Says what a step has left in the way of the rollback, while there is time to clear it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from commands.steps.base import StepBox
from commands.steps.outcome import Context, Outcome
from state.errors import BadValue, ToolError


def with_way_back(box: StepBox, host: str, ctx: Context, outcome: Outcome) -> Outcome:
    """The outcome of a step on `host`, with what would make a step of the rollback there refuse now.

    A check of the watch changes nothing, and in the rollback its own steps say it.
    """
    if box.undoes or box.every or not ctx.after_change:
        return outcome
    notes, unseen = [], []
    for name, back in _back_steps(host, ctx):
        try:
            of_back = f"`{name}` of the rollback"
            notes += [f"But {why}." for why in back.in_its_way(ctx, of_back)]
        except BadValue:  # the values that it needs are not known yet, so nothing was deployed
            continue
        except ToolError as error:
            unseen.append(f"whether {name} of the rollback could work now: {error}")
    summary = " ".join((outcome.summary, *notes))
    return replace(outcome, summary=summary, not_compared=(*outcome.not_compared, *unseen))


def _back_steps(host: str, ctx: Context) -> Iterator[tuple[str, StepBox]]:
    for name, box in ctx.boxes.items():
        if box.undoes and getattr(box, "host", "") == host:
            yield name, box
