"""Certificates: a company's own CA is trusted; that of nobody known is told, with what to do."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bot.rehearsal.target.loopback import free_port, is_listening, wait_until
from bot.tools import web_client
from bot.tools.clock import SystemClock
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from commands.ports.preflight import PreflightContext
from commands.ports.web import HttpRequest
from commands.systems.preflight.reachable import ReachableCheck
from state.errors import Down
from tests.bot.tools.site import Handler, served_over_tls
from tests.world import World

Key = ec.EllipticCurvePrivateKey
CA = "The company's CA"


def _name(of: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, of)])


def _signed(of: str, key: Key, by: str, signer: Key, *more: x509.ExtensionType) -> bytes:
    builder = x509.CertificateBuilder(_name(by), _name(of), key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(datetime.now(UTC) - timedelta(days=1))
    builder = builder.not_valid_after(datetime.now(UTC) + timedelta(days=1))
    for extension in more:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM)


def write_certificate(folder: Path, host: str = "localhost", sends: str = "leaf") -> tuple[Path, Path]:
    """A new CA, and a certificate of it for 127.0.0.1 and a host with its key; returns the files of both.

    `sends` names what the server sends of the chain: the "leaf", which the CA has signed; of a CA with an intermediate
    certificate the "leaf of three" alone, or "all three"; or a leaf that signed "itself".
    """
    ca_key, between_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    ca, server = folder / "ca.pem", folder / "server.pem"
    is_ca = x509.BasicConstraints(ca=True, path_length=None)
    ca.write_bytes(_signed(CA, ca_key, CA, ca_key, is_ca))
    between = _signed("intermediate", between_key, CA, ca_key, is_ca)
    by, signer = {"leaf": (CA, ca_key), "itself": ("api", key)}.get(sends, ("intermediate", between_key))
    names = [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName(host)]
    own = _signed("api", key, by, signer, x509.SubjectAlternativeName(names))
    chain = own + between + ca.read_bytes() if sends == "all three" else own
    server.write_bytes(chain + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return ca, server


@pytest.fixture
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[HttpWeb, Path]]:
    """A site with a certificate of a CA that nobody trusts yet, and the CA's file."""
    ca, certificate = write_certificate(tmp_path, sends=getattr(request, "param", "leaf"))
    web_client.tls_context.cache_clear()
    with served_over_tls(certificate) as port:
        tool = HttpWeb({"api": WebPlace(url=f"https://127.0.0.1:{port}")}, {}, Redactor([]))
        yield tool, ca
        tool.close()
    web_client.tls_context.cache_clear()


@pytest.mark.fault("a library reads the environment again")
def test_a_ca_that_ssl_cert_file_names_is_trusted(site: tuple[HttpWeb, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    web, ca = site
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    assert web.request("api", HttpRequest(path="/page")).status == 200


@pytest.mark.fault("found too late, known before")
def test_the_times_of_a_certificate_are_told_also_on_a_connection_that_was_open(
    site: tuple[HttpWeb, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    web, ca = site
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    for method in ("GET", "GET", "POST"):
        valid = web.request("api", HttpRequest(path="/page", method=method)).valid
        assert valid
        first, last = (moment - datetime.now(UTC) for moment in valid)
        assert timedelta(hours=-25) < first < timedelta(hours=-23)
        assert timedelta(hours=23) < last < timedelta(hours=25)
    tools = replace(World().tools(), web=web, clock=SystemClock())
    (found,) = ReachableCheck(place=("webs", "api")).run_preflight(PreflightContext(tools=tools, ref="main"))
    assert found.level == "ok", "half of a short life is left"


def test_the_public_certificates_stay_trusted_beside_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ca, _ = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    web_client.tls_context.cache_clear()
    trusted = [str(one["subject"]) for one in web_client.tls_context().get_ca_certs()]
    web_client.tls_context.cache_clear()
    assert any("The company's CA" in subject for subject in trusted)
    assert len(trusted) > 50


NO_ISSUER = (
    "“api” accepts the connection, but TLS fails (the certificate cannot be verified: unable to get local issuer "
    "certificate). Either the server does not send its intermediate certificate, which browsers often know: let it "
    "send the whole chain, such as fullchain.pem. Or a company's own CA has signed it: that must be among this "
    "machine's certificates, or in the file that SSL_CERT_FILE names."
)


def _refused(web: HttpWeb) -> str:
    with pytest.raises(Down) as caught:
        web.request("api", HttpRequest(path="/page"))
    assert caught.value.lasting
    return str(caught.value)


def test_a_certificate_of_an_unknown_ca_is_down_for_good_and_the_message_says_what_to_do(
    site: tuple[HttpWeb, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    assert _refused(site[0]) == NO_ISSUER


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize("site", ["leaf of three"], indirect=True)
def test_a_server_that_does_not_send_its_intermediate_certificate_is_not_blamed_on_this_machine(
    site: tuple[HttpWeb, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    web, ca = site
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    assert _refused(web) == NO_ISSUER


@pytest.mark.parametrize("site", ["all three"], indirect=True)
def test_a_server_that_sends_the_whole_chain_needs_its_ca_only(
    site: tuple[HttpWeb, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    web, ca = site
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    ending = "self-signed certificate in certificate chain). A company's own CA must be among this machine's "
    assert ending in _refused(web)
    web.close()
    web_client.tls_context.cache_clear()
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    assert web.request("api", HttpRequest(path="/page")).status == 200


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize("site", ["itself"], indirect=True)
def test_the_certificate_that_a_server_signed_for_itself_is_told_from_that_of_a_company(
    site: tuple[HttpWeb, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    said = _refused(site[0])
    assert "(the certificate cannot be verified: self-signed certificate). It is signed by itself, like the one" in said
    assert "company" not in said


@pytest.mark.fault("a cause that nobody has seen")
@pytest.mark.parametrize(
    ("words", "why"),
    [
        (
            ["-Verify", "1", "-verify_return_error", "-tls1_3"],
            "the server asks for a certificate of the client, and the bot has none to show",
        ),
        (["-Verify", "1", "-verify_return_error", "-tls1_2"], "the handshake failed: sslv3 alert handshake failure"),
        (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "the server allows no version of TLS that is new enough"),
    ],
)
def test_a_handshake_that_fails_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], why: str
) -> None:
    ca, certificate = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    web_client.tls_context.cache_clear()
    port = free_port()
    own = ["-accept", str(port), "-cert", str(certificate), "-key", str(certificate), "-www", "-quiet"]
    server = subprocess.Popen(
        ["openssl", "s_server", *own, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    web = HttpWeb({"api": WebPlace(url=f"https://127.0.0.1:{port}")}, {}, Redactor([]))
    try:
        wait_until(lambda: is_listening(port), "openssl s_server")
        with pytest.raises(Down, match=re.escape(f"“api” accepts the connection, but TLS fails ({why}).")):
            web.request("api", HttpRequest(path="/page"))
    finally:
        web.close()
        server.kill()
        server.wait()
        web_client.tls_context.cache_clear()


def test_a_site_without_tls_is_said_to_be_that() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    web = HttpWeb({"api": WebPlace(url=f"https://127.0.0.1:{server.server_port}")}, {}, Redactor([]))
    try:
        with pytest.raises(Down, match="what answers does not speak TLS; perhaps its address begins with http://"):
            web.request("api", HttpRequest(path="/page"))
    finally:
        web.close()
        server.shutdown()
        server.server_close()
