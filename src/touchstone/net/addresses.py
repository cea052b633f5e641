"""Which network addresses may be reached from a server that fetches what strangers name."""

from __future__ import annotations

import ipaddress

# Python 3.11's `is_global` passes several ranges that lead back inside (NAT64, 6to4, multicast, metadata services),
# so the ranges are spelled out. Source: IANA special-purpose address registries, and cloud metadata addresses.
DENIED_IPV4: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by carriers"),
    ("127.0.0.0/8", "loopback"),
    ("168.63.129.16/32", "cloud metadata"),
    ("169.254.0.0/16", "link-local, cloud metadata"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "protocol assignments, cloud metadata"),
    ("192.0.2.0/24", "documentation"),
    ("192.31.196.0/24", "special service"),
    ("192.52.193.0/24", "special service"),
    ("192.88.99.0/24", "6to4 relay"),
    ("192.168.0.0/16", "private"),
    ("192.175.48.0/24", "special service"),
    ("198.18.0.0/15", "benchmarking"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved, broadcast"),
)
GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
DENIED_IPV6: tuple[tuple[str, str], ...] = (
    ("2001::/23", "protocol assignments, Teredo"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4, may wrap an inside address"),
    ("2620:4f:8000::/48", "special service"),
    ("3fff::/20", "documentation"),
)
_IPV4 = tuple((ipaddress.IPv4Network(block), why) for block, why in DENIED_IPV4)
_IPV6 = tuple((ipaddress.IPv6Network(block), why) for block, why in DENIED_IPV6)


def refusal(address: str) -> str | None:
    """Why this address must not be connected to, or None when it is an ordinary public one.

    Source: docs/explanation/outbound-requests.md
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "not an IP address"
    if isinstance(parsed, ipaddress.IPv4Address):
        return next((why for block, why in _IPV4 if parsed in block), None)
    if parsed.scope_id is not None:
        return "has a zone"
    # Wrapped IPv4 (::ffff:0:0/96, ::/96, 64:ff9b::/96) lies outside 2000::/3 and falls here too.
    if parsed not in GLOBAL_IPV6:
        return "not a global IPv6 address"
    return next((why for block, why in _IPV6 if parsed in block), None)
