"""What a front that was taken over can and cannot get out of the inner side (threats C13, C15)."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta

import pytest

from issuer.municipality.credentials.cycle import CLOCK_SKEW, JOB_LIFE, issue
from runtime.signers import generate_signer
from schemas.errors import WarifuError
from schemas.formats.jose import public_jwk
from schemas.formats.sdjwt import parse_sd_jwt
from schemas.messages.key_proof import build_key_proof
from tests.issuer.municipality.conftest import InnerSide
from tests.issuer.municipality.credentials.reservations import states

OTHER = "https://tonari.example/999989"


def test_proofs_that_a_wallet_made_for_another_issuer_are_refused(inner: InnerSide) -> None:
    nonce = secrets.token_urlsafe(16)
    proof = build_key_proof(generate_signer(), audience=OTHER, nonce=nonce, iat=inner.at)
    job = replace(inner.job(inner.handle("P-01"), "basic-four-sd-jwt"), proofs=(proof,), nonce=nonce, audience=OTHER)
    with pytest.raises(WarifuError) as refusal:
        issue(inner.workshop, job, at=inner.at)
    assert refusal.value.code == "wrong_audience"
    assert states(inner) == []


def test_a_request_is_as_old_as_a_deferred_one_can_be_and_not_older(inner: InnerSide) -> None:
    job = inner.job(inner.handle("P-01"), "basic-four-sd-jwt", copies=1)
    for late in (JOB_LIFE + timedelta(seconds=1), -CLOCK_SKEW - timedelta(seconds=1)):
        with pytest.raises(WarifuError) as refusal:
            issue(inner.workshop, job, at=inner.at + late)
        assert refusal.value.code == "invalid_proof"
    assert states(inner) == []
    issue(inner.workshop, job, at=inner.at + JOB_LIFE)


def test_another_handle_and_another_configuration_than_were_offered_yield_nothing(inner: InnerSide) -> None:
    handle = inner.handle("P-01", configurations=["basic-four-mdoc"])
    for job in (inner.job(handle, "resident-record-sd-jwt"), inner.job(secrets.token_urlsafe(24), "basic-four-mdoc")):
        with pytest.raises(WarifuError):
            issue(inner.workshop, job, at=inner.at)
    assert states(inner) == []


def test_for_an_open_offer_it_can_put_its_own_key_in_and_the_threat_model_says_so(inner: InnerSide) -> None:
    """The inner side knows the wallet by its key proofs alone, and these are self-signed: docs/threat-model.md, first row."""
    own = generate_signer()
    sealed = issue(inner.workshop, inner.job(inner.handle("P-01"), "basic-four-sd-jwt", keys=[own]), at=inner.at)
    assert parse_sd_jwt(sealed.credentials[0]).payload["cnf"]["jwk"] == public_jwk(own.public_key)
