"""`gonogo report`: prints the report of a run, or writes it as HTML or as a signed bundle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from bot.doors.deps import Deps
from bot.report.build import chart_of, report_of
from bot.report.markdown import as_markdown
from bot.settings import Settings
from commands.report.report import Report
from commands.run.engine import page_of
from state.errors import Refused
from state.records import Run


def report_lines(
    settings: Settings, deps: Deps, run: Run, now: datetime, *, html: Path | None, bundle: Path | None
) -> Iterator[str]:
    """The lines to print: the report as Markdown, or where it was written."""
    report = report_of(deps.store, run, deps.people(page_of(run)), now)
    if bundle:
        yield from _bundle(settings, deps, report, bundle)
    elif html:
        from bot.report.html import as_html

        _write(html, as_html(report, chart_of(report)).encode())
        yield f"The report of run {run.id} is in {html}."
    else:
        yield from as_markdown(report).rstrip("\n").split("\n")


def _bundle(settings: Settings, deps: Deps, report: Report, path: Path) -> Iterator[str]:
    from bot.report.bundle.build import build_bundle
    from bot.report.bundle.signing_key import key_id, read_or_create

    key = read_or_create(settings.signing_key_file)
    number = report.run.id
    changes = [str(change) for change in deps.store.changes(number)]
    _write(path, build_bundle(report, deps.store.chain(number), changes, key))
    yield f"The bundle of run {number} is in {path}, signed with the key {key_id(key.public_key())}."
    yield from (f"Warning: the record was changed from outside: {change}." for change in changes[:1])


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise Refused(f"The report cannot be written to {path} ({error.strerror}).") from None
