"""The boxes that every page needs, whatever its runbook says, like places and roles."""

from __future__ import annotations

import re
from collections.abc import Sequence

from commands.adopt.alerts import alerts_box
from commands.adopt.document import Sort
from commands.adopt.draft import Box, Content, Section, Unit
from commands.adopt.parts import ALERTS, CONTACTS, CRITERIA, DECISION
from commands.adopt.restarts import services_of
from commands.adopt.scene import REPOSITORY, Scene
from commands.adopt.table_work import alert_tables
from commands.runbook.page import Part

_DURATION = re.compile(r"(\d+)(?:\s*[-–]\s*(\d+))?\s*-?\s*(min|minutes?|mins?|h|hrs?|hours?|d|days?)\b", re.IGNORECASE)
_SHOWABLE = re.compile(r"[\w./:@~-]+")  # of a table's cell; nothing that was masked
_ASKS = {"pm2": "pm2", "systemd": "unit"}  # manager -> the field of `running` that asks it
# services that a runbook restarts with its own, and that run no commit of it
_NOT_OF_THE_RELEASE = re.compile(
    r"(?:nginx|apache2?|httpd|caddy|haproxy|varnish|redis(?:-server)?|memcached|postgresql.*|mysqld?|mariadb|mongod"
    r"|rabbitmq-server|elasticsearch|docker|php.*-fpm|ssh|sshd|cron|rsyslog)(?:\.service)?"
)
_NO_GO = re.compile(r"no-?go|❌|fail|abort", re.IGNORECASE)
USUAL_INTERVAL = "15 min"  # of the checks of a watch, where nothing is said
_DEFAULTS = {"watch": ("lasts", "1 h"), "rollback": ("within", "30 min")}


def runbook_box(title: Section, scene: Scene) -> Box:
    """The box under the page's title."""
    scene.notes.assume(0, 'time_zone = "UTC", the zone of all times in messages; write yours, such as "Europe/Berlin"')
    target = title.title.replace("**", "").replace("`", "").strip() or "Production"
    scene.notes.assume(0, f'target = "{target}", the name of what is deployed in all messages; it is the title')
    fields = {"target": target, "time_zone": "UTC"}
    refs = [ref for ref in scene.refs if ref != "main"]
    if len(scene.refs) == 1 and refs:
        fields["ref"] = refs[0]
        scene.notes.assume(
            scene.refs[refs[0]], f'ref = "{refs[0]}" is deployed if the start of a run names nothing else'
        )
    for ref, line in scene.refs.items() if len(scene.refs) > 1 else ():
        scene.notes.assume(
            line, f'{ref} is not written on the page: the start names what is deployed, or else ref = "main"'
        )
    return Box(kind="runbook", fields=fields, line=0)


def places_section(scene: Scene) -> list[Section]:
    """The part “Places”; none if no box names a place."""
    known = {"hosts": scene.places.hosts, "databases": scene.places.databases, "webs": scene.places.webs}
    fields = {sort: places for sort, places in known.items() if places}
    if not fields:
        return []
    content: Content = [Box(kind="places", fields=fields, line=0), _values(scene)]
    return [Section(level=2, title="Places", content=content)]


def _values(scene: Scene) -> list[str]:
    """The addresses and folders that the runbook names, as the table from which `gonogo env` takes its examples."""
    rows = [
        f"| `{name}` | {meaning} | `{value}` |"
        for name, (meaning, value) in scene.places.values.items()
        if _SHOWABLE.fullmatch(value)
    ]
    return ["| variable | what it is | in the runbook |", "| --- | --- | --- |", *rows] if rows else []


def release_section(scene: Scene, deploy: Sequence[Section]) -> Section | None:
    """The step that pins the commit, which a checkout and a SQL file need; None if nothing does."""
    if not scene.needs_release:
        return None
    fields: dict[str, object] = {"host": scene.places.host(), "repository": REPOSITORY}
    fields |= {"files": scene.files} if scene.files else {}
    fields |= _running(scene, deploy)
    scene.notes.assume(0, "one commit is pinned first (`release`), which the checkout and the SQL files are of")
    return Section(level=3, title="Pin the release", content=[Box(kind="release", fields=fields, line=0)])


def _running(scene: Scene, deploy: Sequence[Section]) -> dict[str, object]:
    """What says which commit production runs, if pm2 or systemd do it for services that start in the working copy."""
    boxes = [box for section in deploy for box in section.boxes]
    if not any(box.kind == "checkout" for box in boxes):
        return {}
    lines: dict[tuple[str, str], int] = {}
    for box in boxes:
        if box.kind == "service" and not box.fields.get("reload") and box.fields["manager"] in _ASKS:
            for name in sorted(services_of(box)):
                if not _NOT_OF_THE_RELEASE.fullmatch(name):
                    lines.setdefault((box.fields["manager"], name), box.line)
    for (manager, name), line in lines.items():
        how = f"{manager} says which commit `{name}` runs (`running` in “Pin the release”)"
        scene.notes.assume(line, f"{how}, if it was started in the clone")
    asked = [{"on": scene.places.host(), _ASKS[manager]: name} for manager, name in lines]
    return {"running": asked[0] if len(asked) == 1 else asked} if asked else {}


def put_in_part_boxes(parts: dict[str, list[Section]], found: Sequence[Unit], scene: Scene) -> None:
    """Put the box of its own into each part that needs one, and add the parts that every page needs."""
    if Part.WATCH in parts:
        parts[Part.WATCH][0].content.insert(0, _lasting("watch", parts[Part.WATCH], scene))
    if Part.ROLLBACK not in parts:
        scene.notes.leave(0, "the runbook has no rollback; write its steps under “## Rollback”")
        parts[Part.ROLLBACK] = [Section(level=2, title="Rollback")]
    parts[Part.ROLLBACK][0].content.insert(0, _lasting("rollback", parts[Part.ROLLBACK], scene))
    if Part.DEPLOY not in parts:
        scene.notes.leave(0, "no heading says what is the deploy; write its steps under “## Deploy”")
        parts[Part.DEPLOY] = [Section(level=2, title="Deploy")]
    if box := alerts_box(alert_tables(found), scene.reasons, parts.get(Part.WATCH, []), scene):
        parts.setdefault(ALERTS, [Section(level=2, title="Alerts")])[0].content.append(box)
    if CRITERIA in parts and (box := _criteria(found)):
        parts[CRITERIA][0].content.insert(0, box)
    _put_in_people(parts, scene)


def _put_in_people(parts: dict[str, list[Section]], scene: Scene) -> None:
    if not scene.roles:
        scene.notes.assume(0, "the role `lead`, which signs and decides; the runbook has no table of contacts")
    lead = {
        "title": "Tech lead",
        "people": "$GONOGO_LEAD",
        "phone": "$GONOGO_LEAD_PHONE",
        "action": "GO/NO-GO decision",
    }
    roles = Box(kind="roles", fields={"roles": scene.roles or {"lead": lead}}, line=0)
    parts.setdefault(CONTACTS, [Section(level=2, title="Emergency contacts")])[0].content.append(roles)
    fields: dict[str, object] = {"role": scene.role, **({"items": scene.last_items} if scene.last_items else {})}
    scene.notes.assume(0, f"`{scene.role}` decides KEEP or ROLLBACK")
    parts.setdefault(DECISION, [Section(level=2, title="Decision")])[0].content.append(
        Box(kind="decision", fields=fields, line=0)
    )


def _lasting(kind: str, sections: Sequence[Section], scene: Scene) -> Box:
    """The box that says how long a part lasts, as its heading or first words do."""
    field, otherwise = _DEFAULTS[kind]
    lines = [line for one in sections[0].content if isinstance(one, list) for line in one]
    # a time in a reason to roll back is how long production is too slow, and not how long it is watched
    own = [line for line in lines if not line.startswith("```") and not any(one.is_in(line) for one in scene.reasons)]
    for text in (sections[0].title, *own[:12]):
        if match := _DURATION.search(text):
            unit = match[3][0].lower()
            lasts = f"{match[2] or match[1]} {'min' if unit == 'm' else unit}"
            return Box(kind=kind, fields={field: lasts}, line=0)
    scene.notes.assume(sections[0].line, f'{field} = "{otherwise}"; the runbook does not say how long the {kind} is')
    return Box(kind=kind, fields={field: otherwise}, line=0)


def _criteria(found: Sequence[Unit]) -> Box | None:
    go: list[dict[str, str]] = []
    no_go: list[dict[str, str]] = []
    line = 0
    for chapter in (chapter for unit in found if unit.part == CRITERIA for chapter in unit.chapters):
        for block in chapter.blocks:
            items = block.items if block.sort is Sort.CHECKLIST else ()
            line = line or (items[0][0] if items else 0)
            (no_go if _NO_GO.search(chapter.title) else go).extend({"text": text} for _, text in items)
    if not go:
        return None
    fields = {"go": go, **({"no_go": no_go} if no_go else {})}
    return Box(
        kind="criteria", fields=fields, line=line, why="people answer each line, until `shown_by` names what shows it"
    )


def watch_interval(text: str) -> str:
    """How often a heading or line says that something is checked; empty if it does not say."""
    words = re.search(r"(?:every|each)\s+(\d+)?\s*-?\s*(min\w*|h\w*|day)\b|\b(hourly)\b", text, re.IGNORECASE)
    if not words:
        return ""
    unit = "h" if words[3] or words[2].lower().startswith("h") else "d" if words[2].lower() == "day" else "min"
    return f"{words[1] or 1} {unit}"
