"""What each variable of a page means, with an example: from the fields and steps that name it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from commands.runbook import Page
from commands.steps import KINDS
from commands.steps.page_fields import Dollar, dollar_in
from commands.text.phrases import capitalized
from state.frozen import dataclass

_NAME = re.compile(r"\$([A-Z][A-Z0-9_]*)")
_THE_VARIABLE = "The variable with "
# a row of a table in the page's text: the variable, what it is, and an example
_ROW = re.compile(r"\| *`\$?([A-Z][A-Z0-9_]*)` *\| *(.+?) *\| *`(.+?)` *\|$", re.MULTILINE)
# examples of what the variable of a field holds; {place} is the name of the place or role, {number} counts the roles
EXAMPLES = {
    "Host.address": "deploy@{place}.example.com:22",
    "Host.key": "/home/gonogo/.ssh/id_ed25519",
    "Host.known_hosts": "/home/gonogo/.ssh/known_hosts",
    "Host.path": "/opt/node/bin",
    "Database.url": "postgresql://deploy:password@{place}-db.example.com:5432/{place}",
    "Web.url": "https://{place}.example.com",
    "Role.people": "U{number:010}",
    "Role.phone": "+49 30 {number:07}",
    "channel": "C0123456789",
    "repository": "/srv/{target}/code",
    "folder": "/srv/{target}/backups",
    "database_url": "postgresql://deploy:password@db.example.com:5432/{target}",
    "scratch_url": "postgresql://deploy:password@scratch.example.com:5432/scratch",
    "store": "/srv/{target}/kept",
    "www": "/srv/{target}/www",
    "signers": "lea@example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA…",
    "token": "a-token-of-yours",
    "link": "/srv/{target}/current",
}


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A variable of a page, without its `$`. `example` is empty where the page does not tell what it holds."""

    name: str
    meaning: str
    example: str


@dataclass(frozen=True, kw_only=True)
class _Use:
    name: str
    field: str  # "Host.address" of a place or role, "repository" of a step
    meaning: str
    place: str = ""
    # the field is a variable and nothing else
    whole: bool
    step: bool = False


def variables_of(page: Page) -> list[Variable]:
    """The variables that a page names, in its order."""
    uses = [use for box, where in _boxes(page) for use in _uses(box, where)]
    uses += [replace(use, step=True) for box, where in _steps(page) for use in _uses(box, where)]
    rows = {name: (meaning, example) for name, meaning, example in _ROW.findall(page.text)}
    numbers: dict[str, int] = {role.people: number for number, role in enumerate(page.roles.values(), start=1)}
    numbers |= {role.phone: number for number, role in enumerate(page.roles.values(), start=1)}
    target = re.sub(r"[^a-z0-9]+", "-", page.runbook.target.lower().removesuffix(" production")).strip("-") or "app"
    found = []
    for name in (name.removeprefix("$") for name in page.env_names()):
        use = min((use for use in uses if use.name == name), key=lambda use: not use.whole)
        example = EXAMPLES.get(use.field, "") if use.whole else ""
        example = example.format(place=use.place.replace("_", "-"), number=numbers.get(f"${name}", 0), target=target)
        titles = dict.fromkeys(one.place for one in uses if one.name == name and one.step)
        meaning = use.meaning + _also([title for title in titles if title != use.place or not use.step], use)
        meaning, example = rows.get(name, (meaning, example))
        found.append(Variable(name=name, meaning=meaning, example=example))
    return found


def _boxes(page: Page) -> Iterator[tuple[BaseModel, str]]:
    yield page.runbook, ""
    for places in (page.places.hosts, page.places.databases, page.places.webs):
        yield from ((place, name) for name, place in places.items())
    yield from ((role, role.title) for role in page.roles.values())


def _steps(page: Page) -> Iterator[tuple[BaseModel, str]]:
    """Each step of the page once, whatever number of hosts it has."""
    # what every rollback ends with stands on no page
    own = [step.written or step for step in page.steps if step.box.kind in KINDS]
    written = {step.id: step for step in own}
    yield from ((step.box, step.title) for step in written.values())


def _also(titles: Sequence[str], use: _Use) -> str:
    """The other steps that use a variable, as a sentence."""
    if not titles:
        return ""
    named = ", ".join(f"“{title}”" for title in titles)
    return f"{'' if use.meaning.endswith('.') else '.'} {'Also used' if use.step else 'Used'} by {named}."


def _uses(box: BaseModel, where: str) -> Iterator[_Use]:
    for name, field in type(box).model_fields.items():
        value = getattr(box, name)
        for part in value if isinstance(value, list) else value.values() if isinstance(value, Mapping) else [value]:
            if isinstance(part, BaseModel):
                yield from _uses(part, where)
        if dollar_in(field) is not Dollar.VARIABLE:
            continue
        key = name if type(box).__name__ not in {"Host", "Database", "Web", "Role"} else f"{type(box).__name__}.{name}"
        description = field.description or ""
        whole = bool(description) and (description.startswith(_THE_VARIABLE) or key in EXAMPLES)
        for text, inner in _texts(value):
            for found in _NAME.findall(text):
                is_whole = whole and text == f"${found}"
                meaning = _meaning(description, key, where) if is_whole else _used(name, inner, text, found, where)
                yield _Use(name=found, field=key, meaning=meaning, place=where, whole=is_whole)


def _meaning(description: str, field: str, where: str) -> str:
    """The first clause of the field's own description, as the variable's."""
    text = re.split(r"; |\. |\.$", " ".join(description.split()))[0].removeprefix(_THE_VARIABLE)
    text = f"{capitalized(text)}."
    return f"{where}: {text}" if "." in field else text


def _used(field: str, inner: str, text: str, name: str, where: str) -> str:
    """Which step hands it on, where only that is known."""
    named = f"as {inner} in its {field}" if inner else f"in its {field}"
    return f"The step “{where}” uses it {named}" + ("." if text == f"${name}" else f": {text}")


def _texts(value: Any, inner: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a value, with the key of the table in which it stands."""
    if isinstance(value, str):
        yield value, inner
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, str(key))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item, inner)
