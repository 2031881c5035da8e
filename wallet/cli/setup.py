"""`init` and `trust`: a vault under a passphrase, and whom the wallet trusts."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from runtime import console
from runtime.files import private_directory, write_private
from runtime.settings import CONFIG_FILE, load_settings
from wallet.cli.options import AsJson, Home, PassphraseFd
from wallet.settings import WalletSettings, add_anchor, load_anchors
from wallet.vault.vault import create_vault


def init(
    home: Home,
    tls_root: Annotated[
        Path | None, typer.Option("--tls-root", help="PEM of the development TLS root; the public roots unless given")
    ] = None,
    development_origin: Annotated[
        list[str] | None, typer.Option("--development-origin", help="Exact origin on this machine that may be called; may be repeated")
    ] = None,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Make an empty vault under a passphrase."""
    private_directory(home)
    passphrase = console.read_secret(passphrase_fd, console.words(ja="新しいパスフレーズ", en="New passphrase"), confirm=True)
    create_vault(home, passphrase)
    lines = []
    if tls_root is not None:
        shutil.copyfile(tls_root, home / "tls-root.pem")
        lines.append(f'tls_ca_file = "{(home / "tls-root.pem").absolute()}"')
    if development_origin:
        lines.append("development_origins = [" + ", ".join(f'"{origin}"' for origin in development_origin) + "]")
    write_private(home / CONFIG_FILE, ("\n".join(lines) + "\n").encode())
    load_settings(WalletSettings, home)
    console.print_line(console.words(ja=f"ウォレットを作成しました: {home}", en=f"Made a wallet in {home}"))


def trust_add(
    file: Annotated[Path, typer.Argument(help="PEM file of a root certificate")],
    home: Home,
    purpose: Annotated[list[str], typer.Option("--purpose", help="issuer, status, reader or attester; may be repeated")],
    municipality: Annotated[str | None, typer.Option("--municipality", help="Municipality code that this root may speak for")] = None,
) -> None:
    """Trust a root certificate for the purposes named, and for nothing else."""
    stem = add_anchor(home, file.read_bytes(), {"purposes": purpose, "municipality": municipality})
    console.print_line(console.words(ja=f"信頼する証明書に加えました: {stem}", en=f"Trusted from now on: {stem}"))


def trust_list(home: Home, as_json: AsJson = False) -> None:
    """List whom the wallet trusts, and for what."""
    rows = [
        {
            "name": anchor.certificate.subject.rfc4514_string() if anchor.certificate else "",
            "purposes": sorted(purpose.value for purpose in anchor.purposes),
            "municipality": anchor.municipality,
        }
        for anchor in load_anchors(home)
    ]
    if as_json:
        console.print_json(rows)
        return
    table = Table(title=console.words(ja="信頼する証明書", en="Trusted roots"))
    for heading in ("name", "purposes", "municipality"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(str(row["name"]), ", ".join(str(one) for one in row["purposes"] or ()), str(row["municipality"] or "-"))
    Console().print(table)
