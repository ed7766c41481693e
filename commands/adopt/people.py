"""What people do: checklists and instructions become gates, contacts become roles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from commands.adopt.document import Block
from commands.adopt.draft import Box
from commands.adopt.found import Found, Step
from commands.adopt.scene import Scene
from commands.runbook.page import Part

_NUMBER = re.compile(r"^(?:step\s*)?\d+\s*[.):]\s*", re.IGNORECASE)
_DOES = re.compile(
    r"(?:please |manually )?(?:stop|start|restart|deploy|upload|check|verify|notify|tell|inform|announce|run|make"
    r"|ensure|confirm|disable|enable|follow|open|update|wait|monitor|switch|remove|add|create|delete|set|change|ask|call|go|log"
    r"|full|copy|edit|scale|drain|pause|resume|test|click|visit|clear|purge|review|merge|tag|watch|put|take)\b",
    re.IGNORECASE,
)
_REACHED = r"phone|mobile|cell|tel\b|telephone|contact|e-?mail|slack|pager|call\b"
_TELLS = re.compile(r"\b(?:notify|announce|tell|inform)\b", re.IGNORECASE)
_DECIDES = re.compile(
    r"go ?/ ?no-?go|decision|decide|approv|tech(?:nical)? lead|release manager|incident commander", re.I
)


def comment_text(line: str) -> str:
    """A comment of a shell as text."""
    return line.strip().lstrip("#").strip()


def instructions(comments: Sequence[str]) -> list[str]:
    """What comments tell people to do, each with the points below it; empty if they only explain."""
    found: list[str] = []
    for text in filter(None, map(comment_text, comments)):
        if found and (text.startswith(("-", "*", "•", "(")) or not _DOES.match(_NUMBER.sub("", text))):
            found[-1] += (" " if text.startswith("(") else ": " if ":" not in found[-1] else "; ") + text.lstrip("-*• ")
        elif _DOES.match(_NUMBER.sub("", text)) or _NUMBER.match(text):
            found.append(text.rstrip(":"))
    return [re.sub(r":: |: :", ":", text) for text in found]


def gate(items: Iterable[str], line: int, scene: Scene, title: str = "") -> Box:
    """A gate whose items the deciding role signs."""
    fields: dict[str, object] = {"item": [{"text": text.replace("**", ""), "role": scene.role} for text in items]}
    scene.notes.assume(0, f"`{scene.role}` signs every checklist, because the runbook does not say who does")
    if scene.part == Part.WATCH:
        fields |= {"every": scene.every, "on_failure": "tell"} if scene.every else {}
    why = "people confirm each item, and who did is kept"
    return Box(kind="gate", fields=fields, line=line, title=title, why=why)


def notice(step: Step, scene: Scene) -> Found | None:
    """An `echo` under a comment that says to tell the team."""
    if not any(_TELLS.search(one) for one in step.comments) or step.command.into or step.command.writes:
        return None
    text = " ".join(step.words[1:])
    if not text or "$" in text or "<" in text:
        return None
    fields = {"text": text, **({"roles_to_tell": list(scene.roles)} if scene.roles else {})}
    return Found(kind="notify", fields=fields, why="the channel is told, and not only a terminal")


def is_contacts(table: Block) -> bool:
    """Whether a table names roles and how to reach each, under whatever heading it stands."""
    header = [cell.replace("*", "").strip() for cell in table.rows[0]] if table.rows else []
    return _column(header, "role|title|position") is not None and _column(header, _REACHED) is not None


def read_roles(tables: Iterable[Block], scene: Scene) -> None:
    """The roles of tables of contacts."""
    for table in tables:
        header, *rows = ([cell.replace("*", "").strip() for cell in row] for row in table.rows)
        name = _column(header, r"role|team|title|position|function|responsible$")
        action = _column(header, r"action|respons|area|for|duty|task|when|what|reason")
        if name is None or not rows:
            scene.notes.leave(table.line, "a table of contacts without a column of roles; write a `roles` box of it")
            continue
        for row in rows:
            title = row[name] if name < len(row) else ""
            word = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
            if not word or not word[0].isalpha():
                continue
            does = row[action] if action is not None and action != name and action < len(row) else ""
            variable = f"$GONOGO_{word.upper()}"
            scene.roles[word] = {
                "title": title,
                "people": variable,
                "phone": f"{variable}_PHONE",
                "action": does or "Is called in an emergency",
            }
        if scene.roles:
            scene.role = next(
                (word for word, role in scene.roles.items() if _DECIDES.search(f"{role['action']} {role['title']}")),
                next(iter(scene.roles)),
            )


def _column(header: Sequence[str], words: str) -> int | None:
    return next((place for place, cell in enumerate(header) if re.match(words, cell, re.IGNORECASE)), None)
