"""The messages between front and inner side: what is written is read back, and nothing undefined passes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json
from schemas.formats.jose import public_jwk
from schemas.messages.jobs import (
    EncryptedResponse,
    IssuanceJob,
    JobError,
    OfferRegistration,
    TxCodeRule,
    check_identifier,
    hash_code,
    hash_tx_code,
    jobs_to_json,
    new_identifier,
    parse_jobs,
    parse_offer_registration,
    parse_result,
    result_to_json,
    tx_code_matches,
)
from schemas.messages.openid4vci import IssuedCredentials, ResponseEncryption
from tests.world import AT, signer_for

RULE = TxCodeRule(hash_tx_code("123456", salt=b"s" * 16), 6)
OFFER = OfferRegistration(("a", "b"), hash_code("code"), AT, "h" * 22, RULE)
KEY = {**public_jwk(signer_for("wallet encryption").public_key), "alg": "ECDH-ES", "use": "enc", "kid": "1"}
JOB = IssuanceJob("j" * 22, "h" * 22, "a", ("p1", "p2"), "https://x/1", "n", "k" * 43, AT, "o" * 22, ResponseEncryption(KEY, "A256GCM"))


@pytest.mark.parametrize("offer", [OFFER, replace(OFFER, tx_code=None), replace(OFFER, tx_code=replace(RULE, input_mode="text"))])
def test_offers_are_read_as_written(offer: OfferRegistration) -> None:
    assert parse_offer_registration(dump_json(offer.to_json())) == offer


@pytest.mark.parametrize("job", [JOB, replace(JOB, response_encryption=None)])
def test_jobs_are_read_as_written(job: IssuanceJob) -> None:
    assert parse_jobs(dump_json(jobs_to_json([job, job]))) == (job, job)


@pytest.mark.parametrize(
    "result",
    [
        IssuedCredentials(("a", "b"), "n"),
        IssuedCredentials(("a",)),
        EncryptedResponse("a.b.c.d.e"),
        JobError("credential_request_denied", "この証明書はこの方法では交付できません。"),
        JobError("invalid_proof"),
    ],
)
def test_results_are_read_as_written(result: Any) -> None:
    assert parse_result(dump_json(result_to_json(result))) == result


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "何某"},
        {"configuration_ids": []},
        {"configuration_ids": ["a", "a"]},
        {"configuration_ids": "a"},
        {"code_hash": "AA"},
        {"code_hash": None},
        {"subject_handle": ""},
        {"subject_handle": "../../etc/passwd"},
        {"subject_handle": "割符" * 10},
        {"expires_at": "tomorrow"},
        {"expires_at": -1},
        {"expires_at": 10**15},
        {"expires_at": True},
        {"tx_code": {}},
        {"tx_code": {"hash": "123456", "length": 6, "input_mode": "numeric"}},
        {"tx_code": {"hash": RULE.hash, "length": 6, "input_mode": "voice"}},
        {"tx_code": {"hash": RULE.hash, "length": 0, "input_mode": "text"}},
        {"tx_code": {"hash": RULE.hash, "length": 6, "input_mode": "text", "clear": "123456"}},
    ],
)
def test_offers_that_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(WarifuError):
        parse_offer_registration(dump_json(OFFER.to_json() | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"record": {"name": "何某"}},
        {"job_id": "short"},
        {"proofs": []},
        {"proofs": ["p"] * 21},
        {"proofs": [1]},
        {"received_at": None},
        {"idempotency_key": ""},
        {"response_encryption": {"jwk": KEY, "enc": "A128CBC-HS256"}},
        {"response_encryption": {"jwk": {**KEY, "d": "AA"}, "enc": "A128GCM"}},
    ],
)
def test_jobs_that_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(WarifuError):
        parse_jobs(dump_json({"jobs": [JOB.to_json() | changes]}))


@pytest.mark.parametrize("member", sorted(JOB.to_json().keys() - {"response_encryption"}))
def test_a_job_lacks_nothing(member: str) -> None:
    body = JOB.to_json()
    del body[member]
    with pytest.raises(WarifuError):
        parse_jobs(dump_json({"jobs": [body]}))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"response": {"credentials": []}},
        {"response": {"credentials": [{"credential": ""}]}},
        {"response": {"credentials": [{"credential": "a"}]}, "encrypted_response": "x"},
        {"response": {"credentials": [{"credential": "a"}], "c_nonce": "n"}},
        {"response": {"credentials": [{"credential": "a"}] * 21}},
        {"encrypted_response": 5},
        {"error": {"code": "internal detail"}},
        {"error": {"code": "invalid_proof", "trace": "x"}},
        {"other": 1},
    ],
)
def test_results_that_are_refused(body: dict[str, Any]) -> None:
    with pytest.raises(WarifuError):
        parse_result(dump_json(body))


def test_a_transaction_code_matches_its_hash_alone() -> None:
    assert tx_code_matches("123456", RULE.hash)
    assert not tx_code_matches("123457", RULE.hash)
    assert not tx_code_matches("", RULE.hash)
    assert hash_tx_code("123456", salt=b"t" * 16) != RULE.hash


@pytest.mark.parametrize("stored", ["", "scrypt$30$8$1$AAAAAAAAAAAAAAAAAAAAAA$" + "A" * 43, "plain$123456", RULE.hash + "A"])
def test_a_hash_that_cannot_be_read_is_no_match(stored: str) -> None:
    with pytest.raises(WarifuError) as caught:
        tx_code_matches("123456", stored)
    assert caught.value.code == "bad_tx_code_hash"


def test_the_hash_of_a_transaction_code_does_not_hold_it() -> None:
    assert "123456" not in RULE.hash


@given(st.binary(min_size=16, max_size=64))
def test_identifiers_can_stand_in_paths(random: bytes) -> None:
    assert check_identifier(new_identifier(random)) == new_identifier(random)


def test_identifiers_need_randomness() -> None:
    with pytest.raises(WarifuError) as caught:
        new_identifier(b"short")
    assert caught.value.code == "identifier_too_short"


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_our_error(data: bytes) -> None:
    for parse in (parse_offer_registration, parse_jobs, parse_result):
        with pytest.raises(WarifuError):
            parse(data)
