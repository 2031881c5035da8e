"""The published examples of RFC 9901, SD-JWT VC and OpenID4VP, and what the reference implementation made."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.formats.encoding import b64url_decode, b64url_encode, parse_json
from schemas.formats.jose import key_from_jwk, verify_jws
from schemas.formats.sdjwt import check_key_binding, confirmation_key, parse_disclosure, parse_sd_jwt, resolve
from tests.schemas.formats.sdjwt.material import refusal

SETS = ["sd-jwt-rfc9901", "sd-jwt-vc"]


def load(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def sd_jwts(folder: Path, name: str) -> list[dict[str, Any]]:
    return [vector for vector in load(folder / name / "vectors.json")["vectors"] if vector["kind"] != "issuer_signed_jwt"]


@pytest.mark.parametrize("name", SETS)
def test_every_example_verifies_and_resolves(foreign_vectors: Path, name: str) -> None:
    key = key_from_jwk(load(foreign_vectors / name / "vectors.json")["issuer_jwk"])
    vectors = sd_jwts(foreign_vectors, name)
    assert len(vectors) >= 5
    for vector in vectors:
        sd_jwt = parse_sd_jwt(vector["value"], typ=vector["header"]["typ"])
        verify_jws(sd_jwt.issuer_jwt, key)
        assert resolve(sd_jwt.payload, sd_jwt.disclosures) == vector["processed_payload"], vector["section"]
        assert (sd_jwt.key_binding is not None) == (vector["kind"] == "sd_jwt_kb")
    assert name != "sd-jwt-vc" or {vector["header"]["typ"] for vector in vectors} == {"dc+sd-jwt"}


@pytest.mark.parametrize("name", SETS)
def test_every_key_binding_verifies(foreign_vectors: Path, name: str) -> None:
    bound = [vector for vector in sd_jwts(foreign_vectors, name) if vector["kind"] == "sd_jwt_kb"]
    assert len(bound) >= 2
    for vector in bound:
        sd_jwt = parse_sd_jwt(vector["value"], typ=vector["header"]["typ"])
        claims = vector["kb_jwt_payload"]
        at = datetime.fromtimestamp(claims["iat"], UTC)
        expected = {"holder_key": confirmation_key(sd_jwt.payload), "nonce": claims["nonce"], "audience": claims["aud"], "at": at}
        check_key_binding(sd_jwt, **expected)
        assert refusal(check_key_binding, sd_jwt, **(expected | {"nonce": "1234567891"})).code == "nonce_mismatch"


def test_the_issuer_signed_jwt_alone_is_no_sd_jwt(foreign_vectors: Path) -> None:
    vectors = load(foreign_vectors / "sd-jwt-rfc9901" / "vectors.json")["vectors"]
    alone = [vector for vector in vectors if vector["kind"] == "issuer_signed_jwt"]
    assert len(alone) == 1
    assert refusal(parse_sd_jwt, alone[0]["value"], typ="example+sd-jwt").code == "not_sd_jwt"
    assert parse_sd_jwt(alone[0]["value"] + "~", typ="example+sd-jwt").payload == alone[0]["payload"]


def test_the_example_type_is_not_our_lane(foreign_vectors: Path) -> None:
    for vector in sd_jwts(foreign_vectors, "sd-jwt-rfc9901"):
        if vector["header"]["typ"] != "dc+sd-jwt":
            assert refusal(parse_sd_jwt, vector["value"]).code == "wrong_typ"


def test_every_character_of_an_example_counts(foreign_vectors: Path) -> None:
    document = load(foreign_vectors / "sd-jwt-vc" / "vectors.json")
    key = key_from_jwk(document["issuer_jwk"])
    vector = next(vector for vector in document["vectors"] if vector["kind"] == "sd_jwt_kb")
    text, claims = vector["value"], vector["kb_jwt_payload"]

    def verify(changed: str) -> None:
        sd_jwt = parse_sd_jwt(changed)
        verify_jws(sd_jwt.issuer_jwt, key)
        resolve(sd_jwt.payload, sd_jwt.disclosures)
        holder_key = confirmation_key(sd_jwt.payload)
        at = datetime.fromtimestamp(claims["iat"], UTC)
        check_key_binding(sd_jwt, holder_key=holder_key, nonce=claims["nonce"], audience=claims["aud"], at=at)

    verify(text)
    for place, character in enumerate(text):
        refusal(verify, text[:place] + ("A" if character != "A" else "B") + text[place + 1 :])


def test_every_disclosure_has_its_digest(foreign_vectors: Path) -> None:
    document = load(foreign_vectors / "sd-jwt-rfc9901" / "disclosure_hashes.json")
    listed = [*document["vectors"], *document["section_4_2_1_encoding_variants"]]
    assert len(listed) == 91
    for vector in listed:
        disclosure = parse_disclosure(vector["disclosure"])
        assert disclosure.digest == vector["sha256"]
        assert [disclosure.value] == vector["contents"][-1:]
        assert disclosure.name == (vector["contents"][1] if len(vector["contents"]) == 3 else None)


def compact(document: dict[str, Any]) -> tuple[str, list[str]]:
    """The compact forms behind a JWS JSON serialisation, one for each signature, and its key binding by itself."""
    signatures = document.get("signatures", [document])
    first = signatures[0]["header"]
    tail = "".join(f"~{text}" for text in first["disclosures"]) + "~"
    heads = [f"{signature['protected']}.{document['payload']}.{signature['signature']}" for signature in signatures]
    return first.get("kb_jwt", ""), [head + tail for head in heads]


def test_the_json_serialisation_is_refused_and_its_content_verifies(foreign_vectors: Path) -> None:
    document = load(foreign_vectors / "sd-jwt-rfc9901" / "json_serialization.json")
    assert len(document["vectors"]) == 3
    for vector in document["vectors"]:
        assert refusal(parse_sd_jwt, json.dumps(vector["json"]), typ="example+sd-jwt").code in {"not_sd_jwt", "not_compact_jws"}
        key_binding, texts = compact(vector["json"])
        sd_jwt = parse_sd_jwt(texts[0] + key_binding, typ="example+sd-jwt")
        verify_jws(sd_jwt.issuer_jwt, key_from_jwk(document["issuer_jwk"]))
        assert resolve(sd_jwt.payload, sd_jwt.disclosures) == vector["processed_payload"]
        if sd_jwt.key_binding is not None:
            verify_jws(sd_jwt.key_binding, confirmation_key(sd_jwt.payload))
            digest = hashlib.sha256(texts[0].encode("ascii")).digest()
            assert sd_jwt.key_binding.claims()["sd_hash"] == b64url_encode(digest)


def test_the_reference_implementation_is_understood(foreign_vectors: Path) -> None:
    key = key_from_jwk(load(foreign_vectors / "sd-jwt-rfc9901" / "vectors.json")["issuer_jwk"])  # the same key
    paths = sorted((foreign_vectors / "sd-jwt-python").glob("*/*/sd_jwt_presentation.txt"))
    assert len(paths) > 25
    for path in paths:
        text = path.read_text("utf-8").strip()
        sd_jwt = parse_sd_jwt(text, typ=parse_json(b64url_decode(text.split(".", 1)[0]))["typ"])
        verify_jws(sd_jwt.issuer_jwt, key)
        assert resolve(sd_jwt.payload, sd_jwt.disclosures) == load(path.with_name("verified_contents.json")), path.parent.name
        if sd_jwt.key_binding is not None:
            claims = sd_jwt.key_binding.claims()
            at = datetime.fromtimestamp(claims["iat"], UTC)
            holder_key = confirmation_key(sd_jwt.payload)
            check_key_binding(sd_jwt, holder_key=holder_key, nonce="1234567890", audience="https://example.com/verifier", at=at)
