"""The holder's side: chosen items only, for the right credential and key."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest

from schemas.errors import WarifuError
from schemas.formats.mdoc import check_digests, parse_issuer_signed, present_device_response, select_items
from tests.schemas.formats.mdoc.samples import (
    COMMON,
    CREDENTIAL,
    DOC_TYPE,
    HOLDER,
    NAMESPACES,
    OTHER,
    SESSION,
    accepted,
    presented,
    sealed,
)


def refused(credential: bytes = CREDENTIAL, **changes: Any) -> str:
    arguments: dict[str, Any] = {
        "doc_type": DOC_TYPE,
        "elements": {COMMON: ["family_name"]},
        "session_transcript": SESSION,
        "device": HOLDER,
    }
    with pytest.raises(WarifuError) as caught:
        present_device_response(credential, **(arguments | changes))
    return caught.value.code


def test_nothing_but_the_chosen_leaves() -> None:
    response = presented(elements={COMMON: ["given_name"]})
    assert accepted(response) == {COMMON: {"given_name": "花子"}}
    assert "渡邉".encode() not in response
    assert b"former_names" not in response


def test_nothing_chosen_leaves_no_namespace() -> None:
    for elements in ({}, {COMMON: []}):
        response = presented(elements=elements)
        assert accepted(response) == {}
        assert "nameSpaces" not in cbor2.loads(response)["documents"][0]["issuerSigned"]


def test_items_keep_their_very_bytes() -> None:
    chosen = select_items(CREDENTIAL, NAMESPACES)
    assert chosen == CREDENTIAL


def test_the_response_is_written_with_shortest_lengths() -> None:
    response = presented()
    assert cbor2.dumps(cbor2.loads(response)) == response


def test_an_element_that_the_credential_does_not_hold_is_refused() -> None:
    assert refused(elements={COMMON: ["family_name", "shoe_size"]}) == "claim_not_available"
    assert refused(elements={"other": ["family_name"]}) == "claim_not_available"


def test_another_type_or_key_is_refused() -> None:
    assert refused(doc_type="example.catalogue.basic_four.1") == "doc_type_mismatch"
    assert refused(device=OTHER) == "holder_key_mismatch"
    assert refused(sealed(device_key=OTHER.public_key)) == "holder_key_mismatch"


def test_selected_items_read_back() -> None:
    selected = parse_issuer_signed(select_items(CREDENTIAL, {COMMON: ["birth_date"]}))
    assert check_digests(selected) == {COMMON: {"birth_date": NAMESPACES[COMMON]["birth_date"]}}
