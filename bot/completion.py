"""`gonogo completion SHELL`: the script by which a shell completes commands, options and pages."""

from __future__ import annotations

import argparse

import shtab

PAGES = shtab.glob("*.md")
# what each positional word or option is, by the name under which the parser keeps it
_COMPLETED = {
    "page": PAGES,
    "pages": PAGES,
    "runbook": PAGES,
    "output": PAGES,
    "env_example": shtab.FILE,
    "html": shtab.FILE,
    "out": shtab.FILE,
    "bundle": shtab.FILE,
    "key": shtab.FILE,
    "mirror": shtab.FILE,
    "what": shtab.FILE,
    "source": shtab.FILE,
    "target": shtab.FILE,
}


def completion(parser: argparse.ArgumentParser, shell: str) -> str:
    """The script of bash, zsh or fish for a parser, whose words are then completed."""
    _mark(parser)
    return shtab.complete(parser, shell)


def _mark(parser: argparse.ArgumentParser) -> None:
    for action in parser._actions:  # noqa: SLF001  argparse has no other way to its own words
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for verb in action.choices.values():
                _mark(verb)
        elif action.dest in _COMPLETED and action.nargs != 0:
            action.complete = _COMPLETED[action.dest]  # type: ignore[attr-defined]  # shtab's own mark
