"""docs/kinds.md is what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from commands.reference.boxes import head_docs, kind_docs
from commands.reference.markdown_text import reference_page

DOCS = Path(__file__).parents[3] / "docs"


def test_the_page_of_kinds_is_as_the_code_describes_them() -> None:
    assert (DOCS / "kinds.md").read_text() == reference_page(), "run `make reference`"


def test_each_box_has_its_section_and_each_link_of_the_contents_leads_to_one() -> None:
    page = reference_page()
    headings = set(re.findall(r"^##+ (.*)$", page, re.MULTILINE))
    assert headings >= {f"`{doc.name}`" for doc in (*kind_docs(), *head_docs())}
    anchors = {heading.replace("`", "").lower().replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\(#([^)]*)\)", page)) <= anchors


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    rows = [line for line in reference_page().splitlines() if line.startswith("| `")]
    cells = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
    assert cells == {3, 6}, "a | in a cell is written \\|"
