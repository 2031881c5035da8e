"""The published lists and tokens of draft-ietf-oauth-status-list."""

from __future__ import annotations

import hashlib
import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from schemas.formats.cbor import cbor_decode, cbor_encode
from schemas.formats.encoding import b64url_decode, b64url_encode
from schemas.formats.jose import key_from_jwk
from schemas.formats.sdjwt import parse_sd_jwt
from schemas.formats.status_list import CWT_MEDIA_TYPE, JWT_MEDIA_TYPE, StatusBits, StatusReference, parse_status_token, verify_status_token
from tests.schemas.formats.status_list.material import refusal

URI = "https://example.com/statuslists/1"


def load(folder: Path, name: str) -> Any:
    return json.loads((folder / "token-status-list" / name).read_text("utf-8"))


def test_the_small_lists_are_written_and_read(foreign_vectors: Path) -> None:
    small = load(foreign_vectors, "status_list_vectors.json")["small"]
    assert len(small) == 2
    for vector in small:
        bits = StatusBits.new(len(vector["statuses"]), width=vector["bits"])
        for index, status in enumerate(vector["statuses"]):
            bits.set(index, status)
        packed = bits.compress(strategy=zlib.Z_DEFAULT_STRATEGY)
        assert bits.data.hex() == vector["byte_array_hex"]
        assert packed.hex() == vector["zlib_hex"]
        assert b64url_encode(packed) == vector["status_list_json"]["lst"]
        assert cbor_encode({"bits": vector["bits"], "lst": packed}).hex() == vector["status_list_cbor_hex"]
        read = StatusBits.decompress(bytes.fromhex(vector["zlib_hex"]), width=vector["bits"])
        assert [read.get(index) for index in range(len(read))] == vector["statuses"]


def test_the_large_lists_are_written_and_read(foreign_vectors: Path) -> None:
    large = load(foreign_vectors, "status_list_vectors.json")["appendix_C"]
    assert [vector["bits"] for vector in large] == [1, 2, 4, 8]
    for vector in large:
        packed = b64url_decode(vector["status_list_json"]["lst"])
        read = StatusBits.decompress(packed, width=vector["bits"], max_decoded=2**20)
        listed = {int(index): status for index, status in vector["nonzero_or_listed"].items()}
        assert len(read.data) == vector["decompressed_len"] == 2**20 * vector["bits"] // 8
        assert hashlib.sha256(read.data).hexdigest() == vector["decompressed_sha256"]
        assert {index: read.get(index) for index in listed} == listed
        made = StatusBits.new(vector["entries"], width=vector["bits"])
        for index, status in listed.items():
            made.set(index, status)
        assert made.data == read.data  # all other entries are 0
        assert made.compress(strategy=zlib.Z_DEFAULT_STRATEGY) == packed
        assert StatusBits.decompress(made.compress(), width=vector["bits"], max_decoded=2**20).data == read.data
        in_cbor = cbor_decode(bytes.fromhex(vector["status_list_cbor_hex"]))
        assert in_cbor == {"bits": vector["bits"], "lst": packed}
        assert cbor_encode(in_cbor).hex() == vector["status_list_cbor_hex"]


def tokens(folder: Path) -> list[tuple[bytes, str]]:
    document = load(folder, "status_list_tokens.json")
    return [
        (document["status_list_jwt"]["token"].encode("ascii"), JWT_MEDIA_TYPE),
        (bytes.fromhex(document["status_list_cwt"]["cwt_hex"]), CWT_MEDIA_TYPE),
    ]


def key_of(folder: Path) -> Any:
    jwk = load(folder, "status_list_tokens.json")["key_jwk"]
    return key_from_jwk({name: jwk[name] for name in ("kty", "crv", "x", "y")})


@pytest.mark.parametrize("form", [0, 1])
def test_the_tokens_verify(foreign_vectors: Path, form: int) -> None:
    body, media_type = tokens(foreign_vectors)[form]
    token = parse_status_token(body, media_type=media_type)
    verify_status_token(token, key_of(foreign_vectors))
    assert token.uri == URI
    assert (token.iat.timestamp(), token.exp and token.exp.timestamp(), token.ttl and token.ttl.seconds) == (1686920170, 2291720170, 43200)
    assert token.bits.get(0) == 1
    assert refusal(token.bits.get, 16).code == "status_index_out_of_bounds"


@pytest.mark.parametrize("form", [0, 1])
def test_the_tokens_altered_are_refused(foreign_vectors: Path, form: int) -> None:
    body, media_type = tokens(foreign_vectors)[form]
    key = key_of(foreign_vectors)
    place = len(body) - 10
    changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
    assert refusal(lambda: verify_status_token(parse_status_token(changed, media_type=media_type), key)).code == "bad_signature"


def test_the_referenced_tokens_name_entry_0(foreign_vectors: Path) -> None:
    document = load(foreign_vectors, "status_list_tokens.json")
    payload = parse_sd_jwt(document["referenced_token_sd_jwt"]["sd_jwt"], typ="example+sd-jwt").payload
    assert StatusReference.from_claim(payload["status"]["status_list"]) == StatusReference(URI, 0)
    cwt = cbor_decode(bytes.fromhex(document["referenced_token_cwt"]["cwt_hex"])[1:])
    claims = cbor_decode(cwt[2])
    assert StatusReference.from_claim(claims[65535]["status_list"]) == StatusReference(URI, 0)
