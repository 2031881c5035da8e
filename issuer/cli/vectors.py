"""``vectors DIR``: runs every test vector of the issuer's kinds, against the very checks that its front makes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from issuer.front.requests import check_proofs
from runtime.vector_runner import Consumer, Outcome, run_vectors
from schemas.errors import WarifuError
from schemas.formats.jose import public_jwk
from schemas.messages.dpop import check_dpop
from schemas.messages.key_proof import check_key_proof
from schemas.messages.openid4vci import MAX_PROOFS, parse_credential_request

Given = Mapping[str, Any]


def _key_proof(given: Given, at: datetime | None) -> Outcome:
    proof = check_key_proof(given["input"], audience=given["audience"], at=_needed(at))
    return Outcome("accept", claims={"jwk": public_jwk(proof.public_key), "nonce": proof.nonce})


def _dpop(given: Given, at: datetime | None) -> Outcome:
    proof = check_dpop(given["input"], method=given["method"], url=given["url"], at=_needed(at), access_token=given.get("access_token"))
    nonce = {} if proof.nonce is None else {"nonce": proof.nonce}
    return Outcome("accept", claims={"jkt": proof.jkt, "jti": proof.jti, **nonce})


def _credential_request(given: Given, at: datetime | None) -> Outcome:
    """The body first, then every proof in it, as the credential endpoint does; what a token allows is no matter of a vector."""
    asked = parse_credential_request(given["input"].encode("utf-8"))
    batch_size = given.get("batch_size", MAX_PROOFS)
    nonce = check_proofs(asked.proofs, audience=given["audience"], at=_needed(at), batch_size=batch_size)
    named = {"credential_configuration_id": asked.configuration_id, "credential_identifier": asked.credential_identifier}
    encryption = None if asked.response_encryption is None else asked.response_encryption.enc
    found = {**named, "nonce": nonce, "proofs": len(asked.proofs), "enc": encryption}
    return Outcome("accept", claims={name: value for name, value in found.items() if value is not None})


def _needed(at: datetime | None) -> datetime:
    if at is None:
        raise WarifuError("instant_missing", "the case names no time of verification", hint="add at", layer="parse")
    return at


CONSUMERS: Final[Mapping[str, Consumer]] = {"key-proof": _key_proof, "dpop": _dpop, "credential-request": _credential_request}


def vectors(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of test vectors, read with everything below it")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON")] = False,
) -> int:
    """Run test vectors: every case of our kinds must come out as it says."""
    return run_vectors(folder, CONSUMERS, json=as_json)
