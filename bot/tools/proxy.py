"""Which proxy leads to an address outside. Every client asks here, and NO_PROXY counts."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # missing in typeshed alone

_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
_EXCEPTIONS = ("NO_PROXY", "no_proxy")


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """The proxy of the bot's environment; None for this machine and for what NO_PROXY names."""
    proxy, exceptions = _first(_PROXIES, environ), _first(_EXCEPTIONS, environ)
    address = urlsplit(url).netloc.rpartition("@")[2]
    if not proxy or is_this_machine(url) or (exceptions and proxy_bypass_environment(address, {"no": exceptions})):
        return None
    return proxy


def _first(names: tuple[str, ...], environ: Mapping[str, str]) -> str:
    return next((value for name in names if (value := environ.get(name, "").strip())), "")


def is_this_machine(url: str) -> bool:
    """Whether a web address leads to this machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
