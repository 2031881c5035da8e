"""Which URLs and which network addresses a server may call on somebody else's word (F01).

The table is our own: what Python's ``ipaddress`` calls global changed between patch releases (CVE-2024-4032), and of
IPv6 it lets too much through.  IPv6 is an allow-list (2000::/3) with exceptions; IPv4 is the IANA special-purpose registry.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from schemas.errors import WarifuError

MAX_URL: Final = 2048
_V4_REFUSED: Final = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",
        "192.0.0.0/24",  # IETF protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_V6_UNICAST: Final = ipaddress.IPv6Network("2000::/3")  # all else is loopback, mapped, NAT64, unique local, link-local, multicast …
_V6_REFUSED: Final = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # IETF assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries any IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_PCHAR: Final = r"[!$&-;=@-Z_a-z~]|%[0-9A-Fa-f]{2}"
_URL = re.compile(
    r"https://(?P<host>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.\-]+)(?::(?P<port>[0-9]{1,5}))?"
    rf"(?:/(?:{_PCHAR})*)?(?:\?(?:{_PCHAR}|\?)*)?\Z"
)
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)\Z")
_NUMBER = re.compile(r"(?:[0-9]+|0[xX][0-9A-Fa-f]*)\Z")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that passed :func:`check_url`, taken apart once; ``host`` is lower case and without brackets."""

    url: str
    host: str
    port: int

    @property
    def origin(self) -> str:
        """Return ``https://host[:port]``; the port is left out where it is 443."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}" if self.port == 443 else f"https://{host}:{self.port}"


def check_url(url: str) -> Target:
    """Take an absolute https URL apart; what two parsers could read in two ways is refused.

    Refused are other schemes, userinfo, fragments, backslashes, white space, characters outside RFC 3986, host names
    with empty or over-long labels, a trailing dot or percent signs, and every number that is no canonical IPv4 address
    (``2130706433``, ``0x7f.1``, ``0177.0.0.1``, ``127.1``).

    Raises:
        WarifuError: ``fetch_refused`` (RFC 3986 3.2, WHATWG URL 3.5).
    """
    match = _URL.match(url) if len(url) <= MAX_URL else None
    if match is None:
        raise refused("the URL is not a plain https URL")
    host = match["host"].lower()
    if host.startswith("["):
        host = host[1:-1]
        check_ipv6_literal(host)
    else:
        check_host_name(host)
    port = int(match["port"]) if match["port"] else 443
    if not 0 < port < 65536 or (match["port"] or "1").startswith("0"):
        raise refused("the URL's port is out of range")
    if urlsplit(url).hostname != host:
        raise refused("the URL can be read in more than one way")
    return Target(url, host, port)


def check_ipv6_literal(text: str) -> None:
    """Refuse what is no IPv6 address in its one canonical form (RFC 5952)."""
    try:
        canonical = str(ipaddress.IPv6Address(text))
    except ValueError as error:
        raise refused("the URL's host is no IPv6 address") from error
    if canonical != text:
        raise refused("the URL's host is not in the one canonical form of an IPv6 address")


def check_host_name(host: str) -> None:
    """Refuse what is neither a host name of letters, digits and hyphens nor an IPv4 address in its one canonical form."""
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.match(label) for label in labels):
        raise refused("the URL's host is no host name")
    if _NUMBER.match(labels[-1]) is not None and not _is_canonical_ipv4(host):
        raise refused("the URL's host is a number")


def _is_canonical_ipv4(host: str) -> bool:
    try:
        return str(ipaddress.IPv4Address(host)) == host
    except ValueError:
        return False


def check_public_address(address: str) -> None:
    """Refuse an address outside the public Internet: private, loopback, link-local, carrier-grade NAT, mapped, NAT64,
    6to4, Teredo, multicast, reserved and documentation addresses.

    Raises:
        WarifuError: ``fetch_refused``.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError as error:
        raise refused("the host resolves to no plain address") from error
    if isinstance(parsed, ipaddress.IPv4Address):
        public = not any(parsed in network for network in _V4_REFUSED)
    else:
        public = parsed.scope_id is None and parsed in _V6_UNICAST and not any(parsed in network for network in _V6_REFUSED)
    if not public:
        raise refused("the host is not on the public Internet")


def refused(message: str) -> WarifuError:
    """Return the error of the guarded fetcher (not raised here)."""
    return WarifuError(
        "fetch_refused",
        message,
        hint="use an https URL of a public host; for development list its exact origin",
        clause="RFC 9110 17.16",
        layer="policy",
    )
