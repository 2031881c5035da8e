"""Sealing the vault under a passphrase (threat rows H01 to H04).

Argon2id derives a key from the passphrase; that key wraps a data key drawn anew for every writing; the data key seals
the content by AES-256-GCM.  The whole header is authenticated in both steps, so no field of it can be exchanged, removed
or weakened, and nothing but the passphrase opens the vault: there is no flag, counter or PIN record to edit.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode, b64url_encode, dump_json, parse_json_object

FORMAT: Final = "warifu-vault/1"
#: 64 MiB, three passes: some tenths of a second for one guess (H02).
MEMORY_KIB: Final = 64 * 1024
PASSES: Final = 3
MIN_PASSPHRASE: Final = 8
MAX_VAULT_BYTES: Final = 64 * 1024 * 1024
_HEADER = ("format", "kdf", "wrap_nonce", "seal_nonce")


def seal_vault(content: bytes, passphrase: bytes) -> bytes:
    """Return ``content`` sealed under ``passphrase``; salt, nonces and data key are fresh each time.

    Raises:
        WarifuError: ``passphrase_short`` below eight bytes.
    """
    if len(passphrase) < MIN_PASSPHRASE:
        raise WarifuError("passphrase_short", f"the passphrase has fewer than {MIN_PASSPHRASE} bytes", hint="choose a longer one")
    header = {
        "format": FORMAT,
        "kdf": {"name": "argon2id", "memory_kib": MEMORY_KIB, "passes": PASSES, "lanes": 1, "salt": b64url_encode(secrets.token_bytes(16))},
        "wrap_nonce": b64url_encode(secrets.token_bytes(12)),
        "seal_nonce": b64url_encode(secrets.token_bytes(12)),
    }
    aad, data_key = dump_json(header), secrets.token_bytes(32)
    wrapped = AESGCM(_derive(header["kdf"], passphrase)).encrypt(b64url_decode(str(header["wrap_nonce"])), data_key, aad)
    sealed = AESGCM(data_key).encrypt(b64url_decode(str(header["seal_nonce"])), content, aad)
    return dump_json({**header, "wrapped_key": b64url_encode(wrapped), "sealed": b64url_encode(sealed)})


def open_vault(data: bytes, passphrase: bytes) -> bytes:
    """Return the content of a sealed vault.

    Raises:
        WarifuError: ``vault_damaged`` where the file is no vault of this version or its parameters are out of range,
            ``passphrase_wrong`` where the passphrase does not open it or a bit was changed: the two cannot be told apart.
    """
    document = _read(data)
    header = {name: document[name] for name in _HEADER}
    aad = dump_json(header)
    try:
        wrap_nonce, seal_nonce = (b64url_decode(header[name]) for name in ("wrap_nonce", "seal_nonce"))
        data_key = AESGCM(_derive(header["kdf"], passphrase)).decrypt(wrap_nonce, b64url_decode(document["wrapped_key"]), aad)
        return AESGCM(data_key).decrypt(seal_nonce, b64url_decode(document["sealed"], max_bytes=MAX_VAULT_BYTES), aad)
    except InvalidTag as error:
        raise WarifuError(
            "passphrase_wrong",
            "the passphrase does not open the vault, or the file was changed",
            hint="try again; if the file is damaged, the copy beside it (.bak) may still open",
        ) from error
    except ValueError as error:
        raise _damaged() from error


def _read(data: bytes) -> dict[str, Any]:
    try:
        document = parse_json_object(data, max_bytes=MAX_VAULT_BYTES * 2)
    except WarifuError as error:
        raise _damaged() from error
    if document.keys() != {*_HEADER, "wrapped_key", "sealed"} or document["format"] != FORMAT:
        raise _damaged()
    if not all(isinstance(document[name], str) for name in document if name != "kdf"):
        raise _damaged()
    check_kdf(document["kdf"])
    return document


def check_kdf(kdf: object) -> None:
    """Refuse parameters that are weaker than ours or made to exhaust memory, before they are used (H03)."""
    if not isinstance(kdf, dict) or kdf.keys() != {"name", "memory_kib", "passes", "lanes", "salt"} or kdf["name"] != "argon2id":
        raise _damaged()
    numbers = (kdf["memory_kib"], kdf["passes"], kdf["lanes"])
    if any(type(number) is not int for number in numbers) or not isinstance(kdf["salt"], str) or len(kdf["salt"]) != 22:
        raise _damaged()
    memory, passes, lanes = numbers
    if not (MEMORY_KIB <= memory <= 16 * MEMORY_KIB and PASSES <= passes <= 16 and lanes == 1):
        raise _damaged()


def _derive(kdf: Any, passphrase: bytes) -> bytes:
    return Argon2id(
        salt=b64url_decode(kdf["salt"]), length=32, iterations=kdf["passes"], lanes=kdf["lanes"], memory_cost=kdf["memory_kib"]
    ).derive(passphrase)


def _damaged() -> WarifuError:
    return WarifuError(
        "vault_damaged",
        "the file is no vault of this version",
        hint="restore it from the copy beside it (.bak) or from a backup",
        layer="parse",
    )
