"""Why Slack cannot be reached, and what to do about it."""

from __future__ import annotations

import aiohttp


def why_unreachable(error: Exception) -> tuple[str, str]:
    """The reason of a connection that did not come about, and what to do, as clauses."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        words = getattr(error.certificate_error, "verify_message", "") or type(error).__name__
        return (
            f"the certificate that answers is not accepted: {words}",
            "the CA of a proxy that reads TLS must be in the file that SSL_CERT_FILE names",
        )
    return type(error).__name__, "check the network and the proxy"
