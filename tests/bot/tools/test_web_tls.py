"""Certificates: a company's own CA is trusted; that of nobody known is told, with what to do."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
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

from bot.tools import web_client
from bot.tools.places import WebPlace
from bot.tools.secrets import Redactor
from bot.tools.web import HttpWeb
from commands.ports.web import HttpRequest
from state.errors import Down
from tests.bot.tools.site import Handler


def write_certificate(folder: Path, host: str = "localhost") -> tuple[Path, Path]:
    """A new CA, and a certificate of it for 127.0.0.1 and a host with its key; returns the files of both."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "The company's CA")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "api")])

    def signed(subject: x509.Name, public: ec.EllipticCurvePublicKey, *more: x509.ExtensionType) -> bytes:
        builder = x509.CertificateBuilder(ca_name, subject, public, x509.random_serial_number())
        builder = builder.not_valid_before(datetime.now(UTC) - timedelta(days=1))
        builder = builder.not_valid_after(datetime.now(UTC) + timedelta(days=1))
        for extension in more:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(ca_key, hashes.SHA256()).public_bytes(Encoding.PEM)

    ca, server = folder / "ca.pem", folder / "server.pem"
    ca.write_bytes(signed(ca_name, ca_key.public_key(), x509.BasicConstraints(ca=True, path_length=None)))
    names = [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName(host)]
    own = signed(name, key.public_key(), x509.SubjectAlternativeName(names))
    server.write_bytes(own + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return ca, server


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[HttpWeb, Path]]:
    """A site with a certificate of a CA that nobody trusts yet, and the CA's file."""
    ca, certificate = write_certificate(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    web_client.tls_context.cache_clear()
    tool = HttpWeb({"api": WebPlace(url=f"https://127.0.0.1:{server.server_port}")}, {}, Redactor([]))
    yield tool, ca
    tool.close()
    server.shutdown()
    server.server_close()
    web_client.tls_context.cache_clear()


@pytest.mark.fault("a library reads the environment again")
def test_a_ca_that_ssl_cert_file_names_is_trusted(site: tuple[HttpWeb, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    web, ca = site
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    assert web.request("api", HttpRequest(path="/page")).status == 200


def test_the_public_certificates_stay_trusted_beside_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ca, _ = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    web_client.tls_context.cache_clear()
    trusted = [str(one["subject"]) for one in web_client.tls_context().get_ca_certs()]
    web_client.tls_context.cache_clear()
    assert any("The company's CA" in subject for subject in trusted)
    assert len(trusted) > 50


def test_a_certificate_of_an_unknown_ca_is_down_for_good_and_the_message_says_what_to_do(
    site: tuple[HttpWeb, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    web, _ = site
    with pytest.raises(Down) as caught:
        web.request("api", HttpRequest(path="/page"))
    assert caught.value.lasting
    assert str(caught.value) == (
        "“api” accepts the connection, but TLS fails (the certificate cannot be verified: unable to get local issuer "
        "certificate). A company's own CA must be among this machine's certificates, or in the file that SSL_CERT_FILE "
        "names."
    )
