"""`gonogo adopt`: reads a runbook, writes its page, and says what is left for the author."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bot.check import Finding, check_page
from bot.page_file import read_page_source
from bot.text import counted
from bot.tools.secrets import redactor_for
from commands.adopt.adopted import Adopted, adopt, file_title
from commands.adopt.draft import Note
from commands.runbook.markdown import MAX_PAGE
from commands.start.page_warnings import warnings_in_spite
from state.errors import Refused

_OWN_ID = re.compile(r'undoes = "[^"]*"')
_PAGE = re.compile(r"^\s*(?:```|~~~)\s*toml\s+\w", re.MULTILINE)


def adopt_file(runbook: Path, output: Path | None, environ: Mapping[str, str]) -> Iterator[str]:
    """Write the page of a runbook to a new file. Gives the lines that say what became of it, secrets masked.

    Raises Refused if the runbook cannot be read, or the page's file is there already.
    """
    page = output or runbook.with_name(f"{runbook.stem}.page.md")
    adopted = adopt(_read(runbook), file_title(runbook.stem))
    _write(page, adopted.page)
    mask = redactor_for((), environ)
    yield from (mask(line) for line in _lines(runbook, page, adopted, check_page(page, environ).findings))


def _read(runbook: Path) -> str:
    try:
        text = read_page_source(runbook, "a runbook")
    except UnicodeDecodeError as error:
        raise Refused(
            f"{runbook} is not UTF-8 text (byte {error.start + 1} is not); convert it first, for example with "
            f"`iconv -f WINDOWS-1252 -t UTF-8`. Nothing was written."
        ) from None
    if len(text) > MAX_PAGE:
        raise Refused(
            f"{runbook} has {len(text):,} characters, and a page may have {MAX_PAGE:,}; split it first. "
            "Nothing was written."
        )
    if _PAGE.search(text):
        raise Refused(f"{runbook} has boxes of gonogo already; `gonogo check {runbook}` reads it. Nothing was written.")
    if not text.strip():
        raise Refused(f"{runbook} is empty. Nothing was written.")
    return text


def _write(page: Path, text: str) -> None:
    try:
        with page.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise Refused(f"{page} is there already, and no file is overwritten; name another with --output.") from None
    except OSError as error:
        raise Refused(f"{page} cannot be written: {error.strerror}.") from None


def _lines(runbook: Path, page: Path, adopted: Adopted, findings: Sequence[Finding]) -> Iterator[str]:
    yield f"{page}: written from {runbook}, which stays as it is."
    yield ""
    yield "Boxes, with the runbook's line that each was made of:" if adopted.boxes else "No line became a box."
    yield from _boxes(adopted)
    yield from _notes("Assumed, because the runbook does not say it; change what is wrong:", adopted.assumed)
    yield from _notes("Not placed, and yours to decide (it stands on the page as text):", adopted.unplaced)
    yield from _notes("In a box, and yours to fill in or correct:", adopted.blanks)
    if adopted.variables:
        yield from ("", "Variables that the page names, for the bot's environment:", f"  {' '.join(adopted.variables)}")
        yield f"  `gonogo env {page}` says what each is, once the page is good."
    yield ""
    yield from _checked(page, findings)


def _checked(page: Path, findings: Sequence[Finding]) -> Iterator[str]:
    """What `gonogo check` says of the page. What it will warn of is said beside its errors, too."""
    errors = [finding for finding in findings if finding.level == "error"]
    warnings = warnings_in_spite(page.read_text(encoding="utf-8"), page.name) if errors else ()
    if errors:
        yield f"gonogo check finds {counted(len(errors), 'mistake')}, for you to correct:"
    else:
        yield f"gonogo check: {page} is a good page, with {counted(len(findings), 'warning')}{':' if findings else '.'}"
    if not errors:
        yield from _warned(page, [(finding.line or 0, finding.step, finding.what) for finding in findings])
        return
    for finding in errors:
        yield f"  {page}: {finding.message}"
    if warnings:
        yield f"  Once that is corrected, it will give {counted(len(warnings), 'warning')}:"
        yield from _warned(page, [(warning.line, warning.title, f"{warning.what}.") for warning in warnings])
    yield f"  Then run `gonogo check {page}` again."


def _warned(page: Path, warnings: Sequence[tuple[int, str, str]]) -> Iterator[str]:
    """The warnings with their lines and titles; one that several steps have is said once, with all of their lines."""
    alike: dict[str, list[tuple[int, str, str]]] = {}
    for warning in warnings:
        alike.setdefault(_OWN_ID.sub("undoes = its id", warning[2]), []).append(warning)
    for what, some in alike.items():
        line, title, alone = some[0]
        if len(some) > 1:
            yield f"  {page}: lines {', '.join(str(one) for one, *_ in some)}: {what}"
        else:
            yield f"  {page}: {f'line {line}, ' if line else ''}{f'“{title}”: ' if title else ''}{alone}"


def _boxes(adopted: Adopted) -> Iterator[str]:
    """What became of which line; a reason that several boxes have stands below them once."""
    reasons: dict[str, dict[str, None]] = {}
    for box in adopted.boxes:
        yield f"  line {box.line} -> `{box.kind}`, page line {box.page_line}"
        if box.why:
            reasons.setdefault(box.why, {})[str(box.line)] = None
    if reasons:
        yield ""
        yield "Why these are safer than the lines they were made of:"
    for why, lines in reasons.items():
        yield f"  line {', '.join(lines)}: {why}"


def _notes(heading: str, notes: Sequence[Note]) -> Iterator[str]:
    if notes:
        yield ""
        yield heading
    for note in notes:
        where = [f"line {note.line}"] if note.line else []
        where += [f"page line {note.page_line}"] if note.page_line else []
        yield f"  {', '.join(where)}: {note.text}" if where else f"  {note.text}"
