"""Every box of a page, and every table inside one."""

from __future__ import annotations

from pydantic import BaseModel

from commands.reference.boxes import HEAD_BOXES
from commands.reference.field_forms import parts_of
from commands.steps import KINDS
from commands.steps.base import Verify


def models() -> list[type[BaseModel]]:
    """The boxes first, then what is inside them, each once."""
    found: dict[type[BaseModel], None] = dict.fromkeys([*KINDS.values(), *HEAD_BOXES.values()])
    waiting = list(found)
    for model in waiting:
        for field in model.model_fields.values():
            new = [part for part in parts_of(field) if part not in found]
            found |= dict.fromkeys(new)
            waiting += new
    assert Verify in found, "tables in lists are found"
    return waiting
