"""`init` and `trust`: a vault under a passphrase, and whom the wallet trusts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runtime import console
from runtime.files import private_directory, write_private
from runtime.settings import CONFIG_FILE, load_settings
from schemas.errors import WarifuError
from wallet.cli.options import AsJson, Home, PassphraseFd
from wallet.cli.tables import print_table
from wallet.settings import WalletSettings, add_anchor, load_anchors
from wallet.vault.sealing import check_passphrase
from wallet.vault.vault import check_no_vault, create_vault

TLS_ROOT = "tls-root.pem"
TlsRoot = typer.Option("--tls-root", exists=True, dir_okay=False, help="PEM of the development TLS root; public roots unless given")


def init(
    home: Home,
    tls_root: Annotated[Path | None, TlsRoot] = None,
    development_origin: Annotated[
        list[str] | None, typer.Option("--development-origin", help="Exact origin on this machine that may be called; may be repeated")
    ] = None,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Make an empty vault under a passphrase."""
    check_no_vault(home)
    passphrase = console.read_secret(passphrase_fd, console.words(ja="新しいパスフレーズ", en="New passphrase"), confirm=True)
    check_passphrase(passphrase)
    private_directory(home)
    lines = []
    if tls_root is not None:
        write_private(home / TLS_ROOT, tls_root.read_bytes())
        lines.append(f"tls_ca_file = {_quoted(str((home / TLS_ROOT).absolute()))}")
    if development_origin:
        lines.append("development_origins = [" + ", ".join(_quoted(origin) for origin in development_origin) + "]")
    write_private(home / CONFIG_FILE, ("\n".join(lines) + "\n").encode())
    load_settings(WalletSettings, home)
    create_vault(home, passphrase)
    console.print_line(console.words(ja=f"ウォレットを作成しました: {home}", en=f"Made a wallet in {home}"))


def _quoted(text: str) -> str:
    if not text.isprintable():
        raise WarifuError("config_invalid", "a path or origin holds control characters", hint="choose another")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def trust_add(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="PEM file of a root certificate")],
    home: Home,
    purpose: Annotated[list[str], typer.Option("--purpose", help="issuer, status, reader or attester; may be repeated")],
    municipality: Annotated[str | None, typer.Option("--municipality", help="Municipality code that this root may speak for")] = None,
    origin: Annotated[
        list[str] | None, typer.Option("--origin", help="Origin that this root may speak for besides the one it names; may be repeated")
    ] = None,
) -> None:
    """Trust a root certificate for the purposes named, and for nothing else."""
    stem = add_anchor(home, file.read_bytes(), {"purposes": purpose, "municipality": municipality, "status_origins": origin})
    console.print_line(console.words(ja=f"信頼する証明書に加えました: {stem}", en=f"Trusted from now on: {stem}"))


def trust_list(home: Home, as_json: AsJson = False) -> None:
    """List whom the wallet trusts, and for what."""
    rows = [
        {
            "name": anchor.certificate.subject.rfc4514_string() if anchor.certificate else "",
            "purposes": sorted(purpose.value for purpose in anchor.purposes),
            "municipality": anchor.municipality,
            "origins": sorted(anchor.status_origins),
        }
        for anchor in load_anchors(home)
    ]
    if as_json:
        console.print_json(rows)
        return
    headings = console.words(ja="名称,用途,市区町村コード", en="name,purposes,municipality").split(",")
    cells = [[str(row["name"]), ", ".join(row["purposes"] or ()), str(row["municipality"] or "-")] for row in rows]
    print_table(console.words(ja="信頼する証明書", en="Trusted roots"), headings, cells)
