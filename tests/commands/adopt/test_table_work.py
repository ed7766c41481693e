"""Tables with a column to tick become gates, tables that say when to roll back become alerts."""

from __future__ import annotations

from commands.adopt.adopted import Adopted, adopt
from tests.commands.adopt.reading import boxes_of, told

TICKED = (
    "| # | Check | Command | Status |\n|---|---|---|---|\n| 1 | Tests pass | `make test` | ☐ |\n| 2 | Told | | ☐ |\n"
)
WATCH = "## Monitoring\n\n```bash\ncurl https://shop.example/health\n```\n\n"


def gates(adopted: Adopted) -> list[list[str]]:
    """The items of its gates."""
    return [[item["text"] for item in fields["item"]] for kind, fields in boxes_of(adopted.page) if kind == "gate"]


def test_each_row_with_a_box_to_tick_is_signed() -> None:
    adopted = adopt(f"# S\n\n## Before\n\n{TICKED}\n## Deploy\n\nx\n", "x")
    assert gates(adopted) == [["Tests pass: make test", "Told"]]
    assert "| 1 | Tests pass | `make test` | ☐ |" in adopted.page
    box = next(box for box in adopted.boxes if box.kind == "gate")
    assert box.line == 7


def test_a_table_to_tick_outside_the_parts_is_named() -> None:
    adopted = adopt(f"# S\n\n## Deploy\n\nx\n\n## Notes\n\n{TICKED}", "x")
    assert gates(adopted) == []
    assert "11: a checklist under a heading that does not say when it is signed" in told(adopted)


def test_a_table_without_a_column_to_tick_stays_text() -> None:
    adopted = adopt(f"# S\n\n## Before\n\n{TICKED.replace('☐', 'ok')}\n## Deploy\n\nx\n", "x")
    assert gates(adopted) == []


def test_a_column_of_limits_is_read_wherever_its_table_stands() -> None:
    table = (
        "### Limits\n\n| Metric | Good | ROLLBACK IF |\n|---|---|---|\n| CPU usage | < 80% | > 90% for 5 minutes |\n"
        "| P99 latency | < 1 s | > 2 s |\n"
    )
    adopted = adopt(f"# S\n\n## Deploy\n\nx\n\n{WATCH}{table}", "x")
    alerts = dict(boxes_of(adopted.page))["alerts"]["alert"]
    assert [(one["name"], one["above"], one["lasting"]) for one in alerts] == [
        ("CPU usage > 90% for 5 minutes", 90.0, "5 min")
    ]
    assert "the alert “P99 latency > 2 s” says more than one check measures" in told(adopted)


def test_a_table_of_which_each_row_rolls_back_has_alerts_and_one_of_troubles_has_none() -> None:
    rows = "| Condition | Action |\n|---|---|\n| Memory > 80% | **ROLLBACK** |\n| Orders lost | **ROLLBACK** |\n"
    adopted = adopt(f"# S\n\n## Deploy\n\nx\n\n{WATCH}## Stop and go\n\n{rows}", "x")
    assert [one["name"] for one in dict(boxes_of(adopted.page))["alerts"]["alert"]] == ["Memory > 80%"]
    assert "the alert “Orders lost” is measured by no check of the watch" in told(adopted)
    troubles = adopt(f"# S\n\n## Deploy\n\nx\n\n{WATCH}## Troubleshooting\n\n{rows}", "x")
    assert "alerts" not in dict(boxes_of(troubles.page))
