"""The wallet's configuration and anchors in its home."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from runtime.files import private_directory, write_atomic
from runtime.settings import DevelopmentOnly, Settings
from schemas.credentials import Catalogue, catalogue
from schemas.errors import WarifuError
from schemas.trust import Anchors
from schemas.trust.anchor_form import ANCHOR_FOLDER, anchor_files, one_certificate, read_anchor

if TYPE_CHECKING:
    from runtime.fetcher import GuardedFetcher

HttpsUrl = Annotated[str, Field(pattern=r"^https://")]


class WalletSettings(Settings):
    """Everything that a wallet can be told."""

    model_config = SettingsConfigDict(env_prefix="WARIFU_WALLET_")

    tls_ca_file: str = ""
    # A wallet has no address of its own, so this switch opens nothing to others: it lifts the address rule for exact origins.
    development_origins: Annotated[tuple[HttpsUrl, ...], DevelopmentOnly] = ()
    vct_base: HttpsUrl = "https://catalogue.example"
    doctype_prefix: str = "example.catalogue"
    copies: Annotated[int, Field(ge=1, le=20)] = 3

    def types(self) -> Catalogue:
        """Return the bundled credential types."""
        return catalogue(self.vct_base, self.doctype_prefix)

    def fetcher(self) -> GuardedFetcher:
        """Return the guarded client that every call of the wallet goes through."""
        from runtime.fetcher import GuardedFetcher  # noqa: PLC0415 - commands that call nobody do not pay for HTTP

        return GuardedFetcher(
            allowed_dev_origins=frozenset(self.development_origins), ca_file=Path(self.tls_ca_file) if self.tls_ca_file else None
        )


def load_anchors(home: Path) -> Anchors:
    """Return every trust anchor of the home.

    Raises:
        WarifuError: ``anchor_unreadable``, ``bad_anchor``; or ``no_anchor`` where there is none: a wallet that trusts
            nobody can receive nothing.
    """
    found = []
    for path in sorted((home / ANCHOR_FOLDER).glob("*.toml")):
        try:
            found.append(read_anchor(path.name, path.read_text("utf-8"), path.with_suffix(".pem").read_bytes()))
        except OSError as error:
            raise WarifuError(
                "anchor_unreadable", f"the anchor {path.name} cannot be read", hint="add it again: warifu-wallet trust add"
            ) from error
    if not found:
        raise WarifuError(
            "no_anchor", "the wallet trusts nobody yet", hint="add a root certificate: warifu-wallet trust add FILE.pem --purpose issuer"
        )
    return Anchors(found)


def add_anchor(home: Path, pem: bytes, rules: dict[str, object]) -> str:
    """Store an anchor and return its name; raises ``anchor_unreadable`` or ``bad_anchor``."""
    stem, toml, certificate = anchor_files(one_certificate(pem), rules)
    folder = private_directory(home / ANCHOR_FOLDER)
    write_atomic(folder / f"{stem}.pem", certificate)
    write_atomic(folder / f"{stem}.toml", toml)
    return stem
