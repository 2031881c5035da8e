"""The corpus of URLs and addresses that must not be called (F01)."""

from __future__ import annotations

import ipaddress
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.addresses import check_public_address, check_url
from schemas.errors import WarifuError

REFUSED_URLS = [
    "http://city.example/",
    "file:///etc/passwd",
    "ftp://city.example/",
    "data:text/plain,x",
    "javascript:alert(1)",
    "gopher://city.example/",
    "//city.example/",
    "/status/1.jwt",
    "",
    "https:",
    "https://",
    "https:///path",
    "https:city.example",
    "https:/city.example",
    "HTTPS://city.example/",
    " https://city.example/",
    "https://city.example/\n",
    "https://city.example/a b",
    "https://user@city.example/",
    "https://user:secret@city.example/",
    "https://city.example@127.0.0.1/",
    "https://127.0.0.1\\@city.example/",
    "https://city.example\\.evil.example/",
    "https://city.example#@evil.example/",
    "https://city.example/#fragment",
    "https://city.example:0/",
    "https://city.example:65536/",
    "https://city.example:0443/",
    "https://city.example:-1/",
    "https://city.example:4 43/",
    "https://city.example:/",
    "https://city.example:443:443/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.0.01/",
    "https://256.1.1.1/",
    "https://1.1.1.1.1/",
    "https://city.1/",
    "https://city.0x/",
    "https://city.example./",
    "https://.city.example/",
    "https://city..example/",
    "https://-city.example/",
    "https://city-.example/",
    "https://ci_ty.example/",
    "https://city%2eexample/",
    "https://割符.example/",
    "https://city。example/",
    "https://①②⑦.⓪.⓪.①/",
    "https://[fe80::1%25eth0]/",
    "https://[::1/",
    "https://::1/",
    "https://[::FFFF:1.2.3.4]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[v1.x]/",
    "https://city.example/%zz",
    "https://city.example/<x>",
    "https://city.example/" + "a" * 2048,
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 130 + "example/",
]

REFUSED_ADDRESSES = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.9",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2606:4700::1%1",
    "2130706433",
    "127.1",
    "",
    "localhost",
]


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_refused_url(url: str) -> None:
    with pytest.raises(WarifuError) as error:
        check_url(url)
    assert error.value.code == "fetch_refused"


@pytest.mark.parametrize(
    ("url", "host", "port", "origin"),
    [
        ("https://city.example", "city.example", 443, "https://city.example"),
        ("https://City.Example/status/1.jwt", "city.example", 443, "https://city.example"),
        ("https://city.example:8443/a?b=c&d=%E5%89%B2", "city.example", 8443, "https://city.example:8443"),
        ("https://xn--1lqs71d.example:443/", "xn--1lqs71d.example", 443, "https://xn--1lqs71d.example"),
        ("https://8.8.8.8/", "8.8.8.8", 443, "https://8.8.8.8"),
        ("https://[2606:4700::1111]:444/", "2606:4700::1111", 444, "https://[2606:4700::1111]:444"),
        ("https://localhost:1/", "localhost", 1, "https://localhost:1"),
        ("https://city.example/999997/.well-known/a-b_c~d!$&'()*+,;=:@", "city.example", 443, "https://city.example"),
    ],
)
def test_accepted_url(url: str, host: str, port: int, origin: str) -> None:
    target = check_url(url)
    assert (target.host, target.port, target.origin) == (host, port, origin)


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_refused_address(address: str) -> None:
    with pytest.raises(WarifuError) as error:
        check_public_address(address)
    assert error.value.code == "fetch_refused"


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.1",
        "223.255.255.255",
        "198.17.255.255",
        "198.20.0.0",
        "2606:4700::1111",
        "2001:200::1",
        "2a00:1450::1",
        "2400:cb00::1",
    ],
)
def test_public_address(address: str) -> None:
    check_public_address(address)


@given(st.ip_addresses())
def test_nothing_that_the_interpreter_calls_private_passes(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """One direction only: our table is the stricter of the two."""
    try:
        check_public_address(str(address))
    except WarifuError:
        return
    assert address.is_global
    assert not address.is_multicast


@given(st.text(max_size=40))
def test_no_text_raises_anything_else(text: str) -> None:
    for url in (text, f"https://{text}", f"https://city.example/{text}"):
        with suppress(WarifuError):
            assert check_url(url).host


def test_the_url_is_not_repeated_in_the_error() -> None:
    with pytest.raises(WarifuError) as error:
        check_url("https://yamada:secret@city.example/")
    assert "yamada" not in f"{error.value}{error.value.hint}"
