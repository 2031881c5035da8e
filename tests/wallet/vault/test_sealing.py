"""The seal: nothing but the passphrase opens it, and no byte of it can be changed (threat rows H01 to H04)."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode, b64url_encode, dump_json
from tests.wallet.vault.contents import PASSPHRASE
from wallet.vault import sealing
from wallet.vault.sealing import VaultLock, check_kdf, derive, new_lock, seal, unseal

CONTENT = b'{"keys":[]}'


@pytest.fixture
def sealed(lock: VaultLock) -> bytes:
    return seal(CONTENT, lock, generation=7)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remember derived keys: the derivation is a pure function, only slow."""
    remembered = cache(lambda kdf, passphrase: derive(dict(kdf), passphrase))
    monkeypatch.setattr(sealing, "derive", lambda kdf, passphrase: remembered(tuple(kdf.items()), passphrase))


def refusal(data: bytes, passphrase: bytes = PASSPHRASE) -> str:
    with pytest.raises(WarifuError) as caught:
        unseal(data, passphrase)
    return caught.value.code


def test_what_was_sealed_is_opened(sealed: bytes) -> None:
    opened = unseal(sealed, PASSPHRASE)
    assert (opened.content, opened.generation) == (CONTENT, 7)
    assert unseal(seal(b"", opened.lock, generation=8), PASSPHRASE).content == b""


def test_nothing_of_the_content_or_the_keys_is_readable(sealed: bytes, lock: VaultLock) -> None:
    assert b"keys" not in sealed
    assert b64url_encode(lock.key).encode() not in sealed
    for shown in (lock, unseal(sealed, PASSPHRASE)):
        assert "key=" not in repr(shown)
        assert "keys" not in repr(shown)


@pytest.mark.usefixtures("quick")
def test_another_passphrase_does_not_open_it(sealed: bytes) -> None:
    assert refusal(sealed, PASSPHRASE + b" ") == "passphrase_wrong"
    assert refusal(sealed, b"") == "passphrase_wrong"


@pytest.mark.parametrize("passphrase", [b"", b"1234567"])
def test_a_short_passphrase_is_not_taken(passphrase: bytes) -> None:
    with pytest.raises(WarifuError) as caught:
        new_lock(passphrase)
    assert caught.value.code == "passphrase_short"


# ---- H01: each field deleted, altered, doubled, replaced by another vault's


FIELDS = ["format", "kdf", "generation", "wrap_nonce", "seal_nonce", "wrapped_key", "sealed"]


@pytest.mark.parametrize("field", FIELDS)
def test_a_vault_without_one_of_its_fields_does_not_open(sealed: bytes, field: str) -> None:
    document = json.loads(sealed)
    del document[field]
    assert refusal(dump_json(document)) == "vault_damaged"


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_another_vault_does_not_fit(sealed: bytes, lock: VaultLock, field: str) -> None:
    """The other vault has the same passphrase and the same lock; still nothing can be mixed, the generation included."""
    document, other = json.loads(sealed), json.loads(seal(b"other", lock, generation=6))
    if document[field] == other[field]:
        other[field] = _another(other[field])
    assert refusal(dump_json({**document, field: other[field]})) in {"passphrase_wrong", "vault_damaged"}


def _another(value: Any) -> Any:
    if isinstance(value, dict):
        return {**value, "salt": b64url_encode(bytes(16))}
    return value.replace("1", "2")


@pytest.mark.usefixtures("quick")
def test_wrapped_key_and_content_of_another_vault_together_do_not_fit(sealed: bytes, lock: VaultLock) -> None:
    document, other = json.loads(sealed), json.loads(seal(b"other", lock, generation=6))
    assert refusal(dump_json({**document, "wrapped_key": other["wrapped_key"], "sealed": other["sealed"]})) == "passphrase_wrong"


@pytest.mark.usefixtures("quick")
def test_the_generation_cannot_be_raised(sealed: bytes) -> None:
    """An older vault with a newer number would pass for the newest (H07); the number is authenticated."""
    assert refusal(sealed.replace(b'"generation":7', b'"generation":8')) == "passphrase_wrong"


@pytest.mark.parametrize("member", ["pin", "retries", "unlocked"])
def test_no_field_can_be_added(sealed: bytes, member: str) -> None:
    assert refusal(dump_json({**json.loads(sealed), member: 0})) == "vault_damaged"


@pytest.mark.parametrize("generation", [0, -1, True, 1.0, "7", None, 2**70])
def test_a_generation_that_is_no_count(sealed: bytes, generation: Any) -> None:
    text = sealed.replace(b'"generation":7', b'"generation":' + json.dumps(generation).encode())
    assert refusal(text) == "vault_damaged"


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff", b'{"format":"warifu-vault/1"}', b"x" * 1000])
def test_other_files_are_no_vaults(data: bytes) -> None:
    assert refusal(data) == "vault_damaged"


@pytest.mark.parametrize("spelling", [b" %s", b"%s\n", b"%s%s"])
def test_a_vault_has_one_spelling(sealed: bytes, spelling: bytes) -> None:
    assert refusal(spelling.replace(b"%s", sealed)) == "vault_damaged"


# ---- H03: parameters of the key derivation


@pytest.mark.parametrize(
    "change",
    [
        {"memory_kib": 1024},
        {"memory_kib": 64 * 1024 - 1},
        {"memory_kib": 2**31},
        {"memory_kib": 256 * 1024 + 1},
        {"memory_kib": True},
        {"memory_kib": "65536"},
        {"memory_kib": 65536.0},
        {"passes": 1},
        {"passes": 4},
        {"passes": 10**9},
        {"passes": -5},
        {"lanes": 0},
        {"lanes": 2},
        {"name": "argon2i"},
        {"name": "pbkdf2"},
        {"name": None},
        {"salt": ""},
        {"salt": b64url_encode(bytes(8))},
        {"salt": 1},
        {"extra": 1},
    ],
)
def test_parameters_out_of_range_are_refused_before_they_are_used(
    sealed: bytes, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[object] = []

    def noting(kdf: Any, passphrase: bytes) -> bytes:
        used.append(kdf)
        return derive(kdf, passphrase)

    monkeypatch.setattr(sealing, "derive", noting)
    document = json.loads(sealed)
    assert refusal(dump_json({**document, "kdf": {**document["kdf"], **change}})) == "vault_damaged"
    assert used == []


@pytest.mark.parametrize("kdf", [None, [], "argon2id", 1])
def test_parameters_are_an_object(kdf: Any) -> None:
    with pytest.raises(WarifuError) as caught:
        check_kdf(kdf)
    assert caught.value.code == "vault_damaged"


@pytest.mark.parametrize("member", ["name", "memory_kib", "passes", "lanes", "salt"])
def test_no_parameter_may_be_missing(lock: VaultLock, member: str) -> None:
    with pytest.raises(WarifuError):
        check_kdf({name: value for name, value in lock.kdf.items() if name != member})


def test_our_own_parameters_are_strong(lock: VaultLock) -> None:
    """64 MiB and five passes, as the table of threats demands at least 64 MiB and three (H01, H02)."""
    assert lock.kdf["memory_kib"] >= 64 * 1024
    assert lock.kdf["passes"] >= 3
    assert len(b64url_decode(lock.kdf["salt"])) == 16


def test_each_vault_has_a_salt_of_its_own(lock: VaultLock) -> None:
    other = new_lock(PASSPHRASE)
    assert other.kdf["salt"] != lock.kdf["salt"]
    assert other.key != lock.key


# ---- H04: every bit, every nonce


@pytest.mark.usefixtures("quick")
def test_a_flip_of_any_byte_is_refused(sealed: bytes) -> None:
    for position in range(len(sealed)):
        flipped = bytearray(sealed)
        flipped[position] ^= 1 << position % 7
        assert refusal(bytes(flipped)) in {"passphrase_wrong", "vault_damaged"}, position


@pytest.mark.usefixtures("quick")
@given(st.data())
def test_no_cut_opens(lock: VaultLock, data: st.DataObject) -> None:
    whole = seal(CONTENT, lock, generation=1)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    if (start, end) != (0, len(whole)):
        assert refusal(whole[start:end]) == "vault_damaged"


def test_nonces_data_keys_and_ciphertexts_are_fresh_in_every_writing(lock: VaultLock) -> None:
    written = [json.loads(seal(CONTENT, lock, generation=1)) for _ in range(20_000)]
    for field in ("wrap_nonce", "seal_nonce", "wrapped_key", "sealed"):
        assert len({document[field] for document in written}) == len(written)
    assert not {document["wrap_nonce"] for document in written} & {document["seal_nonce"] for document in written}
