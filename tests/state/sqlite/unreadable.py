"""Rows of run 1 that no reader understands, each with the statement that puts it there by hand."""

from __future__ import annotations

_FACT = "INSERT INTO facts (run, kind, key, person, door, at, data) VALUES (1, {})"
_ATTEMPT = "INSERT INTO attempts (run, step, attempt, state, began_at, summary, outcome) VALUES (1, 'x', 1, {})"
UNREADABLE = {
    "a fact of no kind": _FACT.format("'nonsense', 'n', 'U', 'slack', '2026-11-23T12:00:00+00:00', '{}'"),
    "a fact without data": _FACT.format("'keep', 'n', 'U', 'slack', '2026-11-23T12:00:00+00:00', '{'"),
    "a fact with another field": _FACT.format("'keep', 'n', 'U', 'slack', '2026-11-23T12:00:00+00:00', '{\"x\": 1}'"),
    "a fact at no time": _FACT.format("'keep', 'n', 'U', 'slack', 'noon', '{}'"),
    "a fact through no door": _FACT.format("'keep', 'n', 'U', 'moon', '2026-11-23T12:00:00+00:00', '{}'"),
    "an attempt in no state": _ATTEMPT.format("'zzz', '2026-11-23T12:00:00+00:00', '', '{}'"),
    "an attempt without outcome": _ATTEMPT.format("'done', '2026-11-23T12:00:00+00:00', '', '{'"),
    "a clock jump after nothing": "INSERT INTO clock_jumps VALUES (1, 5, 0, 0, 0, '{')",
    "a run at no places": "UPDATE runs SET places = '{'",
    "a fact of a kind that is no text": _FACT.format("CAST(x'ff' AS TEXT), 'n', 'U', 'slack', 'noon', '{}'"),
    "an attempt whose summary is no text": _ATTEMPT.format(
        "'done', '2026-11-23T12:00:00+00:00', CAST(x'ff' AS TEXT), '{}'"
    ),
    "a run whose note is no text": "UPDATE runs SET note = CAST(x'ff' AS TEXT)",
    "a run whose note is bytes": "UPDATE runs SET note = x'66'",
    "a run at no speed": "UPDATE runs SET speed = 'fast'",
    "a run that began at no time": "UPDATE runs SET began_at = 'x'",
}
