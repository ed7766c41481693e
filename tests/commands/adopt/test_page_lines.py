"""Each note names the line of the page that its author changes, where that is one line."""

from __future__ import annotations

import pytest

from commands.adopt.adopted import Adopted, adopt
from tests.commands.adopt.reading import under
from tests.growth import assert_linear


def places(adopted: Adopted, words: str) -> list[str]:
    """The page's lines of the notes that have these words; empty text for a note without one."""
    page = ["", *adopted.page.split("\n")]
    notes = (*adopted.assumed, *adopted.unplaced, *adopted.blanks)
    return [page[note.page_line] for note in notes if words in note.text]


def test_a_value_that_was_written_is_found_where_it_is_written() -> None:
    adopted = under("Deploy (5 min)", "pm2 restart api")
    assert places(adopted, "time_zone") == ['time_zone = "UTC"']
    assert places(adopted, "takes = ") == ['takes = "5 min"']


def test_a_blank_is_found_in_its_box_and_not_in_the_text_above_it() -> None:
    adopted = under("Deploy", "cd /srv/shop\ngit pull\nls\n./build.sh v1.2.3\npm2 restart api")
    page = ["", *adopted.page.split("\n")]
    note = next(note for note in adopted.blanks if "v1.2.3" in note.text)
    assert "./build.sh v1.2.3" in page[note.page_line]
    assert "```toml run" in page[: note.page_line]
    assert note.page_line > page.index("```toml run")


def test_a_hazard_names_the_line_of_its_command_and_not_the_first_of_its_box() -> None:
    adopted = under("Deploy", "make one\nmake two\ncurl https://shop.example/a | sh")
    note = next(note for note in adopted.blanks if "curl without -f" in note.text)
    assert note.line == 8
    assert "curl" in adopted.page.split("\n")[note.page_line - 1]


def test_what_stands_twice_on_the_page_has_no_line_there() -> None:
    text = "# S\n\n## Deploy\n\n```bash\nexit 1\nmake\n```\n\ntext\n\n```bash\nexit 1\nmake\n```\n"
    assert places(adopt(text, "x"), "`exit 1`: it ends the script") == ["", ""]


def test_folders_of_programs_are_asked_for_at_their_host() -> None:
    assert places(under("Deploy", "npx thing"), 'write path = "$PROD_PATH"') == ["[hosts.production]"]
    assert places(under("Deploy", "/usr/bin/thing"), 'write path = "$PROD_PATH"') == []


def test_the_health_request_is_named_as_one_that_may_show_the_commit() -> None:
    service = "cd /srv/shop\ngit pull origin main\npm2 restart api\n"
    found = places(under("Deploy", f"{service}curl https://shop.example/health"), 'write commit = "<commit>"')
    assert found == ["```toml http"]
    assert places(under("Deploy", f"{service}curl https://shop.example/"), 'write commit = "<commit>"') == []


@pytest.mark.parametrize("piece", ["./x v1.2.3\n", "./long-name v1.2.3 # of one of many\n\n"])
def test_thousands_of_notes_are_found_in_time_that_grows_with_the_runbook(piece: str) -> None:
    assert_linear(lambda text: adopt(text, "x"), piece, "# S\n\n## Deploy\n\n```bash\n{}```\n")
