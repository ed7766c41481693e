"""A run's journal with its rows as JSON lines, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from state.errors import Refused
from state.journal import Chain, Entry, Head

FORMAT = "gonogo record 1"
LONGEST = 16_000_000  # bytes of a line


def to_lines(chain: Chain) -> bytes:
    """The journal of a run: a line on the run and its head, one for each entry with its row, then rows without entry.

    A row that has changed since an entry was written stands at its newest entry.
    """
    return "".join(f"{json.dumps(line, sort_keys=True, default=_as_hex)}\n" for line in _lines(chain)).encode()


def _lines(chain: Chain) -> Iterator[dict[str, Any]]:
    yield {"format": FORMAT, "run": chain.run, "head": asdict(chain.head) if chain.head else None}
    newest = {(entry.kind, entry.ref): entry.number for entry in chain.entries}
    for entry in chain.entries:
        name = (entry.kind, entry.ref)
        row = chain.rows.get(name) if newest[name] == entry.number else None
        yield {**asdict(entry), "row": dict(row) if row is not None else None}
    for (kind, ref), row in chain.rows.items():
        if (kind, ref) not in newest:
            yield {"kind": kind, "ref": ref, "row": dict(row)}


def from_lines(data: bytes) -> Chain:
    """The journal in JSON lines. Raises Refused for anything else."""
    try:
        first, *others = data.split(b"\n")
        about = _line(first)
        if about["format"] != FORMAT:
            raise Refused(f"record.jsonl is not in the format {FORMAT!r}.")
        entries, rows = [], {}
        for line in map(_line, filter(None, others)):  # one at a time: hostile JSON takes much more room than its text
            if "number" in line:
                entries.append(_entry(line))
            if line["row"] is not None:
                rows[_as(str, line["kind"]), _as(str, line["ref"])] = _row(line["row"])
        head = (
            Head(**{name: _as(type_, about["head"][name]) for name, type_ in _HEAD.items()}) if about["head"] else None
        )
        return Chain(run=_as(int, about["run"]), entries=tuple(entries), head=head, rows=rows)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Refused("record.jsonl is damaged: it does not hold the journal of a run.") from None


_HEAD: dict[str, type] = {"number": int, "hash": str, "key": str, "mac": str}
_ENTRY: dict[str, type] = {**_HEAD, "run": int, "kind": str, "ref": str, "digest": str}


def _entry(line: dict[str, Any]) -> Entry:
    return Entry(**{name: _as(type_, line[name]) for name, type_ in _ENTRY.items()})


def _line(line: bytes) -> Any:
    if len(line) > LONGEST:
        raise Refused(f"record.jsonl has a line of more than {LONGEST // 1_000_000} MB.")
    return json.loads(line)


def _row(row: Any) -> dict[str, Any]:
    return {name: _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"])
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError


def _as(type_: type, value: Any) -> Any:
    if type(value) is not type_:
        raise TypeError
    return value


def _as_hex(value: Any) -> dict[str, str]:
    """Bytes that somebody put where a text belongs; everything else in a row is JSON by itself."""
    return {"hex": bytes(value).hex()}
