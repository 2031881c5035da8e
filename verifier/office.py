"""A verifier opened: settings, store, anchors, purposes, catalogue, status cache, and where it serves its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from runtime import clock
from runtime.fetcher import GuardedFetcher
from runtime.settings import load_settings
from runtime.signers import open_signer
from runtime.store import migrate, open_engine
from schemas.credentials import Catalogue, catalogue
from schemas.errors import WarifuError
from schemas.formats.encoding import parse_json
from schemas.messages.openid4vp import client_id_for
from schemas.trust import Anchors, SigningIdentity
from verifier.policy import load_anchors
from verifier.purposes import Purpose, load_purposes
from verifier.settings import CERTIFICATE_FILE, KEY_FILE, REGISTRATIONS_FILE, VerifierSettings
from verifier.status import StatusCache, StoredNewest
from verifier.status.cache import ListFetcher
from verifier.store.tables import PACKAGE


@dataclass(frozen=True)
class Office:
    """What every request of this verifier shares.

    Attributes:
        public_url: how wallets reach the public listener, without a slash at the end.
        client_id: of every request: ``x509_hash:`` and the hash of the access certificate.
        identity: signs requests; None in commands that only create sessions and read results.
        registrations: the registrar's signed statement for each purpose, by name.
        clock: the one reader of the time in web and cli.
    """

    public_url: str
    client_id: str
    engine: sa.Engine
    catalogue: Catalogue
    anchors: Anchors
    purposes: Mapping[str, Purpose]
    identity: SigningIdentity | None
    registrations: Mapping[str, str]
    status: StatusCache
    cross_device: bool = True
    clock: Callable[[], datetime] = clock.now

    def purpose(self, name: str) -> Purpose:
        """Return a purpose by name; raises ``purpose_unknown``."""
        if name not in self.purposes:
            raise WarifuError("purpose_unknown", "there is no purpose of this name", hint="warifu-verifier purposes list", layer="policy")
        return self.purposes[name]


def make_office(
    *,
    public_url: str,
    client_id: str,
    engine: sa.Engine,
    anchors: Anchors,
    identity: SigningIdentity | None,
    types: Catalogue,
    purposes: Mapping[str, Purpose],
    fetcher: ListFetcher,
    registrations: Mapping[str, str] | None = None,
    cross_device: bool = True,
    now: Callable[[], datetime] = clock.now,
) -> Office:
    """Put a verifier together from its parts; the store is migrated."""
    migrate(engine, PACKAGE)
    status = StatusCache(anchors=anchors, fetcher=fetcher, newest=StoredNewest(engine), clock=now)
    return Office(public_url, client_id, engine, types, anchors, purposes, identity, registrations or {}, status, cross_device, now)


def open_office(home: Path, *, passphrase: bytes | None = None) -> Office:
    """Open the verifier of a home; without a passphrase its key stays closed, and requests can be created but not signed.

    Raises:
        WarifuError: of settings, store, anchors, purposes or keys; ``access_certificate_missing`` before registration.
    """
    settings = load_settings(VerifierSettings, home)
    types = catalogue(settings.vct_base, settings.doctype_prefix)
    chain = load_chain(home)
    signer = None if passphrase is None else open_signer((home / KEY_FILE).absolute().as_uri(), passphrase=passphrase)
    fetcher = GuardedFetcher(settings.allowed_dev_origins, settings.tls_ca_file)
    return make_office(
        public_url=settings.public_url,
        client_id=client_id_for(chain[0].public_bytes(Encoding.DER)),
        engine=open_engine(settings.store_url),
        anchors=load_anchors(home),
        identity=None if signer is None else SigningIdentity(signer, chain),
        types=types,
        purposes=load_purposes(home, types),
        fetcher=fetcher,
        registrations=load_registrations(home),
        cross_device=settings.cross_device,
    )


def load_chain(home: Path) -> tuple[x509.Certificate, ...]:
    """Return the access certificate and what stands between it and the registrar's root, leaf first."""
    path = home / CERTIFICATE_FILE
    if not path.exists():
        raise WarifuError(
            "access_certificate_missing",
            "the registrar has not certified this verifier yet",
            hint="run register, or put the certificate that the registrar issued into access.pem",
            layer="chain",
        )
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise WarifuError(
            "access_certificate_unreadable", "the access certificate cannot be read", hint="run init again", layer="chain"
        ) from error


def load_registrations(home: Path) -> dict[str, str]:
    """Return the registrar's statements by purpose; none where the registrar gave none."""
    path = home / REGISTRATIONS_FILE
    if not path.exists():
        return {}
    content = parse_json(path.read_bytes())
    if not isinstance(content, dict) or not all(isinstance(token, str) for token in content.values()):
        raise WarifuError("registrations_unreadable", "the file of registrations is not as init wrote it", hint="run init again")
    return content
