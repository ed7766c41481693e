"""The table of docs/events.md; `python -m bot.feeds.types_table` prints it."""

from __future__ import annotations

from bot.feeds.event_types import EVENT_TYPES, PREFIX
from bot.terminal_lines import say


def types_table() -> list[str]:
    """The lines of the table, in the order of the types' names."""
    rows = sorted(EVENT_TYPES.values(), key=lambda kind: kind.name)
    return [
        "| type | when | fields |",
        "| --- | --- | --- |",
        *(
            f"| `{PREFIX}{kind.name}` | {kind.means} | {', '.join(f'`{name}`' for name in kind.fields)} |"
            for kind in rows
        ),
    ]


if __name__ == "__main__":
    for line in types_table():
        say(line)
