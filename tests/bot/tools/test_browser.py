"""A real browser reports what is missing and what goes wrong on a page."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot.tools.browser import ChromiumBrowser
from bot.tools.browser_reports import Notes
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from commands.ports.browser import Act, Visit
from state.errors import Failed, Unreachable


@pytest.fixture
def browser(places: dict[str, WebPlace]) -> ChromiumBrowser:
    """A browser that masks the word "Shop"."""
    browser = ChromiumBrowser(places, {}, Redactor(["Shop"]))
    assert browser.unavailable() is None, "tests/system.sh installs Chromium"
    return browser


def test_missing_texts_console_errors_and_failed_requests_are_reported(browser: ChromiumBrowser) -> None:
    result = browser.visit("api", Visit(path="/page", sees=("Job Type", "Skip Approval"), limit=30))
    assert result.title == "•••"
    assert result.missing == ("Skip Approval",)
    assert "approval-templates failed" in result.console
    assert "404 /nothing" in result.bad_answers


def test_a_page_is_clicked_through_before_it_is_checked(browser: ChromiumBrowser) -> None:
    assert (
        browser.visit(
            "api", Visit(path="/page", acts=(Act(kind="click", target="Order"),), sees=("Thank you",))
        ).missing
        == ()
    )


def test_a_page_that_does_not_open_fails_with_the_browsers_words(browser: ChromiumBrowser) -> None:
    with pytest.raises(Failed, match=r"The browser could not open /page of “gone”: .*ERR_CONNECTION_REFUSED"):
        browser.visit("gone", Visit(path="/page"))


@pytest.mark.fault("a library reads the environment again")
def test_the_browser_asks_no_proxy_of_the_environment_as_every_other_look_at_a_place(
    places: dict[str, WebPlace], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, str(places["api"].url))
    browser = ChromiumBrowser({"shop": WebPlace(url="http://shop.invalid")}, {}, Redactor([]))
    with pytest.raises((Failed, Unreachable), match="ERR_NAME_NOT_RESOLVED"):
        browser.visit("shop", Visit(path="/", limit=10))


def test_a_browser_that_starts_has_no_launch_error(browser: ChromiumBrowser) -> None:
    assert browser.launch_error() is None


def test_a_browser_that_does_not_start_says_why(tmp_path: Path) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    assert ChromiumBrowser({}, {}, Redactor([]), str(program)).launch_error()


def test_without_chromium_the_reason_is_named(monkeypatch: pytest.MonkeyPatch, places: dict[str, WebPlace]) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    browser = ChromiumBrowser(places, {}, Redactor([]))
    reason = "no Chromium is installed (apt-get install chromium, or set GONOGO_BROWSER to one)"
    assert browser.unavailable() == reason
    with pytest.raises(Unreachable) as caught:
        browser.visit("api", Visit(path="/page"))
    assert str(caught.value) == f"This machine has no browser: {reason}."


def test_without_playwright_the_reason_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "playwright", None)
    reason = ChromiumBrowser({}, {}, Redactor([])).unavailable()
    assert reason == "the package playwright is not installed (pip install 'gonogo[browser]')"


def test_what_a_page_reports_is_bounded_in_number_and_length_and_masked() -> None:
    notes = Notes(Redactor(["s3cr3t-0001"]))
    notes.add("x" * 995 + "s3cr3t-0001")
    for _ in range(1000):
        notes.add("y" * 1_000_000)
    assert notes.texts[0] == "x" * 995 + "•••"
    assert len(notes.texts) == 100
    assert {len(text) for text in notes.texts[1:]} == {1000}


def test_a_secret_that_is_cut_at_the_end_of_what_is_read_of_a_page_is_masked_too() -> None:
    secret = "s3cr3t-" + "".join(f"{number:03}" for number in range(31))
    notes = Notes(Redactor([secret]))
    # masked, the text is so short that its end is shown
    notes.add(secret * 99 + "x" * 50 + secret * 2)
    assert notes.texts == ["•••" * 99 + "x" * 50 + "•••"]
