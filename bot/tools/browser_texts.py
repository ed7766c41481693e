"""What a person finds on a page under a name: the first visible text, label or role."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from commands.text.word_start import word_start

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Locator, Page

_SELECTOR = "css="
_TURN, _LOOK = 1000.0, 200.0  # ms for which a page that has frames, and each of these, is looked at in turn
_MOST_FRAMES = 10
# what lies over the middle of a thing, in its own words; its own parts, those around it and its label do not, nor what
# shows nothing itself, such as a link over a whole card
_COVER = """one => {
  const part = one.closest('label') || one
  if (getComputedStyle(part).pointerEvents === 'none') return ''
  part.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'})
  const box = part.getClientRects()[0]
  const over = box && part.getRootNode().elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
  const layers = []
  for (let at = over; at && !at.contains(part) && !part.contains(at); at = at.parentElement) layers.push(at)
  const styles = layers.map(layer => getComputedStyle(layer))
  const paints = (layer, style) => layer.matches('img, svg, picture, canvas, video, iframe, object, embed, dialog') ||
    style.backgroundImage !== 'none' || !/^transparent$|, 0\\)$|\\/ 0\\)$/.test(style.backgroundColor)
  if (styles.some(style => style.opacity === '0') || !layers.some((layer, n) => paints(layer, styles[n]))) return ''
  const whole = over.closest('dialog, [role=dialog], [role=alertdialog], [aria-modal=true]') || over
  return (whole.innerText || '').trim().replace(/\\s+/g, ' ').slice(0, 100) || `<${over.localName}>`
}"""
_FIELD = "input, textarea, select, [contenteditable]"


def field_named(page: Page, name: str) -> Locator:
    """The field that a person would type into: by its label, its placeholder or its name, or by a selector."""
    if name.startswith(_SELECTOR):
        return _first_visible(page.locator(name))
    named = page.get_by_label(name).or_(page.get_by_placeholder(name)).or_(page.get_by_role("textbox", name=name))
    return _first_visible(named.and_(page.locator(_FIELD)))


def thing_named(page: Page | Frame, name: str) -> Locator:
    """What a person would find under that name: a text, a label, a placeholder, or a control; or by a selector."""
    if name.startswith(_SELECTOR):
        return _first_visible(page.locator(name))
    says = as_words(name)
    locator = page.get_by_text(says).or_(page.get_by_label(says)).or_(page.get_by_placeholder(says))
    for role in ("button", "link", "checkbox", "switch", "combobox"):
        locator = locator.or_(page.get_by_role(role, name=says))
    return _first_visible(locator)


def _first_visible(locator: Locator) -> Locator:
    """A page often has the same a second time, hidden: the menu for small screens, a template."""
    return locator.locator("visible=true").first


def is_visible(page: Page, name: str, limit: float) -> bool:
    """Whether something of that name is visible, or becomes it within so many ms; in a frame of the page, too."""
    until = time.monotonic() + limit / 1000
    while True:
        left = max((until - time.monotonic()) * 1000, _LOOK)
        if _shows(page, name, min(left, _TURN) if page.frames[1:] else left):
            return True
        if is_in_a_frame(page, name, _LOOK):
            return True
        if time.monotonic() >= until:
            return False


def is_in_a_frame(page: Page, name: str, limit: float = _TURN) -> bool:
    """Whether something of that name is visible in a frame that people see; each is looked at for so many ms."""
    shown = filter(_is_shown, page.frames[1 : 1 + _MOST_FRAMES])
    return any(_shows(frame, name, limit) for frame in shown)


def _is_shown(frame: Frame) -> bool:
    """Whether people see a frame: pages have hidden ones, too, in which the same page is loaded to renew a log-in."""
    from playwright.sync_api import Error

    try:
        while frame.parent_frame:
            if not frame.frame_element().is_visible():
                return False
            frame = frame.parent_frame
    except Error:  # it is gone
        return False
    return True


def _shows(place: Page | Frame, name: str, limit: float) -> bool:
    from playwright.sync_api import Error
    from playwright.sync_api import TimeoutError as PlaywrightTimeout

    try:
        thing_named(place, name).wait_for(state="visible", timeout=limit)
    except PlaywrightTimeout:
        return False
    except Error:
        if getattr(place, "page", place) is place:
            raise
        return False  # of a frame that is gone
    return True


def covered_by(page: Page, name: str) -> str:
    """The words of what lies over something of that name, which is visible; empty if nothing does."""
    from playwright.sync_api import Error

    try:
        return str(thing_named(page, name).evaluate(_COVER, timeout=1000))
    except Error:  # it has changed meanwhile
        return ""


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
