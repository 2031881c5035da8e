"""Sealing and verifying in both formats, beside one raw P-256 signature and verification."""

from __future__ import annotations

import itertools
import secrets
from datetime import timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench.measure import Work
from runtime.signers import MemorySigner
from schemas.formats.mdoc import ValidityInfo, randoms_from, seal_issuer_signed
from schemas.formats.sdjwt import salts_from, seal_sd_jwt
from schemas.formats.status_list import StatusReference
from schemas.verify import verify_presented
from tests.world import World

_ECDSA = ec.ECDSA(hashes.SHA256())
CLAIMS = 20


def raw_works() -> dict[str, Work]:
    """Return the raw limit: one signature and one verification over 1 KB."""
    key = ec.generate_private_key(ec.SECP256R1())
    public, message = key.public_key(), bytes(1024)
    signature = key.sign(message, _ECDSA)
    return {"raw sign": lambda: key.sign(message, _ECDSA), "raw verify": lambda: public.verify(signature, message, _ECDSA)}


def seal_works(world: World) -> dict[str, Work]:
    """Return sealing a credential with 20 disclosable claims or elements."""
    key = ec.generate_private_key(ec.SECP256R1())
    signer, identity = MemorySigner(key), world.warifu.document_signer
    holder = ec.generate_private_key(ec.SECP256R1()).public_key()
    values = {f"claim_{number:02}": f"値{number}の内容" for number in range(CLAIMS)}
    paths = frozenset((name,) for name in values)
    header = {"x5c": identity.x5c}
    at = world.at
    validity = ValidityInfo(signed=at, valid_from=at, valid_until=at + timedelta(days=14))
    reference = StatusReference(world.warifu.status_uri("cwt"), 4242)
    some_salts, some_randoms = salts_from(secrets.token_bytes), randoms_from(secrets.token_bytes)

    def sd_jwt() -> object:
        claims = {"iss": world.warifu.issuer, "vct": "https://catalogue.example/x/1", **values}
        return seal_sd_jwt(claims, disclosable=paths, digest_counts={(): CLAIMS}, salts=some_salts, header=header, signer=signer)

    def mdoc() -> object:
        return seal_issuer_signed(
            "example.catalogue.x.1",
            {"example.catalogue.x.1": values},
            device_key=holder,
            validity=validity,
            status=reference,
            randoms=some_randoms,
            digest_counts={"example.catalogue.x.1": CLAIMS},
            signer=signer,
            chain_der=identity.chain_der,
        )

    return {"seal SD-JWT VC, 20 claims": sd_jwt, "seal mdoc, 20 elements": mdoc}


def verify_works(world: World) -> dict[str, Work]:
    """Return verifying a presentation with every check on and the chain known."""
    sd_jwt, mdoc = world.present_sd_jwt(), world.present_mdoc()
    status, policy = world.status(), world.policy
    for_sd_jwt = world.expected()
    for_mdoc = world.expected(types=frozenset({"example.catalogue.resident_record.1"}))
    counter = itertools.count()

    def verify_sd_jwt() -> object:
        next(counter)
        return verify_presented(
            sd_jwt, format="dc+sd-jwt", expected=for_sd_jwt, anchors=world.anchors, status=status, policy=policy, at=world.at
        )

    def verify_mdoc() -> object:
        return verify_presented(
            mdoc, format="mso_mdoc", expected=for_mdoc, anchors=world.anchors, status=status, policy=policy, at=world.at
        )

    return {"verify SD-JWT VC + KB": verify_sd_jwt, "verify DeviceResponse": verify_mdoc}
