"""The document: the page's text is only ever text, and nothing is asked from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.check import check_page
from bot.preview.document import broken_document, document
from bot.preview.moments import moments
from commands.runbook.plan import plan_lines
from tests.bot.preview.conftest import OpenTab
from tests.pages import small, spoil

ATTACK = "<script id=x>window.hurt=1</script><img src=x onerror=window.hurt=1></script></title></style>"
HEADING = "# 🚀 A small deploy"


def written(tmp_path: Path, text: str) -> Path:
    """The document of a page, as a file."""
    page = tmp_path / "small.md"
    page.write_text(text)
    html = tmp_path / "small.html"
    html.write_text(document(check_page(page, {})))
    return html


def test_markup_in_a_heading_or_a_command_is_text(tmp_path: Path, open_tab: OpenTab) -> None:
    attacked = {
        HEADING: f"{HEADING} {ATTACK}",
        "### Put the code there": f"### Put the code there {ATTACK}",
        'commands = ["deploy"]': f"id = \"put-the-code-there\"\ncommands = ['''echo '{ATTACK}' ''']",
        'title = "Tech Lead"': f"title = '''Tech Lead {ATTACK}'''",
        "API response > 5 s": f"slow {ATTACK}",
    }
    html = written(tmp_path, spoil(*attacked.items()))
    assert "<script id=x>" not in html.read_text()
    tab = open_tab(html.as_uri())
    assert tab.evaluate("window.hurt") is None
    assert tab.locator("img").count() == 0
    assert ATTACK in tab.locator("h1").inner_text()
    assert f"echo '{ATTACK}'" in (tab.locator("#plan").text_content() or "")
    assert ATTACK in (tab.locator("#messages").text_content() or "")


def test_the_file_asks_for_nothing_and_shows_every_message_and_command(tmp_path: Path, open_tab: OpenTab) -> None:
    html = written(tmp_path, spoil())
    tab = open_tab("about:blank")
    requests: list[str] = []
    tab.on("request", lambda request: requests.append(request.url))
    tab.goto(html.as_uri())
    phones = tab.locator(".phone .message")
    assert phones.count() == sum(len(moment.shown) for moment in moments(small()))
    plan = tab.locator("#plan").text_content() or ""
    for line in plan_lines(small()):
        assert line.strip() in plan or line.startswith(("  T+", "TIMELINE")), line
    assert requests == [html.as_uri()]
    assert tab.evaluate("document.documentElement.scrollWidth") == 390, "it is wider than a phone"


def test_a_command_is_shown_as_it_runs(tmp_path: Path, open_tab: OpenTab) -> None:
    command = 'commands = ["""if true; then\n    deploy   --now \u202e\nfi"""]'
    tab = open_tab(written(tmp_path, spoil(('commands = ["deploy"]', command))).as_uri())
    tab.get_by_text("DEPLOY", exact=True).click()
    lines = tab.locator(".plan:visible").inner_text()
    assert "on backend:     deploy   --now \\u202e" in lines, "what turns the text around is shown as its code"


def test_a_long_script_is_folded_and_a_short_command_is_not(tmp_path: Path, open_tab: OpenTab) -> None:
    script = "\\n".join(f"echo {number}" for number in range(13))
    changed = ('commands = ["undeploy"]', f'commands = ["{script}"]')
    tab = open_tab(written(tmp_path, spoil(changed)).as_uri())
    tab.get_by_text("DEPLOY", exact=True).click()
    tab.get_by_text("ROLLBACK within 15 min", exact=True).click()
    assert tab.get_by_text("on backend: deploy").is_visible()
    assert not tab.get_by_text("on backend: echo 12").is_visible()


def test_a_button_shows_what_it_asks(tmp_path: Path, open_tab: OpenTab) -> None:
    tab = open_tab(written(tmp_path, spoil()).as_uri())
    tab.locator(".phone button", has_text="Roll back").first.click()
    assert "Nothing was changed yet, so a rollback loses nothing." in tab.locator("dialog[open]").inner_text()


def test_no_value_of_the_environment_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SHOP_SSH", "SHOP_KEY", "SHOP_DBA", "SHOP_DBA_PHONE", "SHOP_URL"):
        monkeypatch.setenv(name, "hidden-value")
    text = written(tmp_path, spoil()).read_text()
    assert "hidden-value" not in text
    assert "$SHOP_DBA_PHONE" in text


def test_scripts_are_allowed_by_the_hash_of_the_one_that_is_there(tmp_path: Path) -> None:
    text = written(tmp_path, spoil()).read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "connect-src" not in policy[1], "a file asks nobody whether it has changed"
    assert re.search(r"script-src 'sha256-[\w+/]+='", policy[1])


def test_all_errors_stand_with_their_lines(tmp_path: Path, open_tab: OpenTab) -> None:
    html = written(tmp_path, spoil(('"10 min"', '"10 mins"'), ('within = "15 min"', 'within = "15 min"\nwitin = 1')))
    shown = open_tab(html.as_uri()).locator("body").inner_text()
    assert "small.md has 2 errors" in shown
    assert "Line 55 · Put the code there" in shown
    assert "'10 mins' is not a duration" in shown
    assert "witin" in shown


def test_why_there_is_no_preview_is_said_as_text() -> None:
    assert "&lt;b&gt;" in broken_document(Path("x.md"), "<b>", "1")
