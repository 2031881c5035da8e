"""Properties over the sample: any subset round-trips and shows exactly itself; any flipped bit is refused (B01)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import WarifuError
from schemas.formats.cose import verify_sign1
from schemas.formats.mdoc import check_digests, parse_device_response, parse_issuer_signed
from tests.schemas.formats.mdoc.samples import CHAIN, CREDENTIAL, ISSUER, NAMESPACES, PRESENTED, accepted, presented, refused

SUBSETS = st.fixed_dictionaries({namespace: st.sets(st.sampled_from(sorted(elements))) for namespace, elements in NAMESPACES.items()})


@given(SUBSETS)
def test_any_subset_shows_exactly_itself(chosen: dict[str, set[str]]) -> None:
    claims = accepted(presented(elements=chosen))
    assert claims == {namespace: {name: NAMESPACES[namespace][name] for name in names} for namespace, names in chosen.items() if names}


def test_every_flipped_byte_of_a_presentation_is_refused() -> None:
    for position in range(len(PRESENTED)):
        for mask in (0x01, 0x20, 0xFF):
            changed = bytearray(PRESENTED)
            changed[position] ^= mask
            assert refused(bytes(changed))


@given(st.integers(0, len(PRESENTED) * 8 - 1))
def test_any_flipped_bit_of_a_presentation_is_refused(bit: int) -> None:
    changed = bytearray(PRESENTED)
    changed[bit // 8] ^= 1 << bit % 8
    assert refused(bytes(changed))


def test_every_flipped_byte_of_a_credential_is_refused() -> None:
    for position in range(len(CREDENTIAL)):
        changed = bytearray(CREDENTIAL)
        changed[position] ^= 0x01
        try:
            parsed = parse_issuer_signed(bytes(changed))
            verify_sign1(parsed.issuer_auth, ISSUER.public_key)
            check_digests(parsed)
        except WarifuError:
            continue
        assert parsed.chain_der != CHAIN, position  # only the unsigned certificates are left, and they are checked against an anchor


@given(st.integers(0, len(PRESENTED)), st.integers(0, 40), st.binary(max_size=40))
def test_cut_and_spliced_responses_are_refused(start: int, length: int, insert: bytes) -> None:
    changed = PRESENTED[:start] + insert + PRESENTED[start + length :]
    if changed != PRESENTED:
        assert refused(changed)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_with_a_typed_error(data: bytes) -> None:
    for parse in (parse_device_response, parse_issuer_signed):
        try:
            parse(data)
        except WarifuError:
            continue
        raise AssertionError("arbitrary bytes were read")
