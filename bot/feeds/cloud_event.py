"""An event of a run as a CloudEvent: the named fields only, masked, each of bounded length."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from bot.feeds.event_types import EVENT_TYPES, PREFIX
from bot.tools.secrets import redactor_for
from commands.run.engine import page_of
from commands.runbook.people import is_person
from state.errors import Refused
from state.facts import BOT
from state.records import Event, Run
from state.shortening import shortened

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
LONGEST = 500  # characters of a text
MOST = 50  # entries of a list
# texts that hold what a host, a service or a person said; the others are the page's own words, or the bot's
_FOREIGN = {"ref", "seen", "summary"}
_NAMED = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]{0,200})")


class Mask:
    """Masks all that looks like a secret, and in foreign texts the value of each variable that the run's page names.

    A host's name may be a step's name, too, and a receiver knows steps by their names.
    """

    def __init__(self, run: Run, environ: Mapping[str, str]) -> None:
        # by the text: a page that this version cannot read is masked, too
        names = set(_NAMED.findall(run.text))
        if run.drill:
            with suppress(Refused):
                names |= {name.removeprefix("$") for name in page_of(run).masked_names()}
        self._foreign = redactor_for(names, environ)
        self._own = redactor_for((), environ)

    def __call__(self, name: str, text: str) -> str:
        """The text of a field."""
        return (self._foreign if name in _FOREIGN else self._own)(text)


def event_id(run: Run, event: Event) -> str:
    """The event's own name, over all runs and records; the same each time that it is sent."""
    return f"{run.key}.{event.id}"


def cloud_event(run: Run, event: Event, mask: Mask) -> bytes | None:
    """The event in the structured JSON form of CloudEvents 1.0; None for one that is not sent."""
    kind = EVENT_TYPES.get(event.data.kind)
    if kind is None:
        return None
    own = {name: _value(name, getattr(event.data, name), mask) for name in kind.fields}
    known = {
        "run": run.id,
        "key": run.key,
        "target": run.target,
        "page": run.page,
        "ref": run.ref,
        "drill": bool(run.drill),
        "step": event.step,
    }
    return encoded(
        id=event_id(run, event),
        source=f"/gonogo/{quote(run.target, safe='')}",
        type=PREFIX + kind.name,
        time=event.at.isoformat(),
        subject="/".join(["run", str(run.id), *([event.step] if event.step else [])]),
        # CloudEvents' own extension: it sorts as text
        sequence=f"{event.id:012d}",
        data={**{name: _value(name, value, mask) for name, value in known.items()}, **own},
    )


def encoded(**attributes: Any) -> bytes:
    """A CloudEvent with these attributes."""
    whole = {"specversion": "1.0", "datacontenttype": "application/json", **attributes}
    return json.dumps(whole, ensure_ascii=False, allow_nan=False, sort_keys=True).encode(errors="replace")


def _value(name: str, value: Any, mask: Mask) -> Any:
    if name == "person":
        return value if value == BOT.person or is_person(str(value)) else ""
    if isinstance(value, str):
        return shortened(mask(name, value), LONGEST)
    if isinstance(value, (tuple, list)):
        return [_value("", item, mask) for item in value[:MOST]]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
