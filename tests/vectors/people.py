"""Signers that ought not to sign: wrong purpose, wrong city, wrong time, no right to their name."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from schemas.trust import Authority, SigningIdentity, Subject, TrustPurpose, build_leaf, build_root
from tests.vectors.scene import WORLD
from tests.world import City, certificate_serial, signer_for

WARIFU: Final[City] = WORLD.warifu
TONARI: Final[City] = WORLD.tonari


def city_signer(**changes: Any) -> SigningIdentity:
    """Return a document signer of the city; ``changes`` replace arguments of ``build_leaf``."""
    return WARIFU.signing_identity(TrustPurpose.ISSUER, **changes)


def root_of_nobody(subject: Subject, key: str) -> Authority:
    """Return an authority that nobody trusts."""
    signer = signer_for(key)
    times: dict[str, datetime] = {"not_before": WORLD.at - timedelta(days=365), "not_after": WORLD.at + timedelta(days=365)}
    return Authority(build_root(subject=subject, signer=signer, serial=certificate_serial(key), **times), signer)


def self_signed() -> SigningIdentity:
    """Return a document signer that vouches for itself."""
    own = root_of_nobody(Subject("割符市 issuer signer", "割符市", "999997"), "self-signed")
    return SigningIdentity(own.signer, (own.certificate,))


def stranger() -> Authority:
    """Return the root of a city that does not exist."""
    return root_of_nobody(Subject("偽市 Root", "偽市", "999997"), "stranger root")


def namesake() -> Authority:
    """Return a root that bears the city's own name but not its key."""
    return root_of_nobody(Subject("割符市 Root", "割符市", "999997"), "namesake root")


def other_curve() -> ec.EllipticCurvePublicKey:
    """Return a key on P-384."""
    return ec.derive_private_key(20260401, ec.SECP384R1()).public_key()


def certificate_without_key(**changes: Any) -> bytes:
    """Return a leaf in DER whose key nobody here can sign with."""

    arguments: dict[str, Any] = {
        "subject": Subject("割符市 issuer signer", "割符市", "999997"),
        "public_key": other_curve(),
        "issuer": WARIFU.root,
        "uris": [WARIFU.issuer],
        "serial": certificate_serial("other curve"),
        "not_before": WORLD.at - timedelta(hours=48),
        "not_after": WORLD.at + timedelta(days=90),
    }
    return build_leaf(TrustPurpose.ISSUER, **(arguments | changes)).public_bytes(Encoding.DER)


def signer_with(usage: dict[str, bool], *, authority: bool = False) -> SigningIdentity:
    """Return a document signer whose certificate has other key usages, or is that of an authority."""
    sound = WARIFU.document_signer.certificate
    signer = signer_for("999997 issuer")
    times = (sound.not_valid_before_utc, sound.not_valid_after_utc)
    builder = x509.CertificateBuilder(sound.issuer, sound.subject, signer.public_key, certificate_serial("other usage"), *times)
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    others = ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    replaced = {x509.KeyUsage: x509.KeyUsage(**{name: usage.get(name, name == "digital_signature") for name in (*names, *others)})}
    for extension in sound.extensions:
        builder = builder.add_extension(replaced.get(type(extension.value), extension.value), extension.critical)
    if authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    key = signer_for("999997 root").private_key
    return SigningIdentity(signer, (builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True),))
