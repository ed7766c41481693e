"""Collects what is wrong on a page, so that its author hears of everything at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from state.errors import BadPage


class Mistakes:
    """The mistakes of one page, and which of its boxes are flawed.

    A flawed box may lack what its author meant to write there. So nothing is said that may follow from the flaw alone.
    """

    def __init__(self) -> None:
        self._found: list[BadPage] = []
        # the headings cannot be trusted: what seems to be missing may be there
        self.structure = False
        # step id, or part -> the text of its box
        self.flawed: dict[str, str] = {}

    def add(self, line: int, where: str, what: str, value: object = None) -> None:
        """Note one mistake; `value` is what the page has there, if it is one thing."""
        self._found.append(BadPage(line, where, what, value=value))

    def add_structure(self, line: int, where: str, what: str) -> None:
        """Note one mistake that hides a heading or a box."""
        self.add(line, where, what)
        self.structure = True

    @property
    def count(self) -> int:
        """How many there are so far."""
        return len(self._found)

    def include(self, error: BadPage) -> None:
        """Note the mistakes of an error."""
        self._found += error.mistakes

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Inside the block a BadPage ends the block only."""
        try:
            yield
        except BadPage as error:
            self.include(error)

    @contextmanager
    def noted_structure(self) -> Iterator[None]:
        """Like `noted`, for a mistake that hides a heading or a box."""
        known = self.count
        with self.noted():
            yield
        self.structure |= self.count > known

    def mentioned(self, name: str) -> bool:
        """Whether a flawed box has this name, as its own or in its text."""
        return name in self.flawed or any(name in source for source in self.flawed.values())

    def raise_all(self) -> None:
        """Raise BadPage with every mistake, if there is any."""
        if self._found:
            raise BadPage.together(self._found)
