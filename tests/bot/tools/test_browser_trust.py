"""The browser accepts the certificates that every other check accepts, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.tools import web_client
from bot.tools.browser import ChromiumBrowser, find_browser
from bot.tools.browser_trust import trust_flags
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from commands.ports.browser import Visit
from state.errors import Failed
from tests.bot.tools.site import served_over_tls
from tests.bot.tools.test_web_tls import write_certificate

PATH = "/page"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """The port of a site with a certificate of a company's CA, and the CA's file."""
    ca, certificate = write_certificate(tmp_path)
    web_client.tls_context.cache_clear()
    with served_over_tls(certificate) as port:
        yield port, ca
    web_client.tls_context.cache_clear()


@pytest.mark.fault("a library reads the environment again")
@pytest.mark.skipif(find_browser() is None, reason="this machine has no Chromium")
def test_the_browser_accepts_a_companys_ca_as_every_other_check_does(
    site: tuple[int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, ca = site
    webs = {"api": WebPlace(url=f"https://localhost:{port}")}
    browser = ChromiumBrowser(webs, {}, Redactor([]))
    with pytest.raises(Failed, match="ERR_CERT_AUTHORITY_INVALID"):
        browser.visit("api", Visit(path=PATH, limit=30))
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    web_client.tls_context.cache_clear()
    assert browser.visit("api", Visit(path=PATH, limit=30)).title


def test_a_key_is_named_only_where_the_certificate_is_accepted_for_that_name(
    site: tuple[int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, ca = site
    here, elsewhere = ("https", "localhost", port), ("https", "127.0.0.2", port)
    assert trust_flags([here]) == []
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    web_client.tls_context.cache_clear()
    (flag,) = trust_flags([here])
    assert flag.startswith("--ignore-certificate-errors-spki-list=")
    assert trust_flags([elsewhere, ("http", "localhost", port)]) == []
