"""What a person would find on a page under a name: by its text, label, placeholder or role."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from commands.text.word_start import word_start

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

_SELECTOR = "css="


def field_named(page: Page, name: str) -> Locator:
    """The field that a person would type into: by its label, its placeholder or its name, or by a selector."""
    if name.startswith(_SELECTOR):
        return page.locator(name)
    return page.get_by_label(name).or_(page.get_by_placeholder(name)).or_(page.get_by_role("textbox", name=name))


def thing_named(page: Page, name: str) -> Locator:
    """What a person would find under that name: a text, a label, a placeholder, or a control; or by a selector."""
    if name.startswith(_SELECTOR):
        return page.locator(name)
    says = as_words(name)
    locator = page.get_by_text(says).or_(page.get_by_label(says)).or_(page.get_by_placeholder(says))
    for role in ("button", "link", "checkbox", "switch", "combobox"):
        locator = locator.or_(page.get_by_role(role, name=says))
    return locator


def is_visible(page: Page, name: str, limit: float) -> bool:
    """Whether something of that name is visible, or becomes it within so many ms."""
    from playwright.sync_api import TimeoutError as PlaywrightTimeout

    try:
        thing_named(page, name).first.wait_for(state="visible", timeout=limit)
    except PlaywrightTimeout:
        return False
    return True


def as_words(name: str) -> re.Pattern[str]:
    """The name in upper or lower case, with any white space, at the beginning of a word; the last word may go on.

    "Order" is in "Orders", and "healthy" is not in "unhealthy". The pattern holds in JavaScript as in Python.
    """
    words = r"\s+".join("".join(map(_either_case, word)) for word in name.split())
    return re.compile(f"{word_start(name.strip())}{words}")


def _either_case(letter: str) -> str:
    lower, upper = letter.lower(), letter.upper()
    if lower != upper and len(lower) == len(upper) == 1:
        return f"[{lower}{upper}]"
    return re.sub(r"([.*+?^${}()|\[\]\\/])", r"\\\1", letter)
