"""A plan's lines: the page's own words, and what the bot's own programs do, as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Self

from commands.ports.page_text import Text


class ProgramLine(str):
    """A plan line that says what one of the bot's own programs does. `program` is its text, as it is sent to a host."""

    program: str

    def __new__(cls, says: str, program: str) -> Self:
        """The line. Its text is `says`."""
        line = super().__new__(cls, says)
        line.program = program
        return line


def commands_plan(host: str, commands: str, env: Mapping[str, Text] | None = None) -> list[str]:
    """Commands of the page as plan lines: each of them, then their variables with their values from the page."""
    return [*(f"on {host}: {line}" for line in commands.splitlines()), *_variables(env)]


def program_plan(host: str, says: str, program: str, env: Mapping[str, Text] | None = None) -> list[str]:
    """A program of the bot as plan lines: what it does, then its variables with their values from the page."""
    return [ProgramLine(f"on {host}: {says}", program), *_variables(env)]


def indented(line: str, by: int) -> list[str]:
    """A plan line so many spaces further to the right. A line of the page may have several lines of its own."""
    space = " " * by
    if isinstance(line, ProgramLine):
        return [ProgramLine(f"{space}{line}", line.program)]
    return [f"{space}{one}" for one in line.splitlines()]


def with_programs(lines: Iterable[str]) -> Iterator[str]:
    """Plan lines, with the text of each program below the line that says what it does."""
    for line in lines:
        yield line
        if isinstance(line, ProgramLine):
            space = " " * (len(line) - len(line.lstrip()))
            yield from (f"{space}  | {one}" for one in line.program.splitlines())


def _variables(env: Mapping[str, Text] | None) -> list[str]:
    # a list has one name on each line
    variables = ", ".join(f"{name}={' '.join(str(value).split())}" for name, value in (env or {}).items())
    return [f"with {variables}"] if variables else []
