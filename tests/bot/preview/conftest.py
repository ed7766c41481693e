"""A real browser, in which a test opens tabs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import sync_playwright

from bot.tools.browser import FLAGS, find_browser

OpenTab = Callable[[str], Tab]


@pytest.fixture
def open_tab() -> Iterator[OpenTab]:
    """Opens an address at phone width. An error of the page's script fails the test."""
    program = find_browser()
    if not program:
        pytest.skip("there is no browser on this machine")
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*FLAGS, "--no-sandbox"])

        def open_tab(address: str) -> Tab:
            tab = browser.new_page(viewport={"width": 390, "height": 844})
            tab.on("pageerror", lambda error: errors.append(str(error)))
            tab.set_default_timeout(20_000)
            tab.goto(address)
            return tab

        yield open_tab
        browser.close()
    assert errors == []
