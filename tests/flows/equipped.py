"""A wallet's command with anchors, on a town's wire and clock."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from runtime import clock
from runtime.fetcher import GuardedFetcher
from tests.flows.holder import PASSPHRASE
from tests.flows.town import Town
from tests.wallet.command import Command, Outcome
from wallet.settings import WalletSettings
from wallet.vault import sealing
from wallet.vault.sealing import VaultLock


def equipped(town: Town, lock: VaultLock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """A wallet with anchors, on the town's wire and clock; the slow derivation is done once for all tests."""
    monkeypatch.setattr(WalletSettings, "fetcher", lambda _self: GuardedFetcher(transport=town.wire))
    monkeypatch.setattr(clock, "now", town.clock)
    genuine = sealing.derive
    monkeypatch.setattr(sealing, "derive", lambda kdf, passphrase: lock.key if passphrase == PASSPHRASE else genuine(kdf, passphrase))
    command = Command(town.folder / "wallet", monkeypatch, capsys)
    assert command("init").code == 0
    for name, certificate, options in (
        ("city", town.world.warifu.root.certificate, ["--purpose", "issuer", "--municipality", "999997"]),
        ("registrar", town.world.registrar.certificate, ["--purpose", "reader", "--purpose", "attester"]),
    ):
        file = town.folder / f"{name}.pem"
        file.write_bytes(certificate.public_bytes(Encoding.PEM))
        assert command("trust", "add", str(file), *options, opens=False).code == 0
    return command


def accepted(town: Town, wallet: Command, *options: str) -> Outcome:
    made = town.offer(tx_code=True)
    with town.issuing():
        done = wallet("accept", made.link, "--yes", *options, secrets={"--tx-code-fd": made.tx_code or ""})
    assert done.code == 0, done.err
    return done


def copy_id(wallet: Command, form: str = "dc+sd-jwt") -> str:
    """Return the id of a resident record in one format."""
    rows = wallet("list", "--json").json()
    return next(str(row["id"]) for row in rows if "resident" in row["type"] and row["format"] == form)
