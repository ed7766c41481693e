"""Every recipe is a page that can be started, and every box in the documents is read."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from bot.settings import read_page_file
from commands.start.page_warnings import page_warnings
from commands.steps import KINDS

DOCS = Path(__file__).parents[2] / "docs"
BOXES = [
    (path.name, kind, text)
    for path in sorted(DOCS.glob("*.md"))
    for kind, text in re.findall(r"^```toml ([\w-]+)\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE)
    if kind in KINDS
]


@pytest.mark.parametrize("path", sorted(DOCS.glob("recipes/*.md")), ids=lambda path: path.stem)
def test_a_recipe_is_a_whole_page_without_a_warning(path: Path) -> None:
    assert page_warnings(read_page_file(path)) == ()


@pytest.mark.parametrize(("name", "kind", "text"), BOXES)
def test_a_box_in_the_documents_is_read(name: str, kind: str, text: str) -> None:
    KINDS[kind].model_validate(tomllib.loads(text))


def test_there_are_recipes_and_boxes() -> None:
    assert {"compose.md", "django-systemd.md", "kubernetes.md", "release-links.md"} <= {
        path.name for path in DOCS.glob("recipes/*.md")
    }
    assert {"services.md", "kinds.md"} <= {name for name, _, _ in BOXES}
