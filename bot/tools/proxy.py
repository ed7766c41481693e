"""Which proxy leads to an address outside. Every client asks here, and NO_PROXY counts."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
_EXCEPTIONS = ("NO_PROXY", "no_proxy")


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """The proxy of the bot's environment; None for this machine and for what NO_PROXY names."""
    (_, proxy), (_, exceptions) = _first(_PROXIES, environ), _first(_EXCEPTIONS, environ)
    if not proxy or is_this_machine(url) or (exceptions and _is_excepted(url, exceptions)):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"  # as curl takes it


def proxy_problem(url: str, environ: Mapping[str, str]) -> str:
    """Why the proxy to an address can be used by nobody here, as a sentence without its value; empty if it can."""
    if not (proxy := proxy_for(url, environ)):
        return ""
    name, _ = _first(_PROXIES, environ)
    try:
        parts = urlsplit(proxy)
        whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return f"{name} is no address of a proxy; it must be like http://proxy.example:3128."
    if parts.scheme not in ("http", "https"):
        return (
            f"{name} names a proxy of another kind ({parts.scheme[:10]}://), and the bot uses HTTP proxies only: "
            f"name one, or name {urlsplit(url).hostname} in NO_PROXY if it is reached without."
        )
    return "" if whole else f"{name} is no address of a proxy; it must be like http://proxy.example:3128."


def _first(names: tuple[str, ...], environ: Mapping[str, str]) -> tuple[str, str]:
    """The first of these variables that is set, and its value."""
    return next(((name, value) for name in names if (value := environ.get(name, "").strip())), ("", ""))


def _is_excepted(url: str, exceptions: str) -> bool:
    """Whether NO_PROXY names an address: by its name, the end of its name, its IP address or a network of those."""
    # imported here: it costs a bot that starts again 10 ms, and few have NO_PROXY
    from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # missing in typeshed alone

    parts = urlsplit(url)
    if proxy_bypass_environment(parts.netloc.rpartition("@")[2], {"no": exceptions}):
        return True
    with suppress(ValueError):
        address = ipaddress.ip_address(parts.hostname or "")
        return any(address in network for network in _networks(exceptions))
    return False


def _networks(exceptions: str) -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    for one in exceptions.split(","):
        with suppress(ValueError):
            yield ipaddress.ip_network(one.strip(), strict=False)


def is_this_machine(url: str) -> bool:
    """Whether a web address leads to this machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
