"""`list`, `show`, `export`, `delete` and `history`: what the wallet holds and what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from runtime import clock, console
from runtime.files import write_private
from runtime.settings import load_settings
from schemas.errors import WarifuError
from wallet.cli.options import AsJson, Home, PassphraseFd, open_vault_of
from wallet.present.consent import claim_lines, title_of
from wallet.present.present import open_copy
from wallet.settings import WalletSettings
from wallet.vault.content import StoredCopy

CopyId = Annotated[str, typer.Argument(help="Id of a copy, or the first letters of it")]


def locale() -> str:
    """Return the reader's language."""
    return "ja" if console.language() == "ja" else "en"


def list_copies(home: Home, as_json: AsJson = False, passphrase_fd: PassphraseFd = None) -> None:
    """List the copies: what they are, until when they are valid, whether they were shown."""
    at = clock.now()
    with open_vault_of(home, passphrase_fd) as vault:
        copies = list(vault.content.copies.values())
    if as_json:
        console.print_json([{**_summary(copy), "fresh": copy.fresh_at(at)} for copy in copies])
        return
    table = Table(title=console.words(ja="保有する証明", en="Credentials held"))
    for heading in console.words(ja="ID,種類,形式,発行市町村,有効期限,提示", en="id,type,format,municipality,valid until,shown").split(","):
        table.add_column(heading, overflow="fold")
    types = load_settings(WalletSettings, home).types()
    for copy in copies:
        shown = console.words(ja="済", en="yes") if copy.shown_at else "-"
        table.add_row(copy.copy_id[:8], title_of(types, copy, locale()), copy.format, copy.municipality, copy.valid_until[:10], shown)
    Console().print(table)


def _summary(copy: StoredCopy) -> dict[str, object]:
    return {
        "id": copy.copy_id,
        "type": copy.type,
        "format": copy.format,
        "issuer": copy.issuer,
        "municipality": copy.municipality,
        "received_at": copy.received_at,
        "valid_until": copy.valid_until,
        "shown_at": copy.shown_at,
    }


def show(copy_id: CopyId, home: Home, as_json: AsJson = False, passphrase_fd: PassphraseFd = None) -> None:
    """Show everything that one copy says."""
    with open_vault_of(home, passphrase_fd) as vault:
        copy = vault.content.copy(copy_id)
    held = open_copy(copy)
    if as_json:
        console.print_json({**_summary(copy), "claims": dict(held.claims)})
        return
    types = load_settings(WalletSettings, home).types()
    table = Table(title=title_of(types, copy, locale()), show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for line in claim_lines(held, types, locale()):
        table.add_row(line.label, line.value)
    Console().print(table)


def export(
    copy_id: CopyId,
    home: Home,
    out: Annotated[Path, typer.Option("--out", help="File to write; readable by you alone")],
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Write one copy, without its holder key, to a file: compact SD-JWT VC text or base64url IssuerSigned."""
    with open_vault_of(home, passphrase_fd) as vault:
        copy = vault.content.copy(copy_id)
    write_private(out, copy.credential.encode("ascii"), replace=False)
    console.print_line(console.words(ja=f"書き出しました: {out}", en=f"Written: {out}"))


def delete(
    copy_id: Annotated[str, typer.Argument(help="Id of a copy, or all")],
    home: Home,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Forget a copy and its key, or everything. What a verifier has seen stays seen."""
    with open_vault_of(home, passphrase_fd) as vault:
        if not yes and not typer.confirm(console.words(ja="削除しますか", en="Delete?"), err=True):
            raise WarifuError("declined", "nothing was deleted")
        if copy_id == "all":
            for one in list(vault.content.copies):
                vault.content.drop(one)
            vault.content.grants.clear()
        else:
            vault.content.drop(vault.content.copy(copy_id).copy_id)
        vault.save()
    console.print_line(console.words(ja="削除しました。", en="Deleted."))


def history(home: Home, as_json: AsJson = False, passphrase_fd: PassphraseFd = None) -> None:
    """Show to whom something was shown, when, for what, and which claims; the values are not kept."""
    with open_vault_of(home, passphrase_fd) as vault:
        entries = vault.content.history
    if as_json:
        console.print_json(
            [{name: getattr(entry, name) for name in ("at", "verifier", "purpose", "outcome", "claims", "copies")} for entry in entries]
        )
        return
    table = Table(title=console.words(ja="提示の履歴", en="History"))
    for heading in console.words(ja="日時,相手,目的,結果,項目", en="when,to whom,purpose,outcome,claims").split(","):
        table.add_column(heading, overflow="fold")
    for entry in entries:
        table.add_row(
            entry.at[:16], console.safe_text(entry.verifier), console.safe_text(entry.purpose), entry.outcome, ", ".join(entry.claims)
        )
    Console().print(table)
