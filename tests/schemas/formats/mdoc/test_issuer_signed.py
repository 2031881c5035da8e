"""IssuerSigned and mobile security object as read: what must never pass (threat rows B01, B05, B10 and the parser)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import cbor2
import pytest

from schemas.errors import WarifuError
from schemas.formats.cbor import CBORTag
from schemas.formats.cose import verify_sign1
from schemas.formats.mdoc import check_digests, parse_issuer_signed
from tests.schemas.formats.mdoc.samples import (
    COMMON,
    CREDENTIAL,
    ISSUER,
    NAMESPACES,
    NATIONAL,
    accepted,
    items_of,
    presented,
    refused,
    resigned,
    tampered,
    with_item,
)
from tests.schemas.formats.test_cbor import longer


def code_of(data: bytes) -> str:
    """Return the code with which reading or checking ``data`` is refused."""
    with pytest.raises(WarifuError) as caught:
        read_and_check(data)
    return caught.value.code


def read_and_check(data: bytes) -> dict[str, dict[str, Any]]:
    parsed = parse_issuer_signed(data)
    verify_sign1(parsed.issuer_auth, ISSUER.public_key)
    return check_digests(parsed)


@pytest.mark.parametrize(
    "change",
    [{"elementValue": "別人"}, {"elementValue": None}, {"elementIdentifier": "given_name_x"}, {"random": bytes(32)}],
    ids=["value", "null", "identifier", "random"],
)
def test_an_altered_item_is_refused(change: dict[str, Any]) -> None:
    assert refused(tampered(lambda document: with_item(document, **change))) == "digest_mismatch"


def test_an_item_of_another_digest_id_is_refused() -> None:
    def move(document: dict[str, Any]) -> None:
        other = cbor2.loads(items_of(document)[1].value)["digestID"]
        del items_of(document)[1]
        with_item(document, digestID=other)

    assert refused(tampered(move)) == "digest_mismatch"


def test_an_item_that_the_issuer_signed_no_digest_for_is_refused() -> None:
    assert refused(tampered(lambda document: with_item(document, digestID=1000))) == "digest_missing"


def test_an_item_in_another_namespace_is_refused() -> None:
    def move(document: dict[str, Any]) -> None:
        item = items_of(document).pop()
        items_of(document, NATIONAL).append(item)

    assert refused(tampered(move)) in {"digest_mismatch", "digest_missing", "duplicate_item"}


def test_an_unknown_namespace_is_refused() -> None:
    def move(document: dict[str, Any]) -> None:
        document["issuerSigned"]["nameSpaces"]["forged.1"] = [items_of(document).pop()]

    assert refused(tampered(move)) == "digest_missing"


def test_an_item_presented_twice_is_refused() -> None:
    def double(document: dict[str, Any]) -> None:
        items_of(document).append(items_of(document)[0])

    assert refused(tampered(double)) == "duplicate_item"


def test_an_element_given_twice_is_refused() -> None:
    """Even where the issuer itself signed both."""
    forged = CBORTag(24, cbor2.dumps({"digestID": 99, "random": bytes(32), "elementIdentifier": "family_name", "elementValue": "別"}))
    issuer_signed = cbor2.loads(CREDENTIAL)
    issuer_signed["nameSpaces"][COMMON].append(forged)

    def add(mso: dict[str, Any]) -> None:
        mso["valueDigests"][COMMON][99] = hashlib.sha256(cbor2.dumps(forged)).digest()

    assert code_of(resigned(add, cbor2.dumps(issuer_signed))) == "duplicate_item"


def test_digests_cover_the_bytes_as_received() -> None:
    """The same content in a longer spelling is another item, unless that is what the issuer hashed."""

    def widen(document: dict[str, Any]) -> None:
        item = items_of(document)[0]
        items_of(document)[0] = CBORTag(24, longer(cbor2.loads(item.value)))

    assert refused(tampered(widen)) == "digest_mismatch"


def test_longer_heads_around_an_item_are_hashed_as_received() -> None:
    raw = b"\xd9\x00\x18\x59" + len(item := cbor2.loads(CREDENTIAL)["nameSpaces"][COMMON][0].value).to_bytes(2, "big") + item
    short = cbor2.dumps(CBORTag(24, item))
    assert code_of(CREDENTIAL.replace(short, raw)) == "digest_mismatch"

    def change(mso: dict[str, Any]) -> None:
        digests = mso["valueDigests"][COMMON]
        digests[cbor2.loads(item)["digestID"]] = hashlib.sha256(raw).digest()

    credential = resigned(change).replace(short, raw)
    assert read_and_check(credential) == NAMESPACES
    assert accepted(presented(credential, NAMESPACES)) == NAMESPACES
    assert code_of(resigned(change)) == "digest_mismatch"


@pytest.mark.parametrize("name", ["SHA-512", "SHA-384", "MD5", "sha-256", "", None, -16])
def test_other_digest_algorithms_are_refused(name: Any) -> None:
    assert code_of(resigned(lambda mso: mso.update(digestAlgorithm=name))) == "digest_algorithm_not_allowed"


@pytest.mark.parametrize("size", [0, 16, 20, 31, 33, 48, 64])
def test_digests_of_another_length_are_refused(size: int) -> None:
    assert code_of(resigned(lambda mso: mso["valueDigests"][COMMON].update({0: bytes(size)}))) == "bad_mso"


def test_lengths_that_are_right_on_average_match_nothing() -> None:
    def change(mso: dict[str, Any]) -> None:
        first, second = list(mso["valueDigests"][COMMON])[:2]
        mso["valueDigests"][COMMON] |= {first: bytes(31), second: bytes(33)}

    def both(mso: dict[str, Any]) -> None:
        for namespace, digests in mso["valueDigests"].items():
            mso["valueDigests"][namespace] = {index: bytes(31 + index % 2 * 2) for index in range(len(digests) // 2 * 2)}

    assert code_of(resigned(change)) in {"digest_mismatch", "bad_mso"}
    assert code_of(resigned(both)) in {"digest_mismatch", "digest_missing"}


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    "change",
    [
        lambda mso: mso.pop("docType"),
        lambda mso: mso.update(docType=b"x"),
        lambda mso: mso.pop("valueDigests"),
        lambda mso: mso.update(valueDigests={}),
        lambda mso: mso.update(valueDigests=[]),
        lambda mso: mso["valueDigests"].update({COMMON: {}}),
        lambda mso: mso["valueDigests"].update({COMMON: []}),
        lambda mso: mso["valueDigests"].update({1: {0: bytes(32)}}),
        lambda mso: mso["valueDigests"][COMMON].update({0: "x" * 32}),
        lambda mso: mso["valueDigests"][COMMON].update({0: [0] * 32}),
        lambda mso: mso["valueDigests"][COMMON].update({0: None}),
        lambda mso: mso.pop("deviceKeyInfo"),
        lambda mso: mso.update(deviceKeyInfo=[]),
        lambda mso: mso.pop("validityInfo"),
        lambda mso: mso.update(validityInfo=[]),
        lambda mso: mso["validityInfo"].pop("signed"),
        lambda mso: mso["validityInfo"].pop("validFrom"),
        lambda mso: mso["validityInfo"].pop("validUntil"),
        lambda mso: mso["validityInfo"].update(validUntil="2030-01-01T00:00:00Z"),
        lambda mso: mso["validityInfo"].update(validUntil=4_000_000_000),
        lambda mso: mso["validityInfo"].update(validUntil=datetime(2030, 1, 1, tzinfo=UTC).date()),
        lambda mso: mso["validityInfo"].update(expectedUpdate="soon"),
        lambda mso: mso["deviceKeyInfo"].update(keyAuthorizations=[]),
        lambda mso: mso["deviceKeyInfo"].update(keyAuthorizations={"nameSpaces": "all"}),
        lambda mso: mso["deviceKeyInfo"].update(keyAuthorizations={"dataElements": ["a"]}),
        lambda mso: mso["deviceKeyInfo"].update(keyAuthorizations={"dataElements": {"a": [1]}}),
    ],
)
def test_mobile_security_objects_of_other_structure_are_refused(change: Change) -> None:
    assert code_of(resigned(change)) == "bad_mso"


@pytest.mark.parametrize("version", [None, "1.1", "2.0", 1, 1.0, ""])
def test_other_versions_are_refused(version: Any) -> None:
    assert code_of(resigned(lambda mso: mso.update(version=version))) == "mdoc_version_not_supported"


def test_a_device_key_that_is_none_is_refused() -> None:
    assert code_of(resigned(lambda mso: mso["deviceKeyInfo"].pop("deviceKey"))) == "bad_cose_key"


@pytest.mark.parametrize("where", ["mso", "keyInfo", "validity", "digests", "status"])
def test_what_is_not_used_is_looked_at_all_the_same(where: str) -> None:
    def change(mso: dict[str, Any]) -> None:
        places: dict[str, dict[Any, Any]] = {
            "mso": mso, "keyInfo": mso["deviceKeyInfo"], "validity": mso["validityInfo"], "digests": mso["valueDigests"][COMMON],
            "status": mso["status"],
        }  # fmt: skip
        key: Any = "later" if where != "digests" else 1.5
        places[where][key] = 1.5 if where != "digests" else bytes(32)

    assert code_of(resigned(change)) in {"cbor_value_not_allowed", "cbor_key_not_allowed"}


def test_members_of_later_editions_are_tolerated() -> None:
    parsed = parse_issuer_signed(resigned(lambda mso: mso.update(later={"a": [1, "b"]}) or mso["deviceKeyInfo"].update(keyInfo={-1: b"x"})))
    assert check_digests(parsed) == NAMESPACES


Structure = Callable[[dict[Any, Any]], object]


def restructured(change: Structure) -> bytes:
    issuer_signed = cbor2.loads(CREDENTIAL)
    change(issuer_signed)
    return cbor2.dumps(issuer_signed)


def item(**changes: Any) -> CBORTag:
    members = {"digestID": 0, "random": bytes(32), "elementIdentifier": "a", "elementValue": "b"} | changes
    return CBORTag(24, cbor2.dumps({name: value for name, value in members.items() if value is not ...}))


@pytest.mark.parametrize(
    "change",
    [
        lambda signed: signed.pop("issuerAuth"),
        lambda signed: signed.update(extra=1),
        lambda signed: signed.update({1: 1}),
        lambda signed: signed.update(nameSpaces=[]),
        lambda signed: signed.update(nameSpaces=None),
        lambda signed: signed["nameSpaces"].update({COMMON: []}),
        lambda signed: signed["nameSpaces"].update({COMMON: {}}),
        lambda signed: signed["nameSpaces"].update({1: [item()]}),
        lambda signed: signed["nameSpaces"].update({COMMON: [item(extra=1)]}),
        lambda signed: signed["nameSpaces"].update({COMMON: [item(random=...)]}),
        lambda signed: signed["nameSpaces"].update({COMMON: [item(digestID=-1)]}),
        lambda signed: signed["nameSpaces"].update({COMMON: [item(digestID="0")]}),
        lambda signed: signed["nameSpaces"].update({COMMON: [item(digestID=True)]}),
        lambda signed: signed["nameSpaces"].update({COMMON: [item(random="x" * 32)]}),
        lambda signed: signed["nameSpaces"].update({COMMON: [item(elementIdentifier=1)]}),
        lambda signed: signed["nameSpaces"].update({COMMON: [CBORTag(24, b"\x80")]}),
        lambda signed: signed["issuerAuth"].__setitem__(2, None),
    ],
)
def test_other_structures_are_refused(change: Structure) -> None:
    assert code_of(restructured(change)) == "bad_issuer_signed"


@pytest.mark.parametrize("member", [{}, b"\xa0", CBORTag(24, "x"), CBORTag(18, []), None])
def test_items_that_are_not_encoded_are_refused(member: Any) -> None:
    assert code_of(restructured(lambda signed: signed["nameSpaces"].update({COMMON: [member]}))) == "bad_cbor"


@pytest.mark.parametrize("size", [0, 8, 15])
def test_short_randoms_are_refused(size: int) -> None:
    assert code_of(restructured(lambda signed: signed["nameSpaces"].update({COMMON: [item(random=bytes(size))]}))) == "random_too_short"


@pytest.mark.parametrize("value", [1.5, [1.5], {"a": float("nan")}, {True: 1}, CBORTag(1, 0), [CBORTag(35, "a")]])
def test_values_of_other_kinds_are_refused(value: Any) -> None:
    code = code_of(restructured(lambda signed: signed["nameSpaces"].update({COMMON: [item(elementValue=value)]})))
    assert code in {"cbor_value_not_allowed", "cbor_key_not_allowed", "cbor_tag_not_allowed"}


@pytest.mark.parametrize("payload", [b"", b"\x80", b"\xd8\x18\x40", b"\xd8\x18\x41\x80", b"\xa0", b"\xd8\x18\x41\xa0\x00"])
def test_payloads_that_are_no_security_object_are_refused(payload: bytes) -> None:
    assert code_of(restructured(lambda signed: signed["issuerAuth"].__setitem__(2, payload))) in {
        "bad_cbor", "bad_mso", "cbor_trailing_bytes", "mdoc_version_not_supported",
    }  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xf6", b"\xa0", b"x" * 300])
def test_what_is_no_mdoc_is_refused(data: bytes) -> None:
    assert code_of(data) in {"bad_cbor", "bad_issuer_signed", "cbor_trailing_bytes"}
