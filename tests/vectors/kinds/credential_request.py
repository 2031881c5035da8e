"""Credential requests: the body, and every key proof in it."""

from __future__ import annotations

import json
from typing import Any

from schemas.formats.jose import public_jwk
from tests.vectors.forge import Edit, same, set_to, without
from tests.vectors.kinds.key_proof import NONCE, proof
from tests.vectors.registry import Given, accepts, rejects
from tests.vectors.scene import AT, ISSUER, WORLD
from tests.world.actors import signer_for

K = "credential-request"
ID = "resident-record-sd-jwt"
ENCRYPTION = {"jwk": {**public_jwk(signer_for("wallet encryption").public_key), "alg": "ECDH-ES", "use": "enc"}, "enc": "A128GCM"}


def proofs(count: int = 1, *, nonce: str = NONCE, first: int = 0) -> list[str]:
    """Return proofs of as many keys."""
    holders = [WORLD.holder(copy) for copy in range(first, first + count)]
    made = []
    for holder in holders:
        header = set_to(jwk=public_jwk(holder.public_key))
        made.append(proof(header=header, claims=set_to(nonce=nonce), signer=holder))
    return made


def given(edit: Edit = same, **changes: Any) -> Given:
    """Return what a case says: the body, edited, and the issuer that it reached."""
    body: dict[str, Any] = {"credential_configuration_id": ID, "proofs": {"jwt": proofs()}}
    edit(body)
    return {"input": json.dumps(body, ensure_ascii=False), "at": AT, "audience": ISSUER, "batch_size": 20, **changes}


def encrypting(edit: Edit) -> Given:
    """Return a request for an encrypted response whose parameters are edited."""
    parameters = json.loads(json.dumps(ENCRYPTION))
    edit(parameters)
    return given(set_to(credential_response_encryption=parameters))


@accepts(f"{K}/one-copy", "OpenID4VCI 1.0 8.2", "one copy by configuration id")
def one_copy() -> tuple[Given, Any]:
    """OpenID4VCI 1.0 8.2: "String that uniquely identifies one of the keys in the name/value pairs stored in the
    `credential_configurations_supported` Credential Issuer metadata."
    """
    return given(), {"credential_configuration_id": ID, "nonce": NONCE, "proofs": 1}


@accepts(f"{K}/three-copies", "OpenID4VCI 1.0 8.2", "three copies, each for a key of its own, with one nonce")
def three_copies() -> tuple[Given, Any]:
    """OpenID4VCI 1.0 8.2: "`proofs`: OPTIONAL. Object providing one or more proof of possessions of the cryptographic key material to
    which the issued Credential instances will be bound to."
    """
    return given(set_to(proofs={"jwt": proofs(3)})), {"credential_configuration_id": ID, "nonce": NONCE, "proofs": 3}


@accepts(f"{K}/encrypted-response", "OpenID4VCI 1.0 8.2", "the response is to be encrypted")
def encrypted_response() -> tuple[Given, Any]:
    """OpenID4VCI 1.0 8.2: "`jwk`: REQUIRED. Object containing a single public key as a JWK used for encrypting the Credential
    Response."
    """
    return encrypting(same), {"credential_configuration_id": ID, "nonce": NONCE, "proofs": 1, "enc": "A128GCM"}


@rejects(
    f"{K}/named-twice",
    "OpenID4VCI 1.0 8.2",
    "both a configuration and an identifier",
    layer="parse",
    code="invalid_credential_request",
    place="credential_identifier",
)
def named_twice(broken: bool) -> Given:
    """OpenID4VCI 1.0 8.2: "When this parameter is used, the `credential_configuration_id` MUST NOT be present." """
    return given(set_to(**({"credential_identifier": "x"} if broken else {})))


@rejects(
    f"{K}/not-named",
    "OpenID4VCI 1.0 8.2",
    "the old format parameter in place of an id",
    layer="parse",
    code="invalid_credential_request",
    place="credential_configuration_id",
)
def not_named(broken: bool) -> Given:
    """OpenID4VCI 1.0 8.2: "`credential_configuration_id`: REQUIRED if a `credential_identifiers` parameter was not returned from the
    Token Response as part of the `authorization_details` parameter."
    """

    def by_format(body: dict[str, Any]) -> None:
        body["format"] = "dc+sd-jwt"
        body.pop("credential_configuration_id")

    return given(by_format if broken else same)


@rejects(f"{K}/duplicate-member", "RFC 7493 2.3", "the configuration id stands twice", layer="parse", code="bad_json", place="text")
def duplicate_member(broken: bool) -> Given:
    """RFC 7493 2.3: "Objects in I-JSON messages MUST NOT have members with duplicate names." """
    case = given()
    twice = '{"credential_configuration_id": "individual-number-sd-jwt", ' if broken else "{"
    return {**case, "input": case["input"].replace("{", twice, 1)}


@rejects(f"{K}/no-proofs", "OpenID4VCI 1.0 8.2", "no proof at all", layer="policy", code="invalid_proof", place="proofs")
def no_proofs(broken: bool) -> Given:
    """OpenID4VCI 1.0 8.2: "The `proofs` parameter MUST be present if the `proof_types_supported` parameter is present in the
    `credential_configurations_supported` parameter of the Issuer metadata for the requested Credential."
    """
    return given(without("proofs") if broken else same)


@rejects(
    f"{K}/proof-of-old-drafts",
    "OpenID4VCI 1.0 8.2",
    "the singular proof of old drafts",
    layer="policy",
    code="invalid_proof",
    place="proof",
)
def proof_of_old_drafts(broken: bool) -> Given:
    """OpenID4VCI 1.0 8.2: "The `proofs` parameter contains exactly one parameter named as the proof type in" F, "the value set for this
    parameter is a non-empty array containing parameters as defined by the corresponding proof type."
    """

    def singular(body: dict[str, Any]) -> None:
        body["proof"] = {"proof_type": "jwt", "jwt": body.pop("proofs")["jwt"][0]}

    return given(singular if broken else same)


@rejects(f"{K}/two-proof-types", "OpenID4VCI 1.0 8.2", "proofs of two types", layer="parse", code="invalid_proof", place="proofs/di_vp")
def two_proof_types(broken: bool) -> Given:
    """OpenID4VCI 1.0 8.2: "The `proofs` parameter contains exactly one parameter named as the proof type"."""
    second = {"di_vp": [{}]} if broken else {}
    return given(set_to(proofs={"jwt": proofs(), **second}))


@rejects(f"{K}/empty-proofs", "OpenID4VCI 1.0 8.2", "an empty array of proofs", layer="parse", code="invalid_proof", place="proofs/jwt")
def empty_proofs(broken: bool) -> Given:
    """OpenID4VCI 1.0 F: "it MUST include a `jwt` parameter with its value being a non-empty array of JWTs"."""
    return given(set_to(proofs={"jwt": [] if broken else proofs()}))


@rejects(
    f"{K}/too-many-proofs",
    "OpenID4VCI 1.0 12.2.4",
    "three proofs where two are the most",
    layer="policy",
    code="too_many_proofs",
    place="batch_size",
)
def too_many_proofs(broken: bool) -> Given:
    """OpenID4VCI 1.0 12.2.4: "`batch_size`: REQUIRED. Integer value specifying the maximum array size for the `proofs` parameter in a
    Credential Request."
    """
    return given(set_to(proofs={"jwt": proofs(3 if broken else 2)}), batch_size=2)


@rejects(
    f"{K}/one-key-twice", "OpenID4VCI 1.0 8.3", "two proofs of one key", layer="policy", code="proof_key_repeated", place="proofs/jwt/1"
)
def one_key_twice(broken: bool) -> Given:
    """OpenID4VCI 1.0 8.3: "Each key provided by the Wallet is used to bind to, at most, one Credential." """
    return given(set_to(proofs={"jwt": [*proofs(), *proofs(first=0 if broken else 1)]}))


@rejects(
    f"{K}/two-nonces",
    "OpenID4VCI 1.0 8.2",
    "two proofs with different nonces",
    layer="policy",
    code="proof_nonces_differ",
    place="proofs/jwt/1/nonce",
)
def two_nonces(broken: bool) -> Given:
    """OpenID4VCI 1.0 8.2: "The proof(s) in the `proofs` parameter MUST incorporate the Credential Issuer Identifier (audience) and, if
    the Credential Issuer has a Nonce Endpoint, a `c_nonce` value to allow the Credential Issuer to detect freshness."
    """
    nonce = "another-c-nonce-0123456789" if broken else NONCE
    return given(set_to(proofs={"jwt": [*proofs(), *proofs(first=1, nonce=nonce)]}))


@rejects(
    f"{K}/second-proof-forged",
    "OpenID4VCI 1.0 F.4",
    "the second proof was signed by another key",
    layer="signature",
    code="bad_signature",
    place="proofs/jwt/1",
)
def second_proof_forged(broken: bool) -> Given:
    """OpenID4VCI 1.0 F.4: "the signature on the key proof verifies with the public key contained in the header parameter"."""
    key = WORLD.holder(1)
    forged = proof(header=set_to(jwk=public_jwk(key.public_key)), signer=WORLD.holder(2) if broken else key)
    return given(set_to(proofs={"jwt": [*proofs(), forged]}))


@rejects(
    f"{K}/compressed-response",
    "OpenID4VCI 1.0 8.2",
    "a compressed response is asked for",
    layer="parse",
    code="invalid_encryption_parameters",
    place="zip",
)
def compressed_response(broken: bool) -> Given:
    """OpenID4VCI 1.0 8.2: "`zip`: OPTIONAL. JWE" "`zip` algorithm" "for compressing Credential Responses prior to encryption. If absent
    then compression MUST not be used." None is announced here.
    """
    return encrypting(set_to(**({"zip": "DEF"} if broken else {})))


@rejects(
    f"{K}/cbc-response",
    "OpenID4VCI 1.0 8.2",
    "the response is to be encrypted with CBC",
    layer="parse",
    code="invalid_encryption_parameters",
    place="enc",
)
def cbc_response(broken: bool) -> Given:
    """OpenID4VCI 1.0 8.2: "`enc`: REQUIRED. JWE" "`enc` algorithm" "for encrypting Credential Responses." """
    return encrypting(set_to(enc="A128CBC-HS256" if broken else "A256GCM"))


@rejects(
    f"{K}/encryption-key-without-alg",
    "OpenID4VCI 1.0 10",
    "the wallet's key names no alg",
    layer="parse",
    code="invalid_encryption_parameters",
    place="jwk/alg",
)
def encryption_key_without_alg(broken: bool) -> Given:
    """OpenID4VCI 1.0 10: "The `alg` parameter MUST be present. The JWE `alg` algorithm used MUST be equal to the `alg` value of the
    chosen JWK."
    """
    return encrypting((lambda parameters: parameters["jwk"].pop("alg")) if broken else same)
