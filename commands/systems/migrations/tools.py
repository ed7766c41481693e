"""How each migration tool is asked for its state, goes forward, and goes back to a state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from commands.systems.scripts import script

ToolName = Literal["alembic", "django"]


@dataclass(frozen=True, kw_only=True)
class MigrationTool:
    """A tool's commands, as bash. `$PROGRAM` holds the words that start the tool.

    `state` prints what is applied, the same for the same state, and nothing if nothing is. `back` goes to the state
    in `$STATE_BEFORE`, which `state` printed, with spaces for line ends.
    """

    program: str
    state: str
    forward: str
    back: str


MIGRATION_TOOLS: Mapping[ToolName, MigrationTool] = {
    # https://alembic.sqlalchemy.org/en/latest/tutorial.html: `current` prints a line for each head, like
    # "ae1 (head)"; the project may print others
    "alembic": MigrationTool(
        program="alembic",
        state=r"$PROGRAM current | awk '/^[^ ]+( \([^()]*\))*$/ {print $1}' | sort",
        forward="$PROGRAM upgrade head",
        back=script("migrations/alembic_back.sh"),
    ),
    # https://docs.djangoproject.com/en/5.2/ref/django-admin/#shell
    "django": MigrationTool(
        program="python manage.py",
        state=script("migrations/django_state.sh"),
        forward="$PROGRAM migrate --noinput",
        back=script("migrations/django_back.sh"),
    ),
}
