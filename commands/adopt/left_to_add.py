"""What the page still lacks and only its author knows, each with its line of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from commands.adopt.draft import PREFIX, Box, Note, Section
from commands.adopt.scene import HOST
from commands.text.redaction import masked

_VALUE = re.compile(r"<([a-z_]\w*)>")
_HEALTH = re.compile(r"health|version|status|ready|info", re.IGNORECASE)
# programs that a login often finds in a folder of its own
_OF_A_LOGIN = re.compile(
    r"(?:^|[\s;&|(])(node|npm|npx|pm2|yarn|pnpm|bundle|rails|ruby|poetry|uv|pipenv|go|cargo|java|mvn|gradle|dotnet)\b"
)
_Named = Sequence[tuple[str, Box]]  # each box with the title of its step


def left_to_add(sections: Sequence[Section], page: Sequence[str]) -> Iterator[Note]:
    """One note for each thing; the boxes know their lines of the page already."""
    boxes = [
        (box.title if number and box.title else section.title, box)
        for section in sections
        for number, box in enumerate(section.boxes)
    ]
    yield from _unset_values(boxes)
    yield from _commit_that_answers(boxes)
    yield from _folders_of_programs(boxes, page)
    judged = (
        'people judge each line, unless shown_by = ["ID"] behind its text names what shows it: steps, checks, alerts'
    )
    for _, box in boxes:
        if box.kind == "criteria":
            yield Note(line=box.line, page_line=box.page_line, text=judged)


def _unset_values(boxes: _Named) -> Iterator[Note]:
    """Each value that a request uses, with the requests above it whose answer may have it."""
    told: set[str] = set()
    for place, (_, box) in enumerate(boxes):
        used = _VALUE.findall(str(box.fields.get("path", ""))) if box.kind == "http" else []
        for name in dict.fromkeys(used):
            if name in told:
                continue
            told.add(name)
            may_have = list(_makers(boxes[:place], box, name))
            where = " or ".join(f"“{masked(title)}” (page line {one.page_line})" for title, one in may_have)
            of = f"the request that makes it: {where}" if where else "a step above whose answer has it"
            why = (
                f'no step sets <{name}>; write values = {{ {name} = "id" }} in {of}, where "id" is the answer\'s field'
            )
            yield Note(line=box.line, page_line=box.page_line, text=why)


def _makers(above: _Named, box: Box, name: str) -> Iterator[tuple[str, Box]]:
    folder = str(box.fields["path"]).partition(f"/<{name}>")[0]
    for title, one in above:
        sends = one.kind == "http" and one.fields.get("method") == "POST" and one.fields["web"] == box.fields["web"]
        if sends and str(one.fields["path"]).partition("?")[0].rstrip("/") == folder:
            yield title, one


def _commit_that_answers(boxes: _Named) -> Iterator[Note]:
    """The request that may show that the new commit answers, where a service restarts and none does."""
    restarts = any(box.kind == "service" for _, box in boxes) and any(box.kind == "checkout" for _, box in boxes)
    asked = [(title, box) for title, box in boxes if box.kind == "http" and box.fields.get("answers") != "page"]
    for title, box in asked:
        if restarts and "method" not in box.fields and "every" not in box.fields and _HEALTH.search(box.fields["path"]):
            why = (
                f'if “{masked(title)}” is answered with the commit that runs, write commit = "<commit>" into its '
                "expect; then a restart of the wrong version does not count as a success"
            )
            yield Note(line=box.line, page_line=box.page_line, text=why)
            return


def _folders_of_programs(boxes: _Named, page: Sequence[str]) -> Iterator[Note]:
    found: dict[str, None] = {}
    for _, box in boxes:
        texts = [str(one) for one in box.fields.get("commands", ())]
        texts += [str(box.fields.get("manager", "")), "npx" if box.fields.get("tool") == "prisma" else ""]
        found |= dict.fromkeys(name for text in texts for name in _OF_A_LOGIN.findall(text))
    if found and f"[hosts.{HOST}]" in page:
        why = (
            f"a step's commands read no .profile; if `gonogo doctor` does not find {', '.join(found)}, write "
            f'path = "{PREFIX}PATH" under this line, the variable with their folders'
        )
        yield Note(line=0, page_line=page.index(f"[hosts.{HOST}]") + 1, text=why)
