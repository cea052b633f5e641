"""The deny list, address by address."""

import ipaddress

import pytest

from touchstone.net import refusal
from touchstone.net.addresses import DENIED_IPV4, DENIED_IPV6

# Python 3.11's `is_global` passes these; each leads back inside.
PASSED_BY_THE_STANDARD_LIBRARY = [
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "::127.0.0.1",
    "fec0::1",
    "5f00::1",
    "224.0.0.1",
    "192.0.0.192",
    "168.63.129.16",
]


@pytest.mark.parametrize("address", PASSED_BY_THE_STANDARD_LIBRARY)
def test_an_address_the_standard_library_lets_through_is_refused(address: str) -> None:
    assert refusal(address)


@pytest.mark.parametrize("block", [block for block, _ in DENIED_IPV4 + DENIED_IPV6])
def test_first_and_last_address_of_every_denied_block_are_refused(block: str) -> None:
    network = ipaddress.ip_network(block)
    assert refusal(str(network[0]))
    assert refusal(str(network[-1]))


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2001:4860:4860::8888",
        "2a00:1450::1",
        "2001:200::1",
        "2003::1",
    ],
)
def test_a_public_address_beside_a_denied_block_passes(address: str) -> None:
    assert refusal(address) is None


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "2130706433", "0x7f000001", "1.2.3.4/8", "fe80::1%eth0"])
def test_anything_but_a_plain_public_address_is_refused(text: str) -> None:
    assert refusal(text)


@pytest.mark.parametrize("low", ["::", "::1", "::ffff:8.8.8.8", "100::1", "fc00::1", "fd00::2", "fe80::1", "ff02::1"])
def test_ipv6_outside_global_unicast_is_refused(low: str) -> None:
    assert refusal(low)
