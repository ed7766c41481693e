"""What a page may not say of groups of hosts; each mistake has its line, and what to do."""

from __future__ import annotations

import pytest

from commands.steps import KINDS
from tests.commands.runbook.spoiling import page_error
from tests.groups import ROLLING_WORDS, TOGETHER_WORDS
from tests.pages import small, spoil

ROLLING, TOGETHER = spoil(*ROLLING_WORDS.items()), spoil(*TOGETHER_WORDS.items())
CODE = 'id = "code"\nhost = "backend"\n'
ADDRESSES = '["$SHOP_1", "$SHOP_2", "$SHOP_3"]'
GATE = '### Go on?\n\n```toml gate\nid = "go-on"\nitem = [{ text = "So far so good", role = "dba" }]\n```\n\n'
RESTART = """\
```toml service
id = "restart"
host = "backend"
name = "api"
web = "WEB"
commit = "1234"
together = true
```"""


def refused(text: str, *changes: tuple[str, str]) -> str:
    """The only mistake of a page in which each old text is replaced, first where it stands first."""
    for old, new in changes:
        assert old in text, f"the page has no {old!r}"
        text = text.replace(old, new, 1)
    error = page_error(text)
    assert len(error.mistakes) == 1, [str(one) for one in error.mistakes]
    return str(error)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("\ntogether = true", "", "is a group of 3; write together = true, or name the step in a one-by-one box"),
        ('undoes = "put-the-code-there"\n', "", "undoes: is missing; name the step that it undoes"),
        ('<host>"]', '<host>"]\nsign = ["dba"]', "sign: each host would ask for a signature of its own"),
        ('path = "/health"', 'path = "/health"\ntogether = true', "together: only a step on a group"),
        (ADDRESSES, "[]", "address: needs at least one address"),
        (ADDRESSES, '["$SHOP_1", "shop.example"]', "must be the name of an environment"),
        (ADDRESSES, '["$SHOP_1", "$SHOP_1"]', "$SHOP_1 stands there twice"),
        ("[hosts.backend]", '[hosts.backend-2]\naddress = "local"\n\n[hosts.backend]', 'is called "backend-2"'),
    ],
)  # fmt: skip
def test_a_step_that_is_done_together_must_be_clear(old: str, new: str, why: str) -> None:
    assert why in refused(TOGETHER, (old, new))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('steps = ["out", "code",', 'steps = ["code", "out",', '"code" does not follow here, but "out"'),
        ('"answers", "in"]', '"answers", "in", "health"]', 'steps: "health" does not follow here; name'),
        ("### Does it answer?", GATE + "### Does it answer?", '"answers" does not follow here, but "go-on"'),
        ('undoes = "roll"\n', 'undoes = "health"\n', 'undoes: "health" is done once, so it does not tell'),
        ('undoes = "roll"\n', "", "undoes: is missing; name the one-by-one box"),
        ('id = "roll"\nhost = "backend"', 'id = "roll"\nhost = "balancer"', 'host: "balancer" is no group of hosts'),
        ('id = "roll"\n', 'id = "roll"\nlimit = "1 h"\n', "limit: has no meaning here; write it in the steps"),
        (CODE, CODE + 'on_failure = "tell"\n', "on_failure: a failure must stop before the next host"),
        (CODE, CODE + "together = true\n", "together: “Roll the hosts” does the hosts one by one; remove it"),
        ('id = "old-code"', 'id = "old-code"\nafter = []', "after: the steps of “Roll the hosts back” run"),
        (', "$EACH_3"]', "]", 'web: "each" has 2 addresses for 3 hosts'),
        ('undoes = "code"', 'undoes = "roll"', 'undoes: "roll" is a one-by-one box, which such a box'),
    ],
)  # fmt: skip
def test_a_box_that_does_hosts_one_by_one_must_be_clear(old: str, new: str, why: str) -> None:
    assert why in refused(ROLLING, (old, new))


def test_the_name_of_a_group_is_a_plain_word() -> None:
    text = ROLLING.replace("[webs.each]", '[webs."a; b"]').replace('web = "each"', 'web = "a; b"')
    assert 'webs."a; b": commands get the names of its members; use only letters' in refused(text)


def test_what_is_done_once_is_not_named_in_such_a_box() -> None:
    why = refused(ROLLING, ("### Does it answer?", GATE + "### Does it answer?"), ('"answers",', '"go-on", "answers",'))
    assert "a gate step is done once, and not for each host; move it out of the one-by-one box" in why


def test_what_is_done_once_cannot_be_on_a_group() -> None:
    release = '### Pin it\n\n```toml release\nhost = "backend"\nrepository = "$REPO"\n```\n\n## Deploy'
    why = refused(TOGETHER, ("## Deploy", release))
    assert 'host: "backend" is a group, and a release step is done once; write one of "backend-1", "backend-2"' in why


def test_a_host_of_a_group_may_be_named_alone() -> None:
    release = '### Pin it\n\n```toml release\nhost = "backend-3"\nrepository = "$REPO"\n```\n\n## Deploy\n'
    page = small(**{**TOGETHER_WORDS, "## Deploy\n": release})
    assert page.step("pin-it").box.places() == {("hosts", "backend-3")}


def test_the_answer_of_a_balancer_is_not_that_of_a_host() -> None:
    why = refused(ROLLING, ("## Smoke tests", f"### Restart\n\n{RESTART.replace('WEB', 'api')}\n\n## Smoke tests"))
    assert 'web: "api" is one address, so the answer may come from another host' in why
    one_host = RESTART.replace('"backend"', '"balancer"').replace("\ntogether = true", "").replace("WEB", "each")
    why = refused(ROLLING, ("## Smoke tests", f"### Restart\n\n{one_host}\n\n## Smoke tests"))
    assert 'web: "each" is a group, and "balancer" is one host' in why


def test_the_hosts_of_another_group_have_no_place_in_a_turn() -> None:
    other = '[hosts.worker]\naddress = ["$W_1", "$W_2", "$W_3"]\nkey = "$K"\nknown_hosts = "$KNOWN"\n\n[hosts.balancer]'
    assert 'host: "worker" is another group' in refused(
        ROLLING, ("[hosts.balancer]", other), (CODE, CODE.replace("backend", "worker"))
    )


def test_a_step_cannot_undo_what_was_done_on_another_group() -> None:
    other = '[hosts.worker]\naddress = ["$W_1", "$W_2", "$W_3"]\nkey = "$K"\nknown_hosts = "$KNOWN"\n\n[webs.api]'
    back = 'host = "backend"\nundoes = "put-the-code-there"'
    why = refused(TOGETHER, ("[webs.api]", other), (back, back.replace("backend", "worker")))
    assert 'undoes: "put-the-code-there" is done on backend-1, backend-2, backend-3, and this step on worker-1' in why


def test_a_value_of_each_host_is_used_on_that_group_only() -> None:
    keeps = 'values = { mark = { pattern = "mark=(.*)" } }\ntakes = "10 min"'
    why = refused(TOGETHER, ('takes = "10 min"', keeps), ('path = "/health"', 'path = "/health/<mark>"'))
    assert "<mark> is another one on each of backend-1, backend-2, backend-3; only a step on that group" in why
    why = refused(TOGETHER, ('path = "/health"', 'path = "/health/<host>"'))
    assert "<host> is another one on each of backend-1" in why


def test_the_name_of_the_host_is_no_value_of_the_page() -> None:
    keeps = 'values = { host = { pattern = "host=(.*)" } }\ntakes = "10 min"'
    assert "values: <host> is the name of the host" in refused(TOGETHER, ('takes = "10 min"', keeps))


def test_which_kinds_are_done_once() -> None:
    """A new kind is done on each host of a group unless it says that it is not."""
    assert [name for name, kind in KINDS.items() if not kind.done_on_each] == [
        "backup",
        "baseline",
        "data-keep",
        "data-return",
        "errors",
        "gate",
        "migrate",
        "notify",
        "one-by-one",
        "proof",
        "rehearse",
        "release",
        "repeat",
        "review",
        "sql",
        "window",
    ]
