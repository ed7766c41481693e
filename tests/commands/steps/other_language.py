"""PostgreSQL's programs as they show a server whose messages are in German (`lc_messages`)."""

from __future__ import annotations

from pathlib import Path

from bot.rehearsal.target.programs import postgres_programs

# what a server without other languages says is put into German, unless the session has asked for English
_GERMAN = """#!/bin/bash
if [[ ${{PGOPTIONS-}} == *lc_messages=C* ]]; then
  {allowed} || {{ echo 'psql: FATAL:  keine Berechtigung, um Parameter lc_messages zu setzen' >&2; exit 2; }}
  PGOPTIONS=${{PGOPTIONS//-c lc_messages=C/}} exec {program} "$@"
fi
{program} "$@" 2> >(sed -u -e 's/ERROR:  /FEHLER:  /' \\
  -e 's/FEHLER:  must be able to SET ROLE "\\(.*\\)"/FEHLER:  Berechtigung für SET ROLE »\\1« nötig/' \\
  -e 's/FEHLER:  invalid input syntax for type integer: "/FEHLER:  ungültige Eingabesyntax für Typ integer: »/' >&2)
"""


def german_programs(folder: Path, *, may_ask_for_english: bool = True) -> Path:
    """A folder with the programs; the server may let nobody but its administrator choose another language."""
    programs = folder / "german"
    programs.mkdir()
    for program in postgres_programs().iterdir():
        (programs / program.name).symlink_to(program)
    for name in ("psql", "pg_restore"):
        (programs / name).unlink()
        allowed = "true" if may_ask_for_english else "false"
        (programs / name).write_text(_GERMAN.format(program=postgres_programs() / name, allowed=allowed))
        (programs / name).chmod(0o755)
    return programs
