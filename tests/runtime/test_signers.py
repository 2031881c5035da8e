"""Signers opened by URI: the file cannot be opened otherwise, weakened or exchanged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from runtime.signers import MemorySigner, _wrapping_key, create_file_key, generate_signer, open_signer, store_file_key
from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode, dump_json
from schemas.formats.jose import public_jwk, verify_ec

CHEAP = 14


def refuse(uri: str, passphrase: bytes = b"open sesame") -> str:
    with pytest.raises(WarifuError) as error:
        open_signer(uri, passphrase=passphrase)
    assert "sesame" not in str(error.value)
    return error.value.code


def altered(path: Path, change: Any) -> None:
    content = json.loads(path.read_bytes())
    change(content)
    path.write_bytes(json.dumps(content).encode())


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    create_file_key(tmp_path / "signer.key", passphrase=b"open sesame", cost=CHEAP)
    return tmp_path / "signer.key"


def test_key_signs_the_same_after_it_was_closed(tmp_path: Path) -> None:
    made = create_file_key(tmp_path / "鍵.key", passphrase=b"open sesame", cost=CHEAP)
    opened = open_signer(made.uri, passphrase=b"open sesame")
    assert opened.public_key == made.public_key
    verify_ec(made.public_key, b"message", opened.sign(b"message"))
    assert len(opened.sign(b"message")) == 64


def test_both_spellings_of_the_uri(key_file: Path) -> None:
    assert (
        open_signer(f"file:{key_file}", passphrase=b"open sesame").uri == open_signer(f"file://{key_file}", passphrase=b"open sesame").uri
    )


def test_wrong_passphrase(key_file: Path) -> None:
    assert refuse(key_file.as_uri(), b"open sesame ") == "passphrase_wrong"
    assert refuse(key_file.as_uri(), b"") == "passphrase_empty"


@pytest.mark.parametrize("uri", ["pkcs11:token=city", "https://city.example/key", "/tmp/key", "awskms:key"])
def test_other_schemes(uri: str) -> None:
    assert refuse(uri) == "signer_scheme_unsupported"


@pytest.mark.parametrize("uri", ["file:key", "file://host/key", "file:/key?x=1", "file:/key#x"])
def test_uri_that_names_no_absolute_path(uri: str) -> None:
    assert refuse(uri) == "signer_uri_invalid"


def test_missing_file_and_open_mode(key_file: Path) -> None:
    assert refuse(f"{key_file.as_uri()}x") == "file_missing"
    key_file.chmod(0o644)
    assert refuse(key_file.as_uri()) == "file_not_private"


def test_a_key_is_never_written_over_another(key_file: Path) -> None:
    before = key_file.read_bytes()
    with pytest.raises(WarifuError) as error:
        create_file_key(key_file, passphrase=b"x", cost=CHEAP)
    assert error.value.code == "file_exists"
    assert key_file.read_bytes() == before


@pytest.mark.parametrize(
    "kdf",
    [
        {"cost": 13},
        {"cost": 31},
        {"cost": 17.0},
        {"cost": True},
        {"cost": "17"},
        {"block": 1024},
        {"parallel": 64},
        {"name": "pbkdf2"},
        {"salt": 5},
        {"extra": 1},
    ],
)
def test_kdf_parameters_out_of_range_are_refused_before_use(key_file: Path, kdf: dict[str, Any]) -> None:
    altered(key_file, lambda content: content["kdf"].update(kdf))
    assert refuse(key_file.as_uri()) == "signer_file_invalid"


def test_changed_cost_within_the_range_does_not_open(key_file: Path) -> None:
    altered(key_file, lambda content: content["kdf"].update(cost=CHEAP + 1))
    assert refuse(key_file.as_uri()) == "passphrase_wrong"


def test_exchanged_public_key_does_not_open(key_file: Path) -> None:
    altered(key_file, lambda content: content.update(public=public_jwk(generate_signer().public_key)))
    assert refuse(key_file.as_uri()) == "passphrase_wrong"


def test_sealed_key_that_is_not_the_named_one(key_file: Path, tmp_path: Path) -> None:
    """The passphrase is known and everything is authentic, but the header was made for another key."""
    other = ec.generate_private_key(ec.SECP256R1())
    header = {name: value for name, value in json.loads(key_file.read_bytes()).items() if name in ("format", "kdf", "public")}
    sealing = AESGCM(_wrapping_key(header["kdf"], b"open sesame"))
    sealed = sealing.encrypt(b"n" * 12, other.private_numbers().private_value.to_bytes(32, "big"), dump_json(header))
    altered(key_file, lambda content: content.update(nonce=b64url_encode(b"n" * 12), sealed=b64url_encode(sealed)))
    assert refuse(key_file.as_uri()) == "signer_file_invalid"


@pytest.mark.parametrize("member", ["format", "kdf", "public", "nonce", "sealed"])
def test_missing_member(key_file: Path, member: str) -> None:
    altered(key_file, lambda content: content.pop(member))
    assert refuse(key_file.as_uri()) == "signer_file_invalid"


def test_unknown_member_and_other_version(key_file: Path) -> None:
    altered(key_file, lambda content: content.update(note="x"))
    assert refuse(key_file.as_uri()) == "signer_file_invalid"
    altered(key_file, lambda content: (content.pop("note"), content.update(format="warifu-key/2")))
    assert refuse(key_file.as_uri()) == "signer_file_invalid"


def test_every_flipped_bit_of_the_sealed_part_is_noticed(key_file: Path) -> None:
    original = key_file.read_bytes()
    start = original.index(b'"sealed":"') + 10
    for offset in range(start, start + 64, 9):
        flipped = bytearray(original)
        flipped[offset] = ord("A") if flipped[offset] != ord("A") else ord("B")
        key_file.write_bytes(bytes(flipped))
        assert refuse(key_file.as_uri()) == "passphrase_wrong"


def test_two_files_of_one_key_share_neither_salt_nor_nonce(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    contents = []
    for name in ("a", "b"):
        store_file_key(tmp_path / name, key, passphrase=b"x", cost=CHEAP)
        contents.append(json.loads((tmp_path / name).read_bytes()))
    assert contents[0]["nonce"] != contents[1]["nonce"]
    assert contents[0]["kdf"]["salt"] != contents[1]["kdf"]["salt"]


def test_neither_private_number_nor_passphrase_shows(key_file: Path) -> None:
    signer = open_signer(key_file.as_uri(), passphrase=b"open sesame")
    secret = signer.private_key.private_numbers().private_value
    assert str(secret) not in repr(signer)
    assert b"sesame" not in key_file.read_bytes()
    assert repr(generate_signer()) == "MemorySigner()"


def test_other_curves_are_refused() -> None:
    with pytest.raises(WarifuError) as error:
        MemorySigner(ec.generate_private_key(ec.SECP384R1()))
    assert error.value.code == "bad_key"
