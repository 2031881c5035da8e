"""The registrar's keys: a reader root that certifies relying parties, and the signer of its statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from runtime.files import private_directory, write_atomic
from runtime.signers import create_file_key, open_signer
from schemas.errors import WarifuError
from schemas.trust import Authority, SigningIdentity, Subject, TrustPurpose, build_leaf, build_root

ROOT_FILE = "reader-root.pem"
ATTESTER_FILE = "attester.pem"
ROOT_LIFE = timedelta(days=3650)
ATTESTER_LIFE = timedelta(days=397)
BACKDATED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RegistrarKeys:
    """``root`` certifies, ``attester`` signs registrations and the issuer list; wallets trust the root alone."""

    root: Authority
    attester: SigningIdentity


def create_keys(home: Path, *, name: str, public_url: str, passphrase: bytes, at: datetime) -> RegistrarKeys:
    """Make both keys and their certificates in ``home``; raises ``file_exists`` where there are some already."""
    folder = private_directory(home / "keys")
    root_signer = create_file_key(folder / "reader-root.key", passphrase=passphrase)
    root = build_root(
        subject=Subject(f"{name} Reader Root", name),
        signer=root_signer,
        serial=x509.random_serial_number(),
        not_before=at - BACKDATED,
        not_after=at + ROOT_LIFE,
        alternative_uri=public_url,
    )
    authority = Authority(root, root_signer)
    attester_signer = create_file_key(folder / "attester.key", passphrase=passphrase)
    attester = build_leaf(
        TrustPurpose.ATTESTER,
        subject=Subject(f"{name} Registrations", name),
        public_key=attester_signer.public_key,
        issuer=authority,
        uris=[public_url],
        serial=x509.random_serial_number(),
        not_before=at - BACKDATED,
        not_after=at + ATTESTER_LIFE,
    )
    write_atomic(home / ROOT_FILE, root.public_bytes(Encoding.PEM), replace=False)
    write_atomic(home / ATTESTER_FILE, attester.public_bytes(Encoding.PEM), replace=False)
    return RegistrarKeys(authority, SigningIdentity(attester_signer, (attester,)))


def open_keys(home: Path, *, passphrase: bytes) -> RegistrarKeys:
    """Open both keys.

    Raises:
        WarifuError: ``registrar_keys_missing``, ``passphrase_wrong``, ``signer_certificate_mismatch``.
    """
    try:
        root = x509.load_pem_x509_certificate((home / ROOT_FILE).read_bytes())
        attester = x509.load_pem_x509_certificate((home / ATTESTER_FILE).read_bytes())
    except (OSError, ValueError) as error:
        raise WarifuError(
            "registrar_keys_missing", "the registrar's certificates cannot be read", hint="run init registrar first", layer="store"
        ) from error
    root_signer = open_signer((home / "keys" / "reader-root.key").absolute().as_uri(), passphrase=passphrase)
    attester_signer = open_signer((home / "keys" / "attester.key").absolute().as_uri(), passphrase=passphrase)
    SigningIdentity(root_signer, (root,))  # raises where key and certificate do not belong together
    return RegistrarKeys(Authority(root, root_signer), SigningIdentity(attester_signer, (attester,)))
