"""Rows that a migration drops, as its runbook says: kept before it, and brought back later."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from commands.adopt.draft import PREFIX, Box, Section
from commands.adopt.links import boxes_in, undone_by
from commands.adopt.scene import Scene
from commands.runbook.page import Part

# what a query of the catalogue compares with: `table_name = 'a'`, or `table_name IN ('a', 'b')`
_NAMED = r"\b{0}\s*(?:=\s*('[^']*')|in\s*\(\s*('[^']*'(?:\s*,\s*'[^']*')*)\s*\))"
_CATALOGUE = re.compile(r"\bfrom\s+(?:information_schema\.(tables|columns)|pg_(?:catalog\.)?(tables))\b", re.IGNORECASE)
_NOT_SURE = re.compile(r"\b(?:or|not|like|join|union)\b|!=|<>|~", re.IGNORECASE)
_KEEP, _RETURN = "Keep the rows that the migration drops", "Bring back the rows that the migration dropped"
_WHY = "a rollback file makes a dropped table or column anew, and seldom brings back what was in it"


def keep_dropped_rows(parts: dict[str, list[Section]], scene: Scene) -> None:
    """Put `data-keep` before a SQL file after which tables or columns are gone, and `data-return` behind its way back.

    Where no backup or no way back is on the page, the loss is named instead.
    """
    forward = list(boxes_in(parts.get(Part.DEPLOY, [])))
    for box in [box for box in forward if box.kind == "sql"]:
        gone = _gone(box)
        if not gone:
            continue
        names = ", ".join(name for some in gone.values() for name in some)
        said = f"{names}: gone after this file, as its verify query says"
        backs = [one for one in boxes_in(parts.get(Part.ROLLBACK, [])) if undone_by(one, forward) is box]
        url = scene.places.databases[box.fields["database"]]["url"]
        if len(backs) != 1 or not _has_backup(parts, url):
            cure = "with a `backup`, `data-keep` before it and `data-return` in the rollback do"
            scene.notes.leave(box.line, f"{said}, and nothing brings the rows back in a rollback; {cure}")
            continue
        fields = {"host": scene.places.host(), "database_url": url, "folder": f"{PREFIX}BACKUPS", **gone}
        keep = Box(kind="data-keep", fields=fields, line=box.line, title=_KEEP, why=_WHY)
        _put_before(parts[Part.DEPLOY], box, keep)
        back = {**fields, "database": box.fields["database"], "undoes": box}
        _put_behind(
            parts[Part.ROLLBACK], backs[0], Box(kind="data-return", fields=back, line=backs[0].line, title=_RETURN)
        )
        why = "so `data-keep` and `data-return` save the rows; remove both boxes if nobody needs them"
        scene.notes.assume(box.line, f"{said}, {why}")


def _gone(box: Box) -> dict[str, list[str]]:
    """The tables and the columns that are gone once the box's verify queries hold, as `data-keep` names them."""
    found: dict[str, list[str]] = {}
    for query in box.fields.get("verify", ()):
        sql = str(query["sql"])
        catalogue = _CATALOGUE.search(sql)
        if query.get("expect") != 0 or not catalogue or _NOT_SURE.search(sql) or "count" not in sql.lower():
            continue
        schemas, columns = _words(r"(?:table_)?schema(?:name)?", sql), _words("column_name", sql)
        tables = _words(r"table_?name", sql)
        if not tables or len(schemas) > 1:
            continue
        prefix = "" if schemas in ([], ["public"]) else f"{_quoted(schemas[0])}."
        named = [prefix + _quoted(table) for table in tables]
        if (catalogue[1] or "").lower() != "columns":
            found.setdefault("tables", []).extend(named)
        elif columns and len(named) == 1:
            found.setdefault("columns", []).extend(f"{named[0]}.{_quoted(column)}" for column in columns)
    return {sort: list(dict.fromkeys(names)) for sort, names in found.items()}


def _words(column: str, sql: str) -> list[str]:
    match = re.search(_NAMED.format(column), sql, re.IGNORECASE)
    return re.findall(r"'([^']+)'", match[1] or match[2]) if match else []


def _quoted(name: str) -> str:
    """A name of the catalogue as SQL has to write it."""
    return name if re.fullmatch(r"[a-z_][a-z0-9_$]*", name) else '"{}"'.format(name.replace('"', '""'))


def _has_backup(parts: dict[str, list[Section]], url: str) -> bool:
    boxes: Iterator[Box] = (box for part in (Part.BEFORE, Part.DEPLOY) for box in boxes_in(parts.get(part, [])))
    return any(box.kind == "backup" and box.fields["database_url"] == url for box in boxes)


def _put_before(sections: list[Section], box: Box, new: Box) -> None:
    """Under a heading of its own where the box is the first under its heading, which stays the box's own."""
    place, section = _section_of(sections, box)
    if place and next(section.boxes) is box:
        sections.insert(place, Section(level=section.level, title=new.title, content=[new]))
        return
    box.title = box.title or f"{section.title}: {box.fields['file'].rpartition('/')[2]}"
    section.content.insert(_place_in(section, box), new)


def _put_behind(sections: Sequence[Section], box: Box, new: Box) -> None:
    _, section = _section_of(sections, box)
    section.content.insert(_place_in(section, box) + 1, new)


def _section_of(sections: Sequence[Section], box: Box) -> tuple[int, Section]:
    return next((place, one) for place, one in enumerate(sections) if any(other is box for other in one.boxes))


def _place_in(section: Section, box: Box) -> int:
    return next(place for place, one in enumerate(section.content) if one is box)
