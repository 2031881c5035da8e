"""`accept` and `refresh`: from an offer to stored copies, and from old copies to new ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runtime import clock, console
from runtime.settings import load_settings
from schemas.errors import WarifuError
from schemas.messages.openid4vci import CredentialOffer, OfferReference, parse_offer, parse_offer_link
from wallet.cli.options import AsJson, Home, PassphraseFd, open_vault_of
from wallet.receive import accept as receiving
from wallet.receive.client import IssuanceClient
from wallet.settings import WalletSettings, load_anchors
from wallet.vault.content import StoredCopy
from wallet.vault.vault import Vault

Encrypt = Annotated[bool, typer.Option("--encrypt/--no-encrypt", help="Ask for an encrypted response, unreadable to what stands between")]
Copies = Annotated[int | None, typer.Option("--copies", min=1, max=20, help="One-time copies of each type and format")]


def accept(
    offer: Annotated[str, typer.Argument(help="Offer link, or - to read it from standard input")],
    home: Home,
    tx_code_fd: Annotated[int | None, typer.Option("--tx-code-fd", help="Read the transaction code from this file descriptor")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the code is sent")] = False,
    encrypt: Encrypt = True,
    copies: Copies = None,
    as_json: AsJson = False,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Redeem an offer: fetch, verify and store one-time copies of each credential."""
    link = typer.get_text_stream("stdin").readline().strip() if offer == "-" else offer
    with open_vault_of(home, passphrase_fd) as vault:
        receiver = _receiver(home, encrypt, copies)
        read = _read_offer(link, load_settings(WalletSettings, home))
        _confirm(read, yes)
        tx_code = None
        if read.tx_code is not None:
            tx_code = console.read_secret(tx_code_fd, console.words(ja="取引コード", en="Transaction code")).decode("utf-8", "replace")
        received = receiving.accept_offer(receiver, read, vault.content, tx_code=tx_code)
        vault.save()
    _report(received, as_json)


def _read_offer(link: str, settings: WalletSettings) -> CredentialOffer:
    parsed = parse_offer_link(link)
    if isinstance(parsed, OfferReference):
        return parse_offer(settings.fetcher().get(parsed.uri, accept="application/json", max_bytes=64 * 1024).body)
    return parsed


def _confirm(offer: CredentialOffer, yes: bool) -> None:
    """Show where the code would go before it is typed (threat row C05)."""
    console.print_note(console.words(ja=f"発行者: {offer.credential_issuer}", en=f"Issuer: {offer.credential_issuer}"))
    for name in offer.configuration_ids:
        console.print_note(f"  - {name}")
    if not yes and not typer.confirm(console.words(ja="受け取りますか", en="Receive these credentials?"), err=True):
        raise WarifuError("declined", "the offer was declined", hint="nothing was sent")


def refresh(
    home: Home,
    encrypt: Encrypt = True,
    copies: Copies = None,
    as_json: AsJson = False,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Fetch new copies of everything that can be renewed; the old copies are forgotten once the new ones are stored."""
    with open_vault_of(home, passphrase_fd) as vault:
        receiver = _receiver(home, encrypt, copies)
        if not vault.content.grants:
            raise WarifuError("nothing_to_refresh", "the wallet holds nothing that could be renewed", hint="accept an offer first")
        received = _refresh_all(receiver, vault)
    _report(received, as_json)


def _refresh_all(receiver: receiving.Receiver, vault: Vault) -> receiving.Received:
    """Renew each grant; one that has ended does not keep the others from being renewed, and is reported at the end."""
    copies: list[StoredCopy] = []
    deferred: list[str] = []
    refusal: WarifuError | None = None
    for grant in list(vault.content.grants.values()):
        try:
            one = receiving.refresh(receiver, grant, vault.content, vault.save)
        except WarifuError as error:
            refusal = error
            continue
        vault.save()
        copies += one.copies
        deferred += one.deferred
    if refusal is not None:
        raise refusal
    return receiving.Received("", tuple(copies), tuple(deferred))


def _receiver(home: Path, encrypt: bool, copies: int | None) -> receiving.Receiver:
    settings = load_settings(WalletSettings, home)
    client = IssuanceClient(settings.fetcher(), now=clock.now)
    return receiving.Receiver(client, load_anchors(home), clock.now, copies=copies or settings.copies, encrypted=encrypt)


def _report(received: receiving.Received, as_json: bool) -> None:
    if as_json:
        console.print_json(
            {
                "copies": [
                    {"id": copy.copy_id, "type": copy.type, "format": copy.format, "valid_until": copy.valid_until}
                    for copy in received.copies
                ],
                "deferred": list(received.deferred),
            }
        )
        return
    counts: dict[tuple[str, str], int] = {}
    for copy in received.copies:
        counts[copy.type, copy.format] = counts.get((copy.type, copy.format), 0) + 1
    for (kind, name), count in counts.items():
        console.print_line(console.words(ja=f"受け取りました: {kind} ({name}) {count} 部", en=f"Stored: {kind} ({name}), {count} copies"))
    for name in received.deferred:
        console.print_line(
            console.words(ja=f"後ほど交付: {name}（refresh で受け取れます）", en=f"Deferred: {name} (fetch it later with refresh)")
        )
