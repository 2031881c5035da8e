"""The reference to a list in a credential (threat rows E04, E06, E10)."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.formats.status_list import StatusReference
from tests.schemas.formats.status_list.material import URI, refusal


def test_a_reference_is_read_back_as_written() -> None:
    reference = StatusReference(URI, 7)
    assert reference.to_claim() == {"status_list": {"idx": 7, "uri": URI}}
    assert StatusReference.from_claim(reference.to_claim()["status_list"]) == reference


def test_members_of_other_versions_are_ignored() -> None:
    assert StatusReference.from_claim({"idx": 0, "uri": URI, "certificate": b"x"}) == StatusReference(URI, 0)


@pytest.mark.parametrize("claim", [None, [], [URI, 7], "x", 1, {}, {"idx": 1}, {"uri": URI}, {"status_list": {"idx": 1, "uri": URI}}])
def test_another_structure_is_refused(claim: Any) -> None:
    error = refusal(StatusReference.from_claim, claim)
    assert (error.code, error.layer) == ("bad_status_reference", "status")


@pytest.mark.parametrize("index", [-1, 2**32, 2**63, 2**64, True, False, 1.0, 0.5, float("nan"), "1", None, [1], {}])
def test_an_index_that_is_no_index_is_refused(index: Any) -> None:
    assert refusal(StatusReference.from_claim, {"idx": index, "uri": URI}).code == "bad_status_reference"


@pytest.mark.parametrize("index", [0, 1, 2**20, 2**32 - 1])
def test_every_possible_index_is_read(index: int) -> None:
    assert StatusReference.from_claim({"idx": index, "uri": URI}).index == index


@pytest.mark.parametrize(
    "uri",
    [
        "http://warifu.example/status/1",
        "HTTPS://warifu.example/status/1",
        "https://warifu.example/status/1?holder=7",
        "https://warifu.example/status/1?",
        "https://warifu.example/status/1#7",
        "https://warifu.example/status/1#",
        "https://holder7@warifu.example/status/1",
        "https://a:b@warifu.example/status/1",
        "https:///status/1",
        "https://",
        "https:warifu.example",
        "//warifu.example/status/1",
        "/status/1",
        "file:///etc/passwd",
        "https://warifu.example\\@evil.example/",
        "https://warifu.example/a b",
        "https://warifu.example/\n",
        "https://warifu.example/\x00",
        "https://warifu.example:port/1",
        "https://warifu.example:123456/1",
        "https://割符.example/status/1",
        "https://warifu.example/状態",
        "https://warifu.example/a/../b",
        "https://warifu.example/a/./b",
        "https://warifu.example/..",
        "https://warifu.example/%2e%2E/b",
        "https://-warifu.example/1",
        "https://[::1]/1",
        "https://warifu.example/" + "a" * 500,
        "",
        None,
        7,
        [URI],
        URI.encode(),
    ],
)
def test_an_address_that_is_no_plain_https_uri_is_refused(uri: Any) -> None:
    assert refusal(StatusReference.from_claim, {"idx": 1, "uri": uri}).code == "bad_status_reference"


@pytest.mark.parametrize(
    "uri",
    [
        "https://localhost:8443/999997/status/1.jwt",
        "https://example.com/statuslists/1",
        "https://warifu.example",
        "https://a.b/..c/d..",
        "https://a/%41",
    ],
)
def test_a_plain_https_uri_is_read(uri: str) -> None:
    assert StatusReference.from_claim({"idx": 1, "uri": uri}).uri == uri
