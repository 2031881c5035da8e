"""Sealing the vault under a passphrase (threat rows H01 to H04).

Argon2id makes a key from the passphrase; that key wraps a data key drawn anew for every writing; the data key seals the
content by AES-256-GCM.  The whole header is authenticated in both steps, so no field of it can be exchanged, removed or
weakened, and nothing but the passphrase opens the vault: there is no flag, counter or PIN record to edit.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode, b64url_encode, dump_json, parse_json_object

FORMAT: Final = "warifu-vault/1"
#: 64 MiB, five passes: a quarter of a second or more for one guess on the machines of today (H02).
MEMORY_KIB: Final = 64 * 1024
PASSES: Final = 5
#: What another device may have chosen; beyond that a file is made to exhaust this one (H03).
MAX_MEMORY_KIB: Final = 4 * MEMORY_KIB
MAX_PASSES: Final = 10
MIN_PASSPHRASE: Final = 8
MAX_VAULT_BYTES: Final = 64 * 1024 * 1024
_KDF: Final = frozenset({"name", "memory_kib", "passes", "lanes", "salt"})
_HEADER: Final = ("format", "kdf", "generation", "wrap_nonce", "seal_nonce")
_MEMBERS: Final = (*_HEADER, "wrapped_key", "sealed")


@dataclass(frozen=True, slots=True)
class VaultLock:
    """The key that a passphrase makes, and the parameters that it was made by."""

    kdf: Mapping[str, Any]
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unsealed:
    """An opened vault: its content, how often it had been written, and the lock to write it again."""

    content: bytes = field(repr=False)
    generation: int
    lock: VaultLock


def new_lock(passphrase: bytes) -> VaultLock:
    """Return a lock for a new vault.

    Raises:
        WarifuError: ``passphrase_short`` below eight bytes.
    """
    check_passphrase(passphrase)
    kdf = {
        "name": "argon2id",
        "memory_kib": MEMORY_KIB,
        "passes": PASSES,
        "lanes": 1,
        "salt": b64url_encode(secrets.token_bytes(16)),
    }
    return VaultLock(kdf, derive(kdf, passphrase))


def check_passphrase(passphrase: bytes) -> None:
    """Refuse a passphrase that can be guessed in no time (H02)."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise WarifuError("passphrase_short", f"the passphrase has fewer than {MIN_PASSPHRASE} bytes", hint="choose a longer one")


def seal(content: bytes, lock: VaultLock, *, generation: int) -> bytes:
    """Return ``content`` sealed under ``lock``; data key and nonces are fresh each time (H04).

    Args:
        generation: how often this vault has been written, this time included; authenticated, not secret.
    """
    header = {
        "format": FORMAT,
        "kdf": dict(lock.kdf),
        "generation": generation,
        "wrap_nonce": b64url_encode(secrets.token_bytes(12)),
        "seal_nonce": b64url_encode(secrets.token_bytes(12)),
    }
    aad, data_key = authenticated(header), secrets.token_bytes(32)
    wrapped = AESGCM(lock.key).encrypt(b64url_decode(str(header["wrap_nonce"])), data_key, aad)
    sealed = AESGCM(data_key).encrypt(b64url_decode(str(header["seal_nonce"])), content, aad)
    return dump_json({**header, "wrapped_key": b64url_encode(wrapped), "sealed": b64url_encode(sealed)})


def unseal(data: bytes, passphrase: bytes) -> Unsealed:
    """Open a sealed vault.

    Raises:
        WarifuError: ``vault_damaged`` where the file is no vault of this version or its parameters are out of range,
            ``passphrase_wrong`` where the passphrase does not open it or a bit was changed: the two cannot be told apart.
    """
    document, parts = _read(data)
    aad = authenticated(document)
    lock = VaultLock(document["kdf"], derive(document["kdf"], passphrase))
    try:
        data_key = AESGCM(lock.key).decrypt(parts["wrap_nonce"], parts["wrapped_key"], aad)
        content = AESGCM(data_key).decrypt(parts["seal_nonce"], parts["sealed"], aad)
    except InvalidTag as error:
        raise WarifuError(
            "passphrase_wrong",
            "the passphrase does not open the vault, or the file was changed",
            hint="try again; if the file is damaged, the copy beside it (.bak) may still open",
        ) from error
    return Unsealed(content, document["generation"], lock)


def authenticated(document: Mapping[str, Any]) -> bytes:
    """Return the header as both steps of sealing authenticate it: every field that is not sealed itself (H01, H04)."""
    return dump_json({name: document[name] for name in _HEADER})


def _read(data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Read the outer form, in which every vault has exactly one spelling, and its binary parts; nothing costly is done yet."""
    try:
        document = parse_json_object(data, max_bytes=MAX_VAULT_BYTES * 2)
        if tuple(document) != _MEMBERS or document["format"] != FORMAT or dump_json(document) != data:
            raise damaged()
        check_kdf(document["kdf"])
        if type(document["generation"]) is not int or document["generation"] < 1:
            raise damaged()
        return document, _binary_parts(document)
    except WarifuError as error:
        raise damaged() from error


def check_kdf(kdf: object) -> None:
    """Refuse parameters that are weaker than ours or made to exhaust memory, before they are used (H03)."""
    if not isinstance(kdf, dict) or kdf.keys() != _KDF or kdf["name"] != "argon2id":
        raise damaged()
    memory, passes, lanes = kdf["memory_kib"], kdf["passes"], kdf["lanes"]
    if any(type(number) is not int for number in (memory, passes, lanes)) or not isinstance(kdf["salt"], str):
        raise damaged()
    if not (MEMORY_KIB <= memory <= MAX_MEMORY_KIB and PASSES <= passes <= MAX_PASSES and lanes == 1):
        raise damaged()
    if len(b64url_decode(kdf["salt"])) != 16:
        raise damaged()


def _binary_parts(document: Mapping[str, Any]) -> dict[str, bytes]:
    names = ("wrap_nonce", "seal_nonce", "wrapped_key", "sealed")
    if not all(isinstance(document[name], str) for name in names):
        raise damaged()
    parts = {name: b64url_decode(document[name], max_bytes=MAX_VAULT_BYTES) for name in names}
    if (len(parts["wrap_nonce"]), len(parts["seal_nonce"]), len(parts["wrapped_key"])) != (12, 12, 48) or len(parts["sealed"]) < 16:
        raise damaged()
    return parts


def derive(kdf: Mapping[str, Any], passphrase: bytes) -> bytes:
    """Return the wrapping key; costs 64 MiB of memory and a good part of a second."""
    return Argon2id(
        salt=b64url_decode(kdf["salt"]), length=32, iterations=kdf["passes"], lanes=kdf["lanes"], memory_cost=kdf["memory_kib"]
    ).derive(passphrase)


def damaged() -> WarifuError:
    """Return the error for a file that is no vault (not raised here)."""
    return WarifuError(
        "vault_damaged",
        "the file is no vault of this version",
        hint="restore it from the copy beside it (.bak) or from a backup",
        layer="parse",
    )
