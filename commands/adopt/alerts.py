"""A table of alerts: each row that a check of the watch measures becomes an alert."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from commands.adopt.document import Block
from commands.adopt.draft import Box, Section
from commands.adopt.scene import Scene
from commands.adopt.toml_box import Tables

_LIMIT = re.compile(
    r"(?:>=?|≥|above|over|more than|exceeds?)\s*(\d+(?:\.\d+)?)\s*(%|ms|milli\w*|min\w*|s\w*)?", re.IGNORECASE
)
_ROLLS_BACK = re.compile(r"roll ?-?back|revert|abort", re.IGNORECASE)
_EXPECTED = re.compile(r"\b(?:ok|expected|ignore|normal)\b", re.IGNORECASE)


@dataclass(frozen=True)
class _Row:
    """What the words of an alert mean: a measure of the first check of that kind in the watch, and its unit."""

    words: str
    kind: str
    measure: str
    unit: str = ""
    above: float | None = None


_MEANINGS = (
    _Row(r"\bmemory|\bram\b", "metrics", "memory", "%"),
    _Row(r"\bcpu\b", "metrics", "cpu", "%"),
    _Row(r"response|latency|slow|api.*second", "http", "seconds", "s"),
    _Row(r"(?:database|query|\bdb\b|sql).*(?:error|fail)", "query", "failed", "", 0.0),
    _Row(r"error.*\blogs?\b|\blogs?\b.*error", "logs", "found", "", 0.0),
    _Row(r"health|\b5\d\d\b|\bdown\b|unreachable", "http", "failed", "", 0.0),
)
_TO_SECONDS = {"ms": 0.001, "milli": 0.001, "s": 1.0, "min": 60.0}


def alerts_box(tables: Sequence[Block], watch: Sequence[Section], scene: Scene) -> Box | None:
    """The alert table; None if no row of the runbook's tables is measured."""
    alerts = []
    for table in tables:
        for place, row in enumerate(table.rows[1:], start=2):
            name = row[0].replace("*", "").replace("`", "").strip() if row else ""
            if not name:
                continue
            action = " ".join(row[1:])
            if alert := _alert(name, action, watch, scene, table.line + place):
                alerts.append(alert)
    if not alerts:
        return None
    why = "each is judged by a check of the watch; people may hold a rollback as a false alarm while it counts down"
    return Box(kind="alerts", fields={"alert": alerts}, line=tables[0].line, why=why)


def _alert(name: str, action: str, watch: Sequence[Section], scene: Scene, line: int) -> Tables | None:
    meaning = next((one for one in _MEANINGS if re.search(one.words, name, re.IGNORECASE)), None)
    if _EXPECTED.search(action):
        scene.notes.assume(line, f"the alert “{name}” is expected, so it is no alert")
        return None
    if not meaning:
        scene.notes.leave(line, f"the alert “{name}” is measured by no check of the watch")
        return None
    limit = _limit(name, meaning) if meaning.above is None else meaning.above
    check = next((box for section in watch for box in section.boxes if box.kind == meaning.kind), None)
    if check is None and meaning.kind == "metrics" and watch and limit is not None:
        check = _metrics(watch[-1], scene, line)
    if check is None or limit is None:
        why = "has no limit that the check measures" if check else f"needs a `{meaning.kind}` check in the watch"
        scene.notes.leave(line, f"the alert “{name}” {why}")
        return None
    alert = Tables(name=name, check=check, measure=meaning.measure, above=limit)
    if not _ROLLS_BACK.search(action):
        alert["action"] = "tell"
    return alert


def _limit(name: str, meaning: _Row) -> float | None:
    match = _LIMIT.search(name)
    unit = (match[2] or "").lower() if match else ""
    if not match or (meaning.unit == "%") != (unit == "%"):
        return None
    scale = next((factor for start, factor in _TO_SECONDS.items() if unit.startswith(start)), 1.0)
    return float(match[1]) * (scale if meaning.unit == "s" else 1.0)


def _metrics(last: Section, scene: Scene, line: int) -> Box:
    """A check of CPU and memory that the alerts need and the watch does not have."""
    scene.notes.assume(line, 'CPU and memory are those of the whole host, measured every "15 min" in a box of its own')
    fields = {"host": scene.places.host(), "every": "15 min", "on_failure": "tell"}
    box = Box(kind="metrics", fields=fields, line=0, title="CPU and memory")
    last.content.append(box)
    return box
