"""The request to start a run: which page it means, and everything that refuses it."""

from __future__ import annotations

import pytest

from commands.runbook import Page
from commands.start.request import (
    StartRequest,
    find_page,
    require_may_start,
    require_valid_ref,
    require_valid_request,
    require_variables,
)
from state.errors import BadSettings, NotAllowed, Refused
from state.facts import Actor, Door
from tests.pages import small

PAGE = small()
PAGES = {"option-a.md": PAGE, "option-b.md": PAGE}
PEOPLE = {"dba": frozenset({"UDBA"}), "lead": frozenset({"ULEAD"})}
GUEST, LEAD = (Actor(person=name, door=Door.SLACK) for name in ("U1", "ULEAD"))


def require(request: StartRequest, actor: Actor = LEAD, page: Page = PAGE) -> str:
    require_may_start(page, actor, PEOPLE)
    return require_valid_request(page, request, PEOPLE)


@pytest.mark.parametrize("ref", ["main", "v2.4.1", "feature/x_y-1", "0123abc", "a" * 200, "release.lock.d"])
def test_a_branch_a_tag_and_a_commit_are_valid_refs(ref: str) -> None:
    assert require_valid_ref(ref) == ref


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "--upload-pack=x",
        "-x",
        "main; rm -rf /",
        "$(id)",
        "x y",
        "a..b",
        "a//b",
        "v1/",
        "v1.",
        "v1.lock",
        "/v1",
        ".v1",
        "a" * 201,
        "main\n",
    ],
)
def test_a_ref_that_git_or_a_shell_could_take_for_more_than_a_name_is_refused(ref: str) -> None:
    with pytest.raises(Refused, match="is not a branch, tag or commit") as refused:
        require_valid_ref(ref)
    assert repr(ref) in str(refused.value)


def test_the_ref_of_the_request_comes_before_that_of_the_page() -> None:
    assert require(StartRequest(ref="v2")) == "v2"
    assert require(StartRequest()) == "main"
    assert require(StartRequest(), page=small(**{'target = "shop"': 'target = "shop"\nref = "stable"'})) == "stable"
    with pytest.raises(Refused, match="is not a branch"):
        require(StartRequest(ref="-x"))


def test_only_the_starters_of_a_page_may_start_it() -> None:
    page = small(**{'target = "shop"': 'target = "shop"\nstarters = ["lead"]'})
    assert require(StartRequest(), LEAD, page) == "main"
    with pytest.raises(NotAllowed, match=r"^Only the Tech Lead may start this runbook\.$"):
        require(StartRequest(), GUEST, page)


def test_a_page_without_starters_is_started_by_the_people_of_its_roles_only() -> None:
    assert require(StartRequest(), LEAD) == "main"
    with pytest.raises(NotAllowed, match=r"^Only the Database Admin or Tech Lead may start this runbook\.$"):
        require(StartRequest(), GUEST)


@pytest.mark.parametrize(("people", "names"), [({}, "SHOP_DBA, SHOP_LEAD"), ({"dba": PEOPLE["dba"]}, "SHOP_LEAD")])
def test_every_role_without_people_is_named_by_its_variable(people: dict[str, frozenset[str]], names: str) -> None:
    with pytest.raises(BadSettings) as refused:
        require_valid_request(PAGE, StartRequest(), people)
    assert str(refused.value) == (
        f"Some roles have no people. Set {names} in the bot's environment to at least one Slack user or group id each."
    )


@pytest.mark.parametrize("minutes", [0, 240])
def test_a_countdown_lasts_up_to_4_hours(minutes: int) -> None:
    assert require(StartRequest(notice_minutes=minutes)) == "main"


@pytest.mark.parametrize("minutes", [-1, 241])
def test_a_longer_countdown_is_refused(minutes: int) -> None:
    with pytest.raises(Refused, match=rf"^The countdown is {minutes} minutes; it must be 0 to 240\.$"):
        require(StartRequest(notice_minutes=minutes))


def test_a_page_is_found_by_its_file_name_with_or_without_its_end() -> None:
    pages = {"a.md": small(), "b.md": small()}
    assert find_page(pages, "b.md") is find_page(pages, "b") is pages["b.md"]


def test_the_only_page_needs_no_name() -> None:
    assert find_page({"a.md": PAGE}, "") is PAGE


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Name the page: option-a.md, option-b.md."),
        ("opton-a.md", "There is no page “opton-a.md”; did you mean option-a.md?"),
        ("x" * 90, f"There is no page “{'x' * 80}”; name one of option-a.md, option-b.md."),
    ],
)
def test_a_page_that_is_not_there_is_refused_with_what_to_type(name: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        find_page(PAGES, name)
    assert str(refused.value) == words


def test_an_unknown_name_is_refused_although_there_is_only_one_page() -> None:
    with pytest.raises(Refused, match=r"There is no page “zzz”; name one of a\.md\."):
        find_page({"a.md": PAGE}, "zzz")


def test_variables_that_are_not_set_are_all_named() -> None:
    require_variables(PAGE, [])
    with pytest.raises(BadSettings) as refused:
        require_variables(PAGE, ["SHOP_SSH", "SHOP_KEY"])
    assert str(refused.value) == (
        "small.md needs variables that are not set. Set them in the bot's environment: SHOP_SSH, SHOP_KEY."
    )
