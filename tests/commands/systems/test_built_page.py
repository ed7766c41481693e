"""Whether a served page is the build's is told by the whole names of its scripts and styles."""

from __future__ import annotations

import pytest

from commands.ports.web import HttpResponse
from commands.systems.built_page import BuiltPage, other_page
from commands.systems.page_tags import Part


def named(part: str, served: str) -> bool:
    """Whether a page with this script counts as one that names this part of the build."""
    page = HttpResponse(status=200, seconds=0.1, headers={}, text=f'<!doctype html><script src="{served}"></script>')
    return not other_page("app", page, BuiltPage((Part(part),)))


@pytest.mark.fault("it exists, so it is right")
@pytest.mark.parametrize(
    ("part", "served"),
    [
        ("/assets/3f2a91/app.js", "/assets/0c77d2/app.js"),
        ("/app.js?v=2026/", "/other.js"),
        ("/app.js?d=2026/1", "/app.js?d=2025/1"),
        ("app.js", "old-app.js"),
        ("./app.js", "/old-app.js"),
        ("//cdn.test", "/app.js"),
    ],
)
def test_a_page_with_another_builds_script_is_another_page(part: str, served: str) -> None:
    assert not named(part, served)


@pytest.mark.parametrize(
    ("part", "served"),
    [
        ("/assets/app-1.js", "https://cdn.test/shop/assets/app-1.js"),
        ("https://cdn.test/assets/app-1.js", "//other.test/assets/app-1.js"),
        ("../assets/app-1.js", "/assets/app-1.js"),
        ("./app.css?v=1", "/app.css?v=1"),
    ],
)
def test_another_address_or_folder_before_the_name_is_no_difference(part: str, served: str) -> None:
    assert named(part, served)
