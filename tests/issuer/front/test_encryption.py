"""Encrypted requests and responses: the front cannot read what passes, and cannot be talked out of it (threat C28)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from schemas.formats.encoding import b64url_encode, dump_json
from schemas.formats.jose import public_jwk
from schemas.formats.jwe import decrypt_jwe, encrypt_jwe
from schemas.messages import openid4vci as vci
from schemas.messages.jobs import EncryptedResponse, IssuanceJob, JobResult
from tests.issuer.front.conftest import Front, Start
from tests.issuer.front.parties import CONFIGURATION, both, error_of
from tests.issuer.front.test_credential import signed_in

PRIVATE = ec.generate_private_key(ec.SECP256R1())
PUBLIC = {**public_jwk(PRIVATE.public_key()), "alg": "ECDH-ES", "use": "enc", "kid": "wallet-1"}
SECRET = {**PUBLIC, "d": b64url_encode(PRIVATE.private_numbers().private_value.to_bytes(32, "big"))}


def sealed(job: IssuanceJob) -> JobResult:
    """Encrypt the response as the inner side does."""
    asked = job.response_encryption
    assert asked is not None
    body = vci.IssuedCredentials(("secret",) * len(job.proofs), job.notification_id).to_json()
    return EncryptedResponse(encrypt_jwe(dump_json(body), recipient=asked.jwk, enc=asked.enc))


def request_keys(front: Front) -> list[dict[str, Any]]:
    metadata = vci.parse_issuer_metadata(front.office.issuer_metadata, expected_issuer=front.office.settings.public_url)
    assert metadata.request_encryption is not None
    return [dict(key) for key in metadata.request_encryption.keys]


async def encrypted_post(front: Front, *, enc: str = "A256GCM", plain: bool = False, **changes: Any) -> tuple[Any, Any]:
    wallet, inner = await signed_in(front)
    body = await wallet.request(copies=2, response_encryption=vci.ResponseEncryption(PUBLIC, "A128GCM" if enc == "A128GCM" else "A256GCM"))
    body["credential_response_encryption"] |= changes
    if plain:
        return await wallet.post("credential", body), wallet
    token = encrypt_jwe(dump_json(body), recipient=request_keys(front)[0], enc=enc)
    send = wallet.post("credential", token.encode(), media_type="application/jwt")
    return await both(send, inner.work(sealed)), wallet


@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
def test_the_wallet_alone_can_read_an_encrypted_response(front: Front, run: Any, enc: str) -> None:
    response, _ = run(encrypted_post(front, enc=enc))

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/jwt"
    plain = decrypt_jwe(response.text, key=SECRET, expected_kid="wallet-1")
    answer = vci.parse_credential_answer(plain, asked=2)
    assert isinstance(answer, vci.IssuedCredentials)
    assert answer.credentials == ("secret", "secret")
    assert answer.notification_id


def test_a_request_in_the_clear_cannot_name_the_key_of_the_answer(front: Front, run: Any) -> None:
    response, _ = run(encrypted_post(front, plain=True))
    assert error_of(response) == (400, "invalid_encryption_parameters")


@pytest.mark.parametrize("changes", [{"enc": "A192GCM"}, {"zip": "DEF"}, {"jwk": {"kty": "oct", "k": "AAAA", "alg": "dir"}}])
def test_parameters_that_are_not_supported(front: Front, run: Any, changes: dict[str, Any]) -> None:
    async def flow() -> Any:
        wallet, _ = await signed_in(front)
        body = await wallet.request(response_encryption=vci.ResponseEncryption(PUBLIC, "A128GCM"))
        body["credential_response_encryption"] |= changes
        token = encrypt_jwe(dump_json(body), recipient=request_keys(front)[0], enc="A128GCM")
        return await wallet.post("credential", token.encode(), media_type="application/jwt")

    assert error_of(run(flow())) == (400, "invalid_encryption_parameters")


def test_an_encrypted_request_may_have_a_plain_answer(front: Front, run: Any) -> None:
    async def flow() -> Any:
        wallet, inner = await signed_in(front)
        token = encrypt_jwe(dump_json(await wallet.request()), recipient=request_keys(front)[0], enc="A128GCM")
        return await both(wallet.post("credential", token.encode(), media_type="application/jwt"), inner.work())

    response = run(flow())
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"


def test_a_plain_result_is_never_passed_on_where_encryption_was_asked(front: Front, run: Any) -> None:
    async def flow() -> tuple[Any, list[int]]:
        wallet, inner = await signed_in(front)
        body = await wallet.request(response_encryption=vci.ResponseEncryption(PUBLIC, "A128GCM"))
        token = encrypt_jwe(dump_json(body), recipient=request_keys(front)[0], enc="A128GCM")
        post = wallet.post("credential", token.encode(), media_type="application/jwt")
        return await both(post, inner.work(lambda _job: vci.IssuedCredentials(("plain",)))), inner.answers

    response, answers = run(flow())
    assert error_of(response) == (502, "server_error")
    assert "plain" not in response.text
    assert answers == [410]


@pytest.mark.parametrize("token", [b"", b"a.b.c.d.e", "a.b.c.d.é".encode(), b"x" * 60_000])
def test_what_cannot_be_opened_is_refused(front: Front, run: Any, token: bytes) -> None:
    async def flow() -> Any:
        wallet, _ = await signed_in(front)
        return await wallet.post("credential", token, media_type="application/jwt")

    assert error_of(run(flow())) == (400, "invalid_encryption_parameters")


@pytest.mark.parametrize("change", [{"kid": "another"}, {"kid": None}])
def test_a_request_to_another_key_is_refused(front: Front, run: Any, change: dict[str, Any]) -> None:
    async def flow() -> Any:
        wallet, _ = await signed_in(front)
        recipient = {name: value for name, value in (request_keys(front)[0] | change).items() if value is not None}
        token = encrypt_jwe(dump_json(await wallet.request()), recipient=recipient, enc="A128GCM")
        return await wallet.post("credential", token.encode(), media_type="application/jwt")

    assert error_of(run(flow())) == (400, "invalid_encryption_parameters")


def test_errors_are_never_encrypted(front: Front, run: Any) -> None:
    async def flow() -> Any:
        wallet, _ = await signed_in(front)
        body = {"credential_configuration_id": CONFIGURATION, "credential_response_encryption": {"jwk": PUBLIC, "enc": "A128GCM"}}
        token = encrypt_jwe(dump_json(body), recipient=request_keys(front)[0], enc="A128GCM")
        return await wallet.post("credential", token.encode(), media_type="application/jwt")

    assert error_of(run(flow())) == (400, "invalid_proof")


def test_a_deferred_answer_is_encrypted_and_the_next_key_counts(start: Start, run: Any) -> None:
    impatient, patient = start(deferred_after=0.0), start()

    async def flow() -> tuple[Any, Any, Any]:
        first, wallet = await encrypted_post(impatient)
        waiting = json.loads(decrypt_jwe(first.text, key=SECRET, expected_kid="wallet-1"))
        renewed = vci.ResponseEncryption({**PUBLIC, "kid": "wallet-2"}, "A128GCM")
        body = dump_json(vci.DeferredRequest(waiting["transaction_id"], renewed).to_json())
        wallet.http = patient.public
        plain = await wallet.post("deferred_credential", body)
        token = encrypt_jwe(body, recipient=request_keys(patient)[0], enc="A128GCM").encode()
        return first, plain, await both(wallet.post("deferred_credential", token, media_type="application/jwt"), patient.inner.work(sealed))

    first, plain, last = run(flow())
    assert (first.status_code, first.headers["content-type"]) == (202, "application/jwt")
    assert error_of(plain) == (400, "invalid_encryption_parameters")
    assert last.status_code == 200
    assert json.loads(decrypt_jwe(last.text, key=SECRET, expected_kid="wallet-2"))["credentials"]
