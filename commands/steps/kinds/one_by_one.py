"""`one-by-one`: names the steps that are done for one host of a group after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from commands.steps.base import StepBox

_OWN = frozenset({"id", "host", "steps", "undoes", "after"})


class OneByOneStep(StepBox):
    """Names the steps below it that are done for one host of a group after the other.

    All `steps` are done for the first host of the group `host`, then all for the next one. They stand directly below
    this box. One that names another host, like a load balancer, is done for each host too; `<host>` is the name of the
    host whose turn it is. In the rollback the last host comes first, and only those are rolled back on which the step
    or box that this one `undoes` began.
    """

    kind: ClassVar[str] = "one-by-one"
    proves: ClassVar[str] = "nothing by itself; each of its steps does, for each host"
    done_on_each: ClassVar[bool] = False

    host: str = Field(description="The group of hosts under “Places”.", examples=["web"])
    steps: list[str] = Field(
        min_length=1,
        description="The steps directly below this box, by id, in their order.",
        examples=[["out-of-the-balancer", "deploy", "restart", "into-the-balancer"]],
    )

    def page_error(self, boxes: Mapping[str, StepBox]) -> str:
        others = sorted(self.model_fields_set - _OWN)
        return f"{others[0]}: has no meaning here; write it in the steps that this box names" if others else ""
