"""Private keys behind one interface, opened by URI.

``file:/absolute/path.key`` names a P-256 key wrapped under a passphrase: scrypt derives a key from the passphrase, AES-256-GCM seals
the private number, and the whole header (format, KDF parameters, public key) is authenticated with it, so that no
field can be exchanged or weakened (H01, H03, H04).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from runtime.files import read_private, write_private
from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode, b64url_encode, dump_json, parse_json_object
from schemas.formats.jose import key_from_jwk, public_jwk, sign_ec

FORMAT: Final = "warifu-key/1"
DEFAULT_COST: Final = 17
_COSTS = range(14, 21)
_MEMBERS = {"format", "kdf", "public", "nonce", "sealed"}


@dataclass(frozen=True, slots=True)
class MemorySigner:
    """A P-256 private key in this process, as :class:`schemas.formats.jose.Signer`."""

    private_key: ec.EllipticCurvePrivateKey = field(repr=False)
    public_key: ec.EllipticCurvePublicKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Keep the public half, which every hot path asks for."""
        if not isinstance(self.private_key.curve, ec.SECP256R1):
            raise WarifuError("bad_key", "the private key is not on P-256", clause="RFC 7518 3.4", layer="parse")
        object.__setattr__(self, "public_key", self.private_key.public_key())

    def sign(self, message: bytes) -> bytes:
        """Return the ES256 signature r‖s over ``message``, 64 bytes (RFC 7518 3.4)."""
        return sign_ec(self.private_key, message)


@dataclass(frozen=True, slots=True)
class FileSigner(MemorySigner):
    """A signer whose key rests in an encrypted file; ``uri`` opens it again."""

    uri: str = ""


def generate_signer() -> MemorySigner:
    """Return a signer with a fresh P-256 key that is kept nowhere else."""
    return MemorySigner(ec.generate_private_key(ec.SECP256R1()))


def create_file_key(path: Path, *, passphrase: bytes, cost: int = DEFAULT_COST) -> FileSigner:
    """Make a fresh key, wrap it under ``passphrase`` into ``path`` (0600, never over an existing file) and open it.

    Args:
        path: where the file goes; its folder exists.
        passphrase: at least one byte; how strong it must be is the caller's rule.
        cost: log2 of scrypt's N; 17 needs 128 MiB and a few tenths of a second.

    Raises:
        WarifuError: ``passphrase_empty``, ``file_exists``, ``store_full``, ``store_unavailable``.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    return store_file_key(path, key, passphrase=passphrase, cost=cost)


def store_file_key(path: Path, key: ec.EllipticCurvePrivateKey, *, passphrase: bytes, cost: int = DEFAULT_COST) -> FileSigner:
    """As :func:`create_file_key` for a key that exists already."""
    header = {
        "format": FORMAT,
        "kdf": {"name": "scrypt", "cost": cost, "block": 8, "parallel": 1, "salt": b64url_encode(secrets.token_bytes(16))},
        "public": public_jwk(key.public_key()),
    }
    nonce = secrets.token_bytes(12)
    secret = key.private_numbers().private_value.to_bytes(32, "big")
    sealed = AESGCM(_wrapping_key(header["kdf"], passphrase)).encrypt(nonce, secret, dump_json(header))
    write_private(path, dump_json({**header, "nonce": b64url_encode(nonce), "sealed": b64url_encode(sealed)}), replace=False)
    return FileSigner(key, path.absolute().as_uri())


def open_signer(uri: str, *, passphrase: bytes) -> FileSigner:
    """Open the private key that ``uri`` names.

    Args:
        uri: ``file:/absolute/path`` (or ``file:///…``); ``pkcs11:`` is refused until hardware keys are supported.
        passphrase: what the file was wrapped under.

    Raises:
        WarifuError: ``signer_scheme_unsupported``, ``signer_uri_invalid``, ``file_missing``, ``file_not_private``,
            ``signer_file_invalid``, ``passphrase_wrong``.
    """
    path = _path_of(uri)
    content = _read_key_file(path)
    header = {name: content[name] for name in ("format", "kdf", "public")}
    try:
        secret = AESGCM(_wrapping_key(content["kdf"], passphrase)).decrypt(
            b64url_decode(content["nonce"]), b64url_decode(content["sealed"]), dump_json(header)
        )
    except InvalidTag as error:
        raise WarifuError(
            "passphrase_wrong", "the passphrase does not open the key, or the file was altered", hint="enter the passphrase given at init"
        ) from error
    return FileSigner(_private_key(secret, content["public"]), path.as_uri())


def _path_of(uri: str) -> Path:
    parts = urlsplit(uri)
    if parts.scheme != "file":
        raise WarifuError(
            "signer_scheme_unsupported",
            "only keys in files are supported so far",
            hint="name the key as file:/absolute/path; pkcs11: will follow",
        )
    path = Path(unquote(parts.path))
    if parts.netloc or parts.query or parts.fragment or not path.is_absolute():
        raise WarifuError("signer_uri_invalid", "the key URI names no absolute path on this machine", hint="write file:/absolute/path")
    return path


def _read_key_file(path: Path) -> dict[str, Any]:
    content = parse_json_object(read_private(path, max_bytes=16 * 1024))
    texts = all(isinstance(content.get(name), str) for name in ("format", "nonce", "sealed"))
    if not texts or content.keys() != _MEMBERS or content["format"] != FORMAT:
        raise _invalid("the file is no key file of this version")
    check_kdf(content["kdf"])
    if len(b64url_decode(content["nonce"])) != 12 or len(b64url_decode(content["sealed"])) != 48:
        raise _invalid("a part of the file has an impossible length")
    return content


def check_kdf(kdf: object) -> None:
    """Refuse KDF parameters that are unknown, too weak or made to exhaust memory, before they are used (H03)."""
    if (
        not isinstance(kdf, dict)
        or kdf.keys() != {"name", "cost", "block", "parallel", "salt"}
        or (kdf["name"], kdf["block"], kdf["parallel"]) != ("scrypt", 8, 1)
        or type(kdf["cost"]) is not int
        or kdf["cost"] not in _COSTS
        or not isinstance(kdf["salt"], str)
    ):
        raise _invalid("the key derivation parameters are outside the accepted range")


def _wrapping_key(kdf: Any, passphrase: bytes) -> bytes:
    if not passphrase:
        raise WarifuError("passphrase_empty", "the passphrase is empty", hint="choose a passphrase")
    check_kdf(kdf)
    return Scrypt(salt=b64url_decode(kdf["salt"]), length=32, n=2 ** kdf["cost"], r=kdf["block"], p=kdf["parallel"]).derive(passphrase)


def _private_key(secret: bytes, public: object) -> ec.EllipticCurvePrivateKey:
    try:
        key = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())
    except ValueError as error:
        raise _invalid("the private number is out of range") from error
    check_key_pair(key, public)
    return key


def check_key_pair(key: ec.EllipticCurvePrivateKey, public: object) -> None:
    """Refuse a file whose sealed key is not the one that its header names."""
    if key.public_key() != key_from_jwk(public):
        raise _invalid("the private and the public half differ")


def _invalid(message: str) -> WarifuError:
    return WarifuError("signer_file_invalid", message, hint="restore the key file from its backup", layer="parse")
