"""The step kinds by the name that stands on the page. A new kind is its own file and one line here."""

from __future__ import annotations

from commands.steps.base import StepBox
from commands.steps.gate import Gate
from commands.steps.http import Http
from commands.steps.run import Run

KINDS: dict[str, type[StepBox]] = {kind.kind: kind for kind in (Gate, Http, Run)}
