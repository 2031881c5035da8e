"""`list`, `show`, `export`, `delete` and `history`: what the wallet holds and what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runtime import clock, console
from runtime.files import write_private
from runtime.settings import load_settings
from schemas.errors import WarifuError
from wallet.cli.options import AsJson, Home, PassphraseFd, confirmed, open_vault_of
from wallet.cli.tables import print_table
from wallet.present.held import claim_lines, json_form, open_copy, title_of
from wallet.settings import WalletSettings
from wallet.vault.content import VaultContent
from wallet.vault.entries import StoredCopy

CopyId = Annotated[str, typer.Argument(help="Id of a copy, or the first letters of it")]


def locale() -> str:
    """Return the reader's language."""
    return "ja" if console.language() == "ja" else "en"


def list_copies(home: Home, as_json: AsJson = False, passphrase_fd: PassphraseFd = None) -> None:
    """List the copies: what they are, until when they are valid, whether they were shown; and what is still awaited."""
    with open_vault_of(home, passphrase_fd) as vault:
        content = vault.content
    if as_json:
        at = clock.now()
        console.print_json([{**_summary(copy), "fresh": content.is_fresh(copy, at)} for copy in content.copies.values()])
        return
    types = load_settings(WalletSettings, home).types()
    headings = console.words(ja="ID,種類,形式,発行市町村,有効期限,提示", en="id,type,format,municipality,valid until,shown").split(",")
    rows = [
        (copy.copy_id[:8], title_of(types, copy, locale()), copy.format, copy.municipality, copy.valid_until[:10], _shown(content, copy))
        for copy in content.copies.values()
    ]
    print_table(console.words(ja="保有する証明", en="Credentials held"), headings, rows)
    for entry in content.pending:
        name = entry.configuration_id
        console.print_line(console.words(ja=f"後ほど交付: {name}（refresh で受け取れます）", en=f"Awaited: {name} (fetch it with refresh)"))


def _shown(content: VaultContent, copy: StoredCopy) -> str:
    if copy.shown_at is not None:
        return console.words(ja="済", en="yes")
    key_shown = content.keys[copy.holder_key].shown_at is not None
    return console.words(ja="鍵のみ", en="key only") if key_shown else "-"


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
        console.print_json({**_summary(copy), "claims": json_form(held.claims)})
        return
    types = load_settings(WalletSettings, home).types()
    lines = claim_lines(held, types, locale())
    print_table(title_of(types, copy, locale()), ("", ""), [(line.label, line.value) for line in lines])


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
    """Forget a copy and its key, or everything held. What a verifier has seen stays seen."""
    with open_vault_of(home, passphrase_fd) as vault:
        chosen = None if copy_id == "all" else vault.content.copy(copy_id)
        if not confirmed(console.words(ja="削除しますか", en="Delete?"), yes):
            raise WarifuError("declined", "nothing was deleted")
        if chosen is None:
            vault.content.forget_everything_held()
        else:
            vault.content.drop(chosen.copy_id)
        vault.save()
    console.print_line(console.words(ja="削除しました。", en="Deleted."))


def history(home: Home, as_json: AsJson = False, passphrase_fd: PassphraseFd = None) -> None:
    """Show to whom something was shown, when, for what, and which claims; the values are not kept."""
    with open_vault_of(home, passphrase_fd) as vault:
        entries = vault.content.history
    if as_json:
        members = ("at", "verifier", "purpose", "outcome", "claims", "copies")
        console.print_json([{name: getattr(entry, name) for name in members} for entry in entries])
        return
    headings = console.words(ja="日時,相手,目的,結果,項目", en="when,to whom,purpose,outcome,claims").split(",")
    rows = [(entry.at[:16], entry.verifier, entry.purpose, entry.outcome, ", ".join(entry.claims)) for entry in entries]
    print_table(console.words(ja="提示の履歴", en="History"), headings, rows)
