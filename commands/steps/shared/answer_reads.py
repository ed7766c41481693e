"""Which fields of which answers a request reads, to look for them before a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from commands.steps.shared.json_answer import JsonAnswerStep
from commands.steps.shared.json_entries import Each, Trace
from commands.systems.json_lists import ROOT
from commands.systems.preflight.answer_fields import AnswerFieldsCheck, Reads


def answer_check(
    step: JsonAnswerStep, headers: Mapping[str, str], trace: Trace | None, each: Each | None
) -> list[AnswerFieldsCheck]:
    """The check of all answers that a step reads. Only what a GET answers is looked at; `headers` are the step's."""
    reads = (*_own(step, headers, each), *_listed(step, headers, "trace", trace), *_listed(step, headers, "each", each))
    return [AnswerFieldsCheck(web=step.web, reads=reads)] if reads else []


def _own(step: JsonAnswerStep, headers: Mapping[str, str], each: Each | None) -> Iterator[Reads]:
    if step.method != "GET" or each:
        return
    fields = {"expect": tuple(step.expect), "values": tuple(kept.field for kept in step.values.values())}
    for name, paths in fields.items():
        if paths:
            yield Reads(
                path=step.path,
                fields=paths,
                by=f"`{name}` of `{step.kind}`",
                headers=tuple(headers.items()),
                statuses=tuple(step.accepted()),
            )
    if step.answers == "list" and step.entries != ROOT:
        by, sent = f"`entries` of `{step.kind}`", tuple(headers.items())
        yield Reads(path=step.path, fields=(), by=by, headers=sent, entries=step.entries)


def _listed(step: JsonAnswerStep, headers: Mapping[str, str], name: str, trace: Trace | None) -> Iterator[Reads]:
    """What a `trace` or an `each` reads of the entries of its list."""
    if trace:
        own = headers if trace.headers is None else trace.headers
        values = tuple(kept.field for kept in trace.values.values()) if isinstance(trace, Each) else ()
        by, fields = f"`{name}` of `{step.kind}`", (*trace.where, *values)
        yield Reads(path=trace.path, fields=fields, by=by, headers=tuple(own.items()), entries=trace.entries)
