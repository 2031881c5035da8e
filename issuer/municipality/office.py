"""The inner side put together: settings, store, keys, profile and the way to the front, opened once for a process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from issuer.keys import KeyRing, open_ring
from issuer.keys.keyring import Authority, KeyRole
from issuer.municipality.credentials.cycle import Workshop
from issuer.municipality.credentials.profile import Profile, make_profile
from issuer.municipality.frontier import Front, FrontClient
from issuer.municipality.settings import InnerSettings
from issuer.municipality.status.publish import ListTimes
from runtime.fetcher import GuardedFetcher
from runtime.migrations import migrate
from runtime.settings import load_settings
from runtime.store import open_engine, read
from schemas.trust import Anchors, TrustAnchor, TrustPurpose

STORE_PACKAGE = "issuer.store.municipality"
CLIENT_CERTIFICATE = "front-client.pem"
CLIENT_KEY = "front-client.key"


@dataclass(frozen=True, slots=True)
class Office:
    """One municipality's inner side."""

    home: Path
    settings: InnerSettings
    engine: sa.Engine
    profile: Profile
    front: Front

    @property
    def authority(self) -> Authority:
        """Whose keys are made here."""
        return Authority(self.settings.municipality_name, self.settings.municipality_code, self.settings.issuer)

    @property
    def keys_folder(self) -> Path:
        """Where key files go."""
        return self.home / "keys"

    @property
    def list_times(self) -> ListTimes:
        """How long status lists stand and may be cached."""
        return ListTimes(timedelta(seconds=self.settings.status_ttl_seconds), timedelta(hours=self.settings.status_life_hours))


def open_office(home: Path) -> Office:
    """Open the office at ``home`` and bring its store to the newest schema.

    Raises:
        WarifuError: what settings and store refuse.
    """
    settings = load_settings(InnerSettings, home)
    engine = open_store(home, settings)
    profile = make_profile(
        issuer=settings.issuer,
        code=settings.municipality_code,
        name=settings.municipality_name,
        prefecture=settings.prefecture,
        vct_base=settings.vct_base,
        doctype_prefix=settings.doctype_prefix,
    )
    return Office(home, settings, engine, profile, _front(home, settings))


def open_store(home: Path, settings: InnerSettings) -> sa.Engine:
    """Open and migrate the store that the settings name, by default a SQLite file in ``home``."""
    engine = open_engine(settings.store_url or f"sqlite:///{home.absolute() / 'municipality.db'}")
    migrate(engine, STORE_PACKAGE)
    return engine


def _front(home: Path, settings: InnerSettings) -> Front:
    fetcher = GuardedFetcher(
        allowed_dev_origins=frozenset(settings.development_origins),
        ca_file=Path(settings.tls_ca_file) if settings.tls_ca_file else None,
        client_certificate=(home / CLIENT_CERTIFICATE, home / CLIENT_KEY),
    )
    return FrontClient(fetcher, settings.front_url)


def open_workshop(office: Office, *, passphrase: bytes) -> tuple[Workshop, KeyRing]:
    """Open the signers; returns what the issuing cycle works with, and the ring."""
    with read(office.engine) as connection:
        ring = open_ring(connection, passphrase=passphrase)
    anchor = TrustAnchor(
        purposes=frozenset({TrustPurpose.ISSUER, TrustPurpose.STATUS}),
        certificate=ring.root,
        municipality=office.settings.municipality_code,
        profile="strict",
    )
    workshop = Workshop(office.engine, office.profile, ring.identity(KeyRole.DOCUMENT_SIGNER), Anchors((anchor,)))
    return workshop, ring
