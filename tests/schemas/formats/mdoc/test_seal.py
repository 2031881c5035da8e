"""What the issuer writes: items, digests with decoys, the mobile security object (threat row B18 among others)."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import WarifuError
from schemas.formats.cbor import cbor_decode, embedded_content, split_array, split_map
from schemas.formats.cose import chain_of, cose_key, parse_sign1, verify_sign1
from schemas.formats.mdoc import ValidityInfo, check_digests, parse_issuer_signed
from tests.schemas.formats.mdoc.samples import (
    CHAIN,
    COMMON,
    CREDENTIAL,
    DOC_TYPE,
    HOLDER,
    ISSUER,
    NAMESPACES,
    NATIONAL,
    OTHER,
    STATUS,
    VALIDITY,
    randoms,
    sealed,
)


def mso_of(credential: bytes) -> dict[str, Any]:
    """The mobile security object, read by cbor2 alone."""
    mso: dict[str, Any] = cbor2.loads(cbor2.loads(cbor2.loads(credential)["issuerAuth"][2]).value)
    return mso


def refused(**changes: Any) -> str:
    with pytest.raises(WarifuError) as caught:
        sealed(**changes)
    return caught.value.code


def test_the_credential_reads_back_with_every_digest_right() -> None:
    parsed = parse_issuer_signed(CREDENTIAL)
    verify_sign1(parsed.issuer_auth, ISSUER.public_key)
    assert check_digests(parsed) == NAMESPACES
    assert parsed.chain_der == CHAIN
    assert parsed.mso.doc_type == DOC_TYPE
    assert parsed.mso.device_key == HOLDER.public_key
    assert parsed.mso.validity == VALIDITY
    assert parsed.mso.status == {"status_list": {"idx": STATUS.index, "uri": STATUS.uri}}
    assert parsed.mso.key_authorizations.namespaces == frozenset()


def test_an_independent_reader_sees_the_structure_of_the_standard() -> None:
    issuer_signed = cbor2.loads(CREDENTIAL)
    assert list(issuer_signed) == ["nameSpaces", "issuerAuth"]
    protected, unprotected, payload, signature = issuer_signed["issuerAuth"]
    assert (protected, unprotected, len(signature)) == (b"\xa1\x01\x26", {33: list(CHAIN)}, 64)
    assert cbor2.loads(payload).tag == 24
    mso = mso_of(CREDENTIAL)
    assert list(mso) == ["version", "digestAlgorithm", "valueDigests", "deviceKeyInfo", "docType", "validityInfo", "status"]
    assert (mso["version"], mso["digestAlgorithm"], mso["docType"]) == ("1.0", "SHA-256", DOC_TYPE)
    assert mso["deviceKeyInfo"] == {"deviceKey": cose_key(HOLDER.public_key)}
    for namespace, raw_items in split_map(split_map(CREDENTIAL)["nameSpaces"]).items():
        for raw in split_array(raw_items):
            item = cbor2.loads(cbor2.loads(raw).value)
            assert list(item) == ["digestID", "random", "elementIdentifier", "elementValue"]
            assert mso["valueDigests"][namespace][item["digestID"]] == hashlib.sha256(raw).digest()


def test_what_cbor2_writes_of_the_same_content_is_the_same() -> None:
    assert cbor2.dumps(cbor2.loads(CREDENTIAL)) == CREDENTIAL
    mso = embedded_content(cbor_decode(cbor2.loads(CREDENTIAL)["issuerAuth"][2]))
    assert cbor2.dumps(cbor2.loads(mso)) == mso


def test_every_namespace_holds_its_fixed_number_of_digests() -> None:
    digests = mso_of(CREDENTIAL)["valueDigests"]
    assert {namespace: list(ids) for namespace, ids in digests.items()} == {COMMON: list(range(8)), NATIONAL: list(range(5))}
    fewer = sealed({COMMON: {"family_name": "渡邉"}, NATIONAL: NAMESPACES[NATIONAL]})
    assert {namespace: len(ids) for namespace, ids in mso_of(fewer)["valueDigests"].items()} == {COMMON: 8, NATIONAL: 5}
    without = mso_of(sealed(digest_counts={}))["valueDigests"]
    assert {namespace: len(ids) for namespace, ids in without.items()} == {COMMON: 4, NATIONAL: 3}


def test_no_random_of_an_item_stands_among_the_digests() -> None:
    parsed = parse_issuer_signed(CREDENTIAL)
    digests = [digest for ids in parsed.mso.value_digests.values() for digest in ids.values()]
    assert len(set(digests)) == 13
    assert not {item.random for items in parsed.namespaces.values() for item in items} & set(digests)


def test_digest_ids_tell_nothing_of_order_or_decoys() -> None:
    """Over many credentials, each element takes each digest id about equally often."""
    seen = {name: Counter[int]() for name in NAMESPACES[COMMON]}
    for seed in range(400):
        for item in parse_issuer_signed(sealed(randoms=randoms(str(seed)))).namespaces[COMMON]:
            seen[item.element_identifier][item.digest_id] += 1
    for counted in seen.values():
        assert set(counted) == set(range(8))
        assert all(20 <= times <= 90 for times in counted.values())  # 50 expected, 6.6 standard deviation


def test_randoms_are_32_bytes_and_differ() -> None:
    items = [item for listed in parse_issuer_signed(CREDENTIAL).namespaces.values() for item in listed]
    assert {len(item.random) for item in items} == {32}
    assert len({item.random for item in items}) == len(items)


def test_two_credentials_of_the_same_content_share_no_digest() -> None:
    one, two = (set(mso_of(sealed(randoms=randoms(seed)))["valueDigests"][COMMON].values()) for seed in ("one", "two"))
    assert not one & two


@pytest.mark.parametrize(
    "bad",
    [
        lambda: iter([b"x" * 32] * 50),
        lambda: iter([bytes([n]) * 31 for n in range(50)]),
        lambda: iter([bytes([n]) * 32 for n in range(5)]),
        lambda: iter([]),
    ],
    ids=["repeated", "short", "too few", "none"],
)
def test_a_bad_source_of_randoms_is_refused(bad: Any) -> None:
    assert refused(randoms=bad()) == "bad_random"


def test_more_elements_than_digests_are_refused() -> None:
    assert refused(digest_counts={COMMON: 3}) == "digest_count_too_small"
    assert refused(namespaces={COMMON: {}}, digest_counts={}) == "digest_count_too_small"


def test_a_namespace_without_elements_is_all_decoys() -> None:
    """Who has no item of a namespace looks in the security object like one who has."""
    credential = sealed({COMMON: NAMESPACES[COMMON]})
    assert {namespace: len(ids) for namespace, ids in mso_of(credential)["valueDigests"].items()} == {COMMON: 8, NATIONAL: 5}
    assert check_digests(parse_issuer_signed(credential)) == {COMMON: NAMESPACES[COMMON]}


def test_what_cannot_be_written_is_refused() -> None:
    for value in (object(), "\ud800", datetime(2026, 1, 1)):  # noqa: DTZ001
        assert refused(namespaces={COMMON: {"family_name": value}}) == "cbor_not_encodable"


def test_many_elements_and_long_values() -> None:
    elements = {f"element_{index}": "長" * index for index in range(300)}
    assert check_digests(parse_issuer_signed(sealed({COMMON: elements}, digest_counts={COMMON: 400}))) == {COMMON: elements}


def test_values_keep_their_kinds() -> None:
    elements = {
        "text": "氏名󠄁", "day": date(1989, 1, 7), "flag": False, "number": 10**12, "negative": -5, "image": bytes(400),
        "at": datetime(2026, 4, 1, 3, 4, 5, tzinfo=UTC), "list": ["a", {"b": 1}], "nothing": None,
    }  # fmt: skip
    claims = check_digests(parse_issuer_signed(sealed({COMMON: elements}, digest_counts={})))[COMMON]
    assert claims == elements
    assert {name: type(value) for name, value in claims.items()} == {name: type(value) for name, value in elements.items()}


def test_times_are_written_in_utc_without_fractions() -> None:
    tokyo = timezone(timedelta(hours=9))
    at = datetime(2026, 4, 1, 9, 0, 0, 123_456, tzinfo=tokyo)
    validity = ValidityInfo(at, at, at + timedelta(days=14), at + timedelta(days=7))
    credential = sealed(validity=validity)
    for text in (b"\xc0\x742026-04-01T00:00:00Z", b"\xc0\x742026-04-15T00:00:00Z", b"\x6eexpectedUpdate\xc0\x742026-04-08T00:00:00Z"):
        assert text in credential
    read = parse_issuer_signed(credential).mso.validity
    assert read.expected_update == datetime(2026, 4, 8, tzinfo=UTC)


def test_a_credential_without_status_says_nothing_of_one() -> None:
    parsed = parse_issuer_signed(sealed(status=None))
    assert parsed.mso.status is None
    verify_sign1(parsed.issuer_auth, ISSUER.public_key)


def test_one_certificate_is_written_as_byte_string() -> None:
    auth = cbor2.loads(sealed(chain_der=CHAIN[:1]))["issuerAuth"]
    assert auth[1] == {33: CHAIN[0]}
    assert chain_of(parse_sign1(auth)) == CHAIN[:1]


@dataclass(frozen=True)
class LongSigner:
    """A key store that answers with a signature of another form."""

    public_key = OTHER.public_key

    def sign(self, message: bytes) -> bytes:
        return bytes(70)


def test_a_signature_of_another_form_is_not_hidden() -> None:
    parsed = parse_issuer_signed(sealed(signer=LongSigner()))
    with pytest.raises(WarifuError) as caught:
        verify_sign1(parsed.issuer_auth, OTHER.public_key)
    assert caught.value.code == "bad_signature"


@given(
    st.dictionaries(
        st.text(max_size=12), st.text(max_size=40) | st.integers(-(2**63), 2**63) | st.booleans() | st.dates(), min_size=1, max_size=8
    )
)
def test_any_elements_read_back(elements: dict[str, Any]) -> None:
    parsed = parse_issuer_signed(sealed({COMMON: elements}))
    verify_sign1(parsed.issuer_auth, ISSUER.public_key)
    assert check_digests(parsed) == {COMMON: elements}
