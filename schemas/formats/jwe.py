"""JWE in compact form: ECDH-ES on P-256 with A128GCM or A256GCM, and nothing else (HAIP 1.0 5, 7).

The header is read strictly and every limit is checked before a key is used, so that jwcrypto, which does the opening,
only ever sees what this profile allows: no ``zip`` (decompression bombs), no password or RSA algorithms, an ephemeral key
on the curve.  The ephemeral key and the initialisation vector come from the cryptographic library; encryption is
therefore the one function here whose result differs from call to call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from jwcrypto import jwe, jwk
from jwcrypto.common import JWException

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode, dump_json, parse_json_object, too_large
from schemas.formats.jose import key_from_jwk

ECDH_ES: Final = "ECDH-ES"
CONTENT_ENCRYPTIONS: Final = ("A128GCM", "A256GCM")
MAX_JWE_BYTES: Final = 48 * 1024
MAX_PARTY_INFO_BYTES: Final = 1024
_ALGORITHMS: Final = [ECDH_ES, *CONTENT_ENCRYPTIONS]
_FORBIDDEN_HEADERS: Final = frozenset({"zip", "crit", "b64", "jku", "x5u", "jwk", "x5c", "p2c", "p2s"})
_OWN_HEADERS: Final = frozenset({"alg", "enc", "kid", "epk", "apu", "apv"})
_PUBLIC_MEMBERS: Final = ("kty", "crv", "x", "y")


def encrypt_jwe(plaintext: bytes, *, recipient: Mapping[str, Any], enc: str, header: Mapping[str, Any] | None = None) -> str:
    """Return ``plaintext`` encrypted to ``recipient``; its ``kid``, where it has one, is echoed in the header.

    Args:
        plaintext: at least one byte.
        recipient: public P-256 JWK; ``alg`` and ``use``, where given, must allow ECDH-ES.
        enc: ``A128GCM`` or ``A256GCM``.
        header: further header parameters, such as ``cty``; none that this function writes itself.

    Raises:
        WarifuError: ``enc_not_allowed``, ``bad_jwk``, ``key_use_not_allowed``, ``header_not_allowed`` or ``nothing_to_encrypt``.
    """
    if not plaintext:
        raise WarifuError("nothing_to_encrypt", "an empty plaintext cannot be encrypted", layer="protocol")
    check_content_encryption(enc)
    check_encryption_key(recipient)
    extra = dict(header or {})
    check_jwe_header_names(extra, forbidden=_FORBIDDEN_HEADERS | _OWN_HEADERS)
    own = {"alg": ECDH_ES, "enc": enc} | ({"kid": recipient["kid"]} if "kid" in recipient else {})
    token = jwe.JWE(plaintext, protected=dump_json(own | extra).decode("utf-8"), algs=_ALGORITHMS)
    token.add_recipient(jwk.JWK(**{name: recipient[name] for name in _PUBLIC_MEMBERS}))
    return str(token.serialize(compact=True))


def decrypt_jwe(token: str, *, key: jwk.JWK | Mapping[str, Any], expected_kid: str | None = None, max_bytes: int = MAX_JWE_BYTES) -> bytes:
    """Open a compact JWE that was made for ``key``.

    Args:
        token: five base64url parts.
        key: the private P-256 key, used for this one exchange.
        expected_kid: what ``kid`` must say; ``None`` where the key was published without one.
        max_bytes: limit on the token itself, which bounds the plaintext as well.

    Raises:
        WarifuError: ``too_large``, ``not_compact_jwe``, ``alg_not_allowed``, ``enc_not_allowed``, ``header_not_allowed``,
            ``kid_mismatch``, ``bad_jwk`` (ephemeral or own key), an encoding error, or ``jwe_decryption_failed``, one code
            for every cryptographic failure.
    """
    check_jwe_size(token, max_bytes)
    parts = token.split(".", 5)
    if len(parts) != 5:
        raise WarifuError("not_compact_jwe", "the text is not a JWE of five parts", clause="RFC 7516 7.1", layer="parse")
    header = parse_json_object(b64url_decode(parts[0]))
    check_jwe_header_names(header)
    check_key_agreement(header)
    check_content_encryption(header.get("enc"))
    check_kid(header, expected_kid)
    check_ephemeral_key(header)
    check_party_info(header)
    check_jwe_parts(parts, max_bytes=max_bytes)
    return _open(token, _private_key(key))


def _open(token: str, key: jwk.JWK) -> bytes:
    opened = jwe.JWE(algs=_ALGORITHMS)
    try:
        opened.deserialize(token, key)
    except (JWException, ValueError) as error:
        raise WarifuError(
            "jwe_decryption_failed",
            "the response could not be decrypted",
            hint="encrypt to the key of this request, once, and send every part as it was made",
            clause="RFC 7516 5.2",
            layer="protocol",
        ) from error
    return bytes(opened.payload)


def check_jwe_size(token: str, max_bytes: int) -> None:
    """Refuse a token above ``max_bytes`` before it is copied (``too_large``)."""
    if len(token) > max_bytes:
        raise too_large(max_bytes, clause="RFC 7516 11")


def check_jwe_header_names(header: Iterable[str], *, forbidden: frozenset[str] = _FORBIDDEN_HEADERS) -> None:
    """Refuse compression, critical extensions, keys named by the sender and password parameters (``header_not_allowed``)."""
    for name in forbidden.intersection(header):
        raise WarifuError(
            "header_not_allowed",
            f"the header parameter {name} is not accepted",
            hint="zip is neither advertised nor accepted",
            clause="RFC 7516 4.1",
            layer="protocol",
        )


def check_key_agreement(header: Mapping[str, Any]) -> None:
    """Refuse every ``alg`` but ECDH-ES, direct (``alg_not_allowed``)."""
    if header.get("alg") != ECDH_ES:
        raise WarifuError("alg_not_allowed", "only ECDH-ES is accepted", hint="use ECDH-ES on P-256", clause="HAIP 1.0 5", layer="protocol")


def check_content_encryption(enc: object) -> None:
    """Refuse every ``enc`` but A128GCM and A256GCM (``enc_not_allowed``)."""
    if enc not in CONTENT_ENCRYPTIONS:
        raise WarifuError(
            "enc_not_allowed",
            "only A128GCM and A256GCM are accepted",
            hint="choose from encrypted_response_enc_values_supported",
            clause="HAIP 1.0 5",
            layer="protocol",
        )


def check_kid(header: Mapping[str, Any], expected: str | None) -> None:
    """Check that the key of this request was used (``kid_mismatch``)."""
    if expected is not None and header.get("kid") != expected:
        raise WarifuError(
            "kid_mismatch",
            "the header does not name the key of this request",
            hint="echo the kid of the key that was published",
            clause="OpenID4VP 1.0 8.3",
            layer="protocol",
        )


def check_ephemeral_key(header: Mapping[str, Any]) -> None:
    """Check that ``epk`` is a public P-256 key on the curve, against invalid-curve attacks (``bad_jwk``)."""
    key_from_jwk(header.get("epk"))


def check_party_info(header: Mapping[str, Any]) -> None:
    """Check ``apu`` and ``apv``, where present: base64url of at most 1 KiB each (``bad_party_info``)."""
    for name in ("apu", "apv"):
        value = header.get(name, "")
        if not isinstance(value, str):
            raise WarifuError("bad_party_info", f"{name} is not a text", clause="RFC 7518 4.6.1", layer="protocol")
        b64url_decode(value, max_bytes=MAX_PARTY_INFO_BYTES)


def check_jwe_parts(parts: list[str], *, max_bytes: int) -> None:
    """Check the four parts behind the header: no encrypted key, 12 bytes of IV, 16 of tag (``bad_jwe_part``)."""
    encrypted_key, vector, ciphertext, tag = parts[1:]
    b64url_decode(ciphertext, max_bytes=max_bytes)
    if encrypted_key or len(b64url_decode(vector)) != 12 or len(b64url_decode(tag)) != 16:
        raise WarifuError(
            "bad_jwe_part",
            "a part of the JWE has not the length that ECDH-ES with AES-GCM gives it",
            clause="RFC 7518 4.6, 5.3",
            layer="protocol",
        )


def check_encryption_key(recipient: Mapping[str, Any]) -> None:
    """Check that the recipient's JWK is a P-256 key meant for encryption (``bad_jwk``, ``key_use_not_allowed``)."""
    key_from_jwk(dict(recipient))
    if recipient.get("alg", ECDH_ES) != ECDH_ES or recipient.get("use", "enc") != "enc":
        raise WarifuError(
            "key_use_not_allowed",
            "the key is not meant for ECDH-ES",
            hint="publish a key of its own with alg ECDH-ES and use enc",
            clause="RFC 7517 4.2",
            layer="protocol",
        )


def _private_key(key: jwk.JWK | Mapping[str, Any]) -> jwk.JWK:
    members = key.export(private_key=True, as_dict=True) if isinstance(key, jwk.JWK) else dict(key)
    key_from_jwk({name: members.get(name) for name in _PUBLIC_MEMBERS})
    secret = members.get("d")
    if not isinstance(secret, str) or len(b64url_decode(secret)) != 32:
        raise WarifuError("bad_jwk", "the key to open with has no private part", clause="RFC 7518 6.2.2", layer="protocol")
    try:
        return jwk.JWK(**{name: members[name] for name in (*_PUBLIC_MEMBERS, "d")})
    except (JWException, ValueError) as error:
        raise WarifuError("bad_jwk", "the key to open with is not a P-256 key pair", clause="RFC 7518 6.2.2", layer="protocol") from error
