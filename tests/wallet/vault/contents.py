"""What the test vaults hold."""

from __future__ import annotations

from wallet.vault.content import VaultContent
from wallet.vault.entries import Grant, HolderKey, Pending, Shown, StoredCopy

PASSPHRASE = b"correct horse battery staple"
DPOP = HolderKey("t-dpop", "AQ")


def copy(copy_id: str = "c0ffee00", holder_key: str = "t-1", **changes: str | None) -> StoredCopy:
    values: dict[str, str | None] = {
        "grant_id": "g1",
        "configuration_id": "resident-record-sd-jwt",
        "format": "dc+sd-jwt",
        "type": "https://catalogue.example/resident-record/1",
        "issuer": "https://warifu.example/999997",
        "municipality": "999997",
        "credential": "x~",
        "received_at": "2026-04-01T12:00:00+00:00",
        "valid_until": "2026-04-15T00:00:00+00:00",
    }
    return StoredCopy(copy_id=copy_id, holder_key=holder_key, **(values | changes))  # type: ignore[arg-type]  # fields by name


def small_content() -> VaultContent:
    """Return content with one of everything."""
    content = VaultContent()
    content.keys["t-1"] = HolderKey("t-1", "AQ")
    content.copies["c0ffee00"] = copy()
    content.grants["g1"] = Grant("g1", "https://warifu.example/999997", ("resident-record-sd-jwt",), DPOP, "refresh")
    content.pending.append(Pending("transaction", "g1", "basic-four-mdoc", ("t-1",), "2026-04-01T12:00:00+00:00", 3))
    content.history.append(Shown("2026-04-01T12:00:00+00:00", "割符銀行", "x509_hash:a", "確認", "accepted", ("c0ffee00",), ("name",)))
    return content
