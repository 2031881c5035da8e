"""Encrypted responses of OpenID4VP (``direct_post.jwt``), opened with the key of the request."""

from __future__ import annotations

from typing import Any

from schemas.formats.encoding import b64url_decode, b64url_encode
from tests.vectors.forge import Edit, bound, same, selected, set_to
from tests.vectors.forge_jwe import encrypted, private_jwk
from tests.vectors.registry import Given, accepts, rejects

K = "encrypted-response"
ANSWER = bound(selected()).split("~")[0] + "~"
PLAINTEXT = f'{{"vp_token":{{"record":["{ANSWER}"]}},"state":"af0ifjsldkj-0123456789"}}'.encode()
CLAIMS = {"vp_token": {"record": [ANSWER]}}


def given(parts: list[str], **changes: Any) -> Given:
    """Return what a case says: the text, and the private key that the verifier keeps for this one request."""
    return {"input": ".".join(parts), "private_jwk": private_jwk(), **changes}


def with_header(edit: Edit) -> Given:
    return given(encrypted(PLAINTEXT, header=edit))


@accepts(f"{K}/a128gcm", "OpenID4VP 8.3", "ECDH-ES with A128GCM")
def a128gcm() -> tuple[Given, Any]:
    """OpenID4VP 8.3: "The payload of the encrypted JWT response MUST include the contents of the response as defined in" 8.1 "as
    top-level JSON members."
    """
    return given(encrypted(PLAINTEXT)), CLAIMS


@accepts(f"{K}/a256gcm", "HAIP 1.0 5", "ECDH-ES with A256GCM")
def a256gcm() -> tuple[Given, Any]:
    """HAIP 1.0 5 (in our words): verifiers support both A128GCM and A256GCM, and list them."""
    return given(encrypted(PLAINTEXT, enc="A256GCM")), CLAIMS


@accepts(f"{K}/party-info", "RFC 7518 4.6.1", "apu and apv take part in the derivation")
def party_info() -> tuple[Given, Any]:
    """RFC 7518 4.6.2: "PartyUInfo: The PartyUInfo value is of the form Datalen || Data, where Data is a variable-length string of
    zero or more octets".
    """
    edit = set_to(apu=b64url_encode("割符".encode()), apv=b64url_encode(b"verifier.example"))
    return given(encrypted(PLAINTEXT, header=edit)), CLAIMS


@rejects(f"{K}/zip", "HAIP 1.0 5", "the plaintext is compressed", layer="policy", code="header_not_allowed", place="header/zip")
def compressed(broken: bool) -> Given:
    """RFC 7516 4.1.3: "The "zip" (compression algorithm) applied to the plaintext before encryption, if any." None is announced
    here, so none is accepted.
    """
    stored = b"\x01" + len(PLAINTEXT).to_bytes(2, "little") + (len(PLAINTEXT) ^ 0xFFFF).to_bytes(2, "little") + PLAINTEXT
    return given(encrypted(stored, header=set_to(zip="DEF"))) if broken else given(encrypted(PLAINTEXT))


@rejects(f"{K}/key-wrapped", "HAIP 1.0 5", "alg is ECDH-ES+A128KW", layer="policy", code="alg_not_allowed", place="header/alg")
def key_wrapped(broken: bool) -> Given:
    """HAIP 1.0 5 (in our words): the JWE's alg is ECDH-ES, on P-256."""
    return with_header(set_to(alg="ECDH-ES+A128KW" if broken else "ECDH-ES"))


@rejects(f"{K}/cbc-instead-of-gcm", "HAIP 1.0 5", "enc is A128CBC-HS256", layer="policy", code="enc_not_allowed", place="header/enc")
def cbc_instead_of_gcm(broken: bool) -> Given:
    """OpenID4VP 5.1: "`encrypted_response_enc_values_supported`: OPTIONAL. Non-empty array of strings, where each string is a JWE"
    "`enc` algorithm that can be used as the content encryption algorithm for encrypting the Response."
    """
    return with_header(set_to(enc="A128CBC-HS256" if broken else "A128GCM"))


@rejects(
    f"{K}/another-key-named", "OpenID4VP 8.3", "kid is that of another request", layer="policy", code="kid_mismatch", place="header/kid"
)
def another_key_named(broken: bool) -> Given:
    """OpenID4VP 8.3: "If the selected public key contains a `kid` parameter, the JWE MUST include the same value in the `kid` JWE
    Header Parameter".
    """
    return with_header(set_to(kid="request-2" if broken else "request-1"))


@rejects(f"{K}/no-key-named", "OpenID4VP 8.3", "there is no kid", layer="policy", code="kid_mismatch", place="header")
def no_key_named(broken: bool) -> Given:
    """OpenID4VP 8.3: "This enables the Verifier to easily identify the specific public key that was used to encrypt the
    response."
    """
    return with_header((lambda head: head.pop("kid")) if broken else same)


@rejects(
    f"{K}/ephemeral-key-off-curve", "RFC 7518 6.2.1", "epk is no point of the curve", layer="parse", code="bad_jwk", place="header/epk/y"
)
def ephemeral_key_off_curve(broken: bool) -> Given:
    """RFC 7518 6.2.1.3: "The length of this octet string MUST be the full size of a coordinate for the curve specified in the
    "crv" parameter."
    """
    return with_header((lambda head: head["epk"].update(y="A" * 43)) if broken else same)


@rejects(
    f"{K}/ephemeral-key-with-secret", "RFC 7518 4.6.1.1", "epk holds a private part", layer="parse", code="bad_jwk", place="header/epk/d"
)
def ephemeral_key_with_secret(broken: bool) -> Given:
    """RFC 7518 4.6.1.1: "This key is represented as a JSON Web Key [JWK] public key value. It MUST contain only public key
    parameters".
    """
    return with_header((lambda head: head["epk"].update(d="A" * 43)) if broken else same)


@rejects(
    f"{K}/altered-ciphertext",
    "RFC 7516 5.2",
    "the ciphertext was altered",
    layer="policy",
    code="jwe_decryption_failed",
    place="ciphertext",
)
def altered_ciphertext(broken: bool) -> Given:
    """RFC 7516 5.2: "Decrypt the JWE Ciphertext using the CEK, the JWE Initialization Vector, the Additional Authenticated Data
    value, and the JWE Authentication Tag".
    """
    parts = encrypted(PLAINTEXT)
    raw = bytearray(b64url_decode(parts[3]))
    raw[0] ^= 1 if broken else 0
    parts[3] = b64url_encode(bytes(raw))
    return given(parts)


@rejects(
    f"{K}/derived-for-another-enc",
    "RFC 7518 4.6.2",
    "the key was derived for A256GCM",
    layer="policy",
    code="jwe_decryption_failed",
    place="key",
)
def derived_for_another_enc(broken: bool) -> Given:
    """RFC 7518 4.6.2: "In the Direct Key Agreement case, Data is set to the octets of the ASCII representation of the "enc" Header
    Parameter value."
    """
    return given(encrypted(PLAINTEXT, key_enc="A256GCM" if broken else "A128GCM"))


@rejects(f"{K}/short-tag", "RFC 7518 5.3", "the authentication tag has 12 bytes", layer="policy", code="bad_jwe_part", place="tag")
def short_tag(broken: bool) -> Given:
    """RFC 7518 5.3: "The requested size of the Authentication Tag output MUST be 128 bits, regardless of the key size." """
    parts = encrypted(PLAINTEXT)
    parts[4] = parts[4][:16] if broken else parts[4]
    return given(parts)


@rejects(
    f"{K}/with-encrypted-key",
    "RFC 7516 5.2",
    "there is an encrypted key where none belongs",
    layer="policy",
    code="bad_jwe_part",
    place="encrypted key",
)
def with_encrypted_key(broken: bool) -> Given:
    """RFC 7516 5.2: "when Direct Key Agreement or Direct Encryption are employed, verify that the JWE Encrypted Key value is an
    empty octet sequence."
    """
    parts = encrypted(PLAINTEXT)
    parts[1] = b64url_encode(bytes(24)) if broken else ""
    return given(parts)


@rejects(f"{K}/four-parts", "RFC 7516 7.1", "the tag is missing", layer="parse", code="not_compact_jwe", place="text")
def four_parts(broken: bool) -> Given:
    """RFC 7516 7.1: "The JWE Compact Serialization represents encrypted content as a compact, URL-safe string." """
    parts = encrypted(PLAINTEXT)
    return given(parts[:4] if broken else parts)


@rejects(
    f"{K}/query-answered-twice",
    "RFC 7493 2.3",
    "the vp_token answers one query twice",
    layer="parse",
    code="bad_json",
    place="plaintext/vp_token",
)
def query_answered_twice(broken: bool) -> Given:
    """RFC 7493 2.3: "Objects in I-JSON messages MUST NOT have members with duplicate names." """
    second = b',"record":["other~"]' if broken else b""
    return given(encrypted(PLAINTEXT.replace(b"]}", b"]" + second + b"}", 1)))


@rejects(
    f"{K}/presentation-not-in-array",
    "OpenID4VP 8.1",
    "the presentation does not stand in an array",
    layer="policy",
    code="response_malformed",
    place="plaintext/vp_token/record",
)
def presentation_not_in_array(broken: bool) -> Given:
    """OpenID4VP 8.1: "the value is an array of one or more Presentations that match the respective Credential Query"."""
    plaintext = PLAINTEXT.replace(b'["', b'"').replace(b'"]', b'"') if broken else PLAINTEXT
    return given(encrypted(plaintext))


@rejects(
    f"{K}/token-as-text",
    "OpenID4VP 8.3",
    "vp_token is JSON inside a text",
    layer="policy",
    code="response_malformed",
    place="plaintext/vp_token",
)
def token_as_text(broken: bool) -> Given:
    """OpenID4VP 8.3: "The payload of the encrypted JWT response MUST include the contents of the response as defined in" 8.1 "as
    top-level JSON members."
    """
    text = b'{"vp_token":"{\\"record\\":[\\"a~\\"]}"}'
    return given(encrypted(text if broken else PLAINTEXT))
