"""A Content-Security-Policy is read as browsers read it."""

from __future__ import annotations

import base64
import hashlib

import pytest

from commands.ports.web import HttpResponse
from commands.systems.page_parts import ServedParts
from commands.systems.page_policy import policy_of
from commands.systems.page_tags import Part, read_tags

HERE = "https://shop.test"
SCRIPT, OTHER = f"{HERE}/assets/a.js", "https://cdn.test/lib/a.js"
HASH = "sha384-" + base64.b64encode(hashlib.sha384(b"x").digest()).decode()


def says(policy: str, address: str, tag: str = "", origin: str = HERE) -> str:
    """What browsers do with a script at the address, by the page's header."""
    page = HttpResponse(status=200, seconds=0.1, headers={"Content-Security-Policy": policy}, text=tag, origin=origin)
    (part,) = read_tags(f"<script src=x {tag}></script>").parts
    return policy_of(page, read_tags("")).refuses(part, address)[0]


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("policy", "address", "tag", "right"),
    [
        ("default-src 'none'", SCRIPT, "", "refused"),
        ("default-src 'none'; script-src 'self'", SCRIPT, "", ""),
        ("script-src 'none'; script-src 'self'", SCRIPT, "", "refused"),
        ("img-src 'none'", SCRIPT, "", ""),
        ("script-src", SCRIPT, "", "refused"),
        ("script-src 'nonce-abc'", SCRIPT, "nonce=abc", ""),
        ("script-src 'nonce-abc'", SCRIPT, "nonce=ABC", "refused"),
        ("script-src 'NONCE-aBc'", SCRIPT, "nonce=aBc", ""),
        ("script-src 'self' 'strict-dynamic' 'nonce-abc'", SCRIPT, "", "refused"),
        ("script-src 'strict-dynamic' 'nonce-abc' https:", SCRIPT, "nonce=abc", ""),
        (f"script-src '{HASH}'", SCRIPT, f"integrity={HASH}", ""),
        (f"script-src '{HASH}'", SCRIPT, "", "refused"),
        ("script-src-elem 'none'; script-src *", SCRIPT, "", "refused"),
        ("script-src 'self', script-src 'none'", SCRIPT, "", "refused"),
        ("script-src 'self'", OTHER, "", "perhaps refused"),
        ("script-src 'self' cdn.test", OTHER, "", ""),
        ("script-src 'self' *.test", OTHER, "", ""),
        ("script-src https://CDN.test/lib/", OTHER, "", ""),
        ("script-src https://cdn.test/other/", OTHER, "", "perhaps refused"),
        ("script-src http://cdn.test", OTHER, "", ""),
        ("script-src cdn.test:8443", OTHER, "", "perhaps refused"),
        ("script-src https:", OTHER, "", ""),
        ("script-src *", "data:text/javascript,1", "", ""),
        ("", "http://cdn.test/a.js", "", "refused"),
        ("upgrade-insecure-requests", "http://cdn.test/a.js", "", ""),
        ("", "http://127.0.0.1/a.js", "", ""),
    ],
)
def test_what_a_policy_refuses_is_told_from_what_it_allows(policy: str, address: str, tag: str, right: str) -> None:
    assert says(policy, address, tag) == right


def test_a_page_that_was_asked_at_another_address_than_users_have_is_not_accused() -> None:
    assert says("script-src https://shop.test", "http://10.0.0.5/a.js", origin="http://10.0.0.5") == "perhaps refused"
    assert says("script-src 'none'", "http://10.0.0.5/a.js", origin="") == ""


def test_a_script_that_is_only_loaded_ahead_is_no_part_that_a_policy_judges() -> None:
    headers = {"Content-Security-Policy": "script-src 'none'"}
    page = HttpResponse(status=200, seconds=0.1, headers=headers, text="", origin=HERE)
    tags = read_tags("<link rel=prefetch href=a.js>")
    assert policy_of(page, tags).refuses(tags.parts[0], SCRIPT) == ("", "")
    assert policy_of(page, tags).refuses(Part("a.js"), SCRIPT)[0] == "refused"


def test_a_policy_of_the_page_itself_refuses_only_perhaps_for_it_counts_for_what_is_behind_it() -> None:
    page = HttpResponse(status=200, seconds=0.1, headers={}, text="", origin=HERE)
    tags = read_tags(
        '<script src=a.js></script><meta http-equiv="Content-Security-Policy" content="script-src \'none\'">'
    )
    assert policy_of(page, tags).refuses(tags.parts[0], SCRIPT)[0] == "perhaps refused"


def test_of_a_policy_that_is_too_long_to_be_read_nothing_is_known() -> None:
    assert says("script-src " + "cdn.test/lib " * 2000 + "'self'", SCRIPT) == ""


@pytest.mark.parametrize("address", ["https://cdn:abc/a.js", "https://[x/a.js", "https://cdn.test:99999/a.js"])
def test_an_address_that_is_none_is_no_fault_of_the_bot(address: str) -> None:
    headers = {"Content-Security-Policy": "script-src 'self'"}
    text = f'<script src="{address}"></script>'
    page = HttpResponse(status=200, seconds=0.1, headers=headers, text=text, origin=HERE)
    parts = ServedParts(web="app", get=lambda _: page, wanted=lambda _: True)
    assert (list(parts.problems(page)), parts.elsewhere) == ([], {address})


def test_a_part_whose_address_lost_its_secret_is_not_asked_for_under_another_address() -> None:
    text = '<script src="/b.js?token=•••"></script>'
    page = HttpResponse(status=200, seconds=0.1, headers={}, text=text, origin=HERE)
    parts = ServedParts(web="app", get=pytest.fail, wanted=lambda _: True)
    assert (list(parts.problems(page)), parts.elsewhere) == ([], {"/b.js?token=•••"})


@pytest.mark.parametrize(
    ("policy", "script", "refused"),
    [
        ("script-src 'self'", "<script>a</script>", 1),
        ("script-src 'self' 'unsafe-inline'", "<script>a</script>", 0),
        ("script-src 'unsafe-inline' 'nonce-x'", "<script>a</script><script nonce=x>b</script>", 1),
        ("script-src 'self'", '<script type="application/ld+json">{}</script>', 0),
        ("script-src 'self'", "<script type=importmap>{}</script><script src=a.js></script><script> </script>", 1),
        ("style-src 'self'", "<script>a</script>", 0),
        (f"script-src '{HASH}'", "<script>a</script>", 1),
        (f"script-src '{HASH}'", "<script>get('/a?token=•••')</script>", 0),  # it had another text, and so its hash
        ("script-src 'self' 'nonce-x'", "<script>get('/a?token=•••')</script>", 1),
    ],
)
def test_scripts_within_the_page_need_a_nonce_a_hash_or_unsafe_inline(policy: str, script: str, refused: int) -> None:
    page = HttpResponse(status=200, seconds=0.1, headers={"content-security-policy": policy}, text=script, origin=HERE)
    tags = read_tags(script)
    assert policy_of(page, tags).refused_inline(tags.inline)[0] == refused


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_hash_of_a_script_within_the_page_is_that_of_its_lines(line_end: str) -> None:
    text = f"{line_end}let a = 1{line_end}"
    digest = base64.b64encode(hashlib.sha256(b"\nlet a = 1\n").digest()).decode()
    tags = read_tags(f"<script>{text}</script>")
    for named, refused in ((digest, 0), (digest[::-1], 1)):
        headers = {"Content-Security-Policy": f"script-src 'sha256-{named}'"}
        page = HttpResponse(status=200, seconds=0.1, headers=headers, text="", origin=HERE)
        assert policy_of(page, tags).refused_inline(tags.inline)[0] == refused
