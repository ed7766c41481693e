"""The alert table: each row, and each reason to roll back, that a check of the watch measures."""

from __future__ import annotations

import re
from collections.abc import Sequence

from commands.adopt.alert_words import Meaning, counted_thing, lasting_of, limit_of, meanings_of, says_more
from commands.adopt.document import Block
from commands.adopt.draft import Box, Section
from commands.adopt.reasons import Reason
from commands.adopt.scene import Scene
from commands.adopt.toml_box import Tables
from commands.text.redaction import masked

_ROLLS_BACK = re.compile(r"roll ?-?back|revert|abort", re.IGNORECASE)
_EXPECTED = re.compile(r"\b(?:ok|expected|ignore|normal)\b", re.IGNORECASE)
_LONGEST = 70  # characters of a reason, as it is shown


def alerts_box(
    tables: Sequence[Block], reasons: Sequence[Reason], watch: Sequence[Section], scene: Scene
) -> Box | None:
    """The alert table; None if no row of the runbook's tables and none of its reasons to roll back is measured."""
    alerts: list[Tables] = []
    for table in tables:
        for place, row in enumerate(table.rows[1:], start=2):
            name = row[0].replace("*", "").replace("`", "").strip() if row else ""
            if name and (alert := _of_row(name, " ".join(row[1:]), watch, scene, table.line + place)):
                alerts.append(alert)
    first = tables[0].line if alerts else 0
    for reason in reasons:
        if (alert := _of_reason(reason, watch, scene)) and not any(_same(alert, one) for one in alerts):
            alerts.append(alert)
            first = first or reason.line
    if not alerts:
        return None
    why = "each is judged by a check of the watch; people may hold a rollback as a false alarm while it counts down"
    return Box(kind="alerts", fields={"alert": alerts}, line=first, why=why)


def _of_row(name: str, action: str, watch: Sequence[Section], scene: Scene, line: int) -> Tables | None:
    if _EXPECTED.search(action):
        scene.notes.assume(line, f"the alert “{name}” is expected, so it is no alert")
        return None
    meanings = meanings_of(name)
    alert: Tables | str
    if counted := _of_count(name, watch, scene, line):
        alert = counted
    elif meanings and says_more(name):
        alert = "says more than one check measures"
    elif meanings:
        alert = _alert(name, meanings[0], watch, scene, line)
    else:
        alert = "is measured by no check of the watch"
    if isinstance(alert, str):
        scene.notes.leave(line, f"the alert “{name}” {alert}; write such a check under Watch, then the alert")
        return None
    if not _ROLLS_BACK.search(action):
        alert["action"] = "tell"
    return alert


def _of_count(name: str, watch: Sequence[Section], scene: Scene, line: int) -> Tables | None:
    """The alert “No … data”, if one query of the watch alone counts just that."""
    thing = counted_thing(name)
    counts = [box for section in watch for box in section.boxes if box.kind == "query" and _counts(box, thing)]
    if not thing or len(counts) != 1:
        return None
    scene.notes.assume(line, f"the alert “{name}” is raised when the query of line {counts[0].line} counts none")
    return Tables(name=name, check=counts[0], measure=counts[0].fields.get("measure", "value"), below=1.0)


def _counts(box: Box, thing: str) -> bool:
    sql = str(box.fields["sql"])
    return bool(
        re.match(r"\s*select\s+count\s*\(", sql, re.IGNORECASE) and re.search(rf"\b{re.escape(thing)}", sql, re.I)
    )


def _of_reason(reason: Reason, watch: Sequence[Section], scene: Scene) -> Tables | None:
    """An alert where it is sure what the words mean; nobody reads them again before production rolls back."""
    shown = masked(reason.text)[:_LONGEST]
    meanings = meanings_of(reason.text)
    alert: Tables | str
    if reason.early:
        alert = "stands before the deploy"
    elif not meanings:
        alert = "is measured by no check of the watch"
    elif len(meanings) > 1 or says_more(reason.text) or shown != reason.text:
        alert = "says more than one check measures"
    else:
        alert = _alert(reason.text, meanings[0], watch, scene, reason.line)
    if isinstance(alert, str):
        scene.notes.leave(reason.line, f"“{shown}”, a reason to roll back, {alert}; write an alert under “## Alerts”")
        return None
    what = f"`{meanings[0].measure}` of the first `{meanings[0].kind}` check"
    limit = f"{alert['above']:g}{meanings[0].unit and f' {meanings[0].unit}'}"
    scene.notes.assume(reason.line, f"“{shown}” is an alert, which rolls back when {what} is above {limit}")
    return alert


def _alert(name: str, meaning: Meaning, watch: Sequence[Section], scene: Scene, line: int) -> Tables | str:
    """The alert, or why there is none."""
    limit = limit_of(name, meaning)
    check = next((box for section in watch for box in section.boxes if box.kind == meaning.kind), None)
    if check is None and meaning.kind == "metrics" and watch and limit is not None:
        check = _metrics(watch[-1], scene, line)
    if check is None or limit is None:
        return "has no limit that the check measures" if check else f"needs a `{meaning.kind}` check in the watch"
    alert = Tables(name=name, check=check, measure=meaning.measure, above=limit)
    if lasting := lasting_of(name):
        alert["lasting"] = lasting
    return alert


def _same(one: Tables, other: Tables) -> bool:
    return one["name"] == other["name"] or all(
        one.get(name) == other.get(name) for name in ("check", "measure", "above", "below")
    )


def _metrics(last: Section, scene: Scene, line: int) -> Box:
    """A check of CPU and memory that the alerts need and the watch does not have."""
    scene.notes.assume(line, 'CPU and memory are those of the whole host, measured every "15 min" in a box of its own')
    fields = {"host": scene.places.host(), "every": "15 min", "on_failure": "tell"}
    box = Box(kind="metrics", fields=fields, line=0, title="CPU and memory")
    last.content.append(box)
    return box
