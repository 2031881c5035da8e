"""`accept` and `refresh`: from an offer to stored copies, and from old copies to new ones."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from runtime import clock, console
from runtime.settings import load_settings
from schemas.errors import UndeterminedError, WarifuError
from schemas.messages.openid4vci import CredentialOffer, OfferReference, parse_offer, parse_offer_link
from wallet.cli.options import AsJson, Home, PassphraseFd, confirmed, line_of_stdin, open_vault_of
from wallet.receive import accept as receiving
from wallet.receive.client import IssuanceClient
from wallet.receive.issuers import check_issuer_trusted
from wallet.receive.renew import await_deferred
from wallet.receive.renew import refresh as renew
from wallet.settings import WalletSettings, load_anchors
from wallet.vault.vault import Vault

Encrypt = Annotated[bool, typer.Option("--encrypt/--no-encrypt", help="Ask for an encrypted response, unreadable to what stands between")]
Copies = Annotated[int | None, typer.Option("--copies", min=1, max=20, help="One-time copies of each type and format")]
Wait = Annotated[int, typer.Option("--wait", min=0, max=3600, help="Seconds to wait for what the issuer delivers later")]
MAX_OFFER_BYTES = 64 * 1024


def accept(
    offer: Annotated[str, typer.Argument(help="Offer link, or - to read it from standard input")],
    home: Home,
    tx_code_fd: Annotated[int | None, typer.Option("--tx-code-fd", help="Read the transaction code from this file descriptor")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the code is sent")] = False,
    encrypt: Encrypt = True,
    copies: Copies = None,
    wait: Wait = 0,
    as_json: AsJson = False,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Redeem an offer: fetch, verify and store one-time copies of each credential."""
    link = line_of_stdin(offer)
    settings = load_settings(WalletSettings, home)
    with open_vault_of(home, passphrase_fd) as vault:
        receiver = _receiver(home, settings, encrypt, copies)
        read = read_offer(link, settings)
        check_issuer_trusted(read.credential_issuer, receiver.anchors)
        _confirm(read, yes)
        tx_code = None
        if read.tx_code is not None:
            tx_code = console.read_secret(tx_code_fd, _tx_code_prompt(read)).decode("utf-8", "replace")
        received = _wait_for(receiver, vault, receiving.accept_offer(receiver, read, vault, tx_code=tx_code), wait)
    _report([received], as_json)
    _raise_first([received])


def read_offer(link: str, settings: WalletSettings) -> CredentialOffer:
    """Read an offer link; an offer by reference is fetched by the guarded fetcher alone (threat row C06)."""
    parsed = parse_offer_link(link)
    if not isinstance(parsed, OfferReference):
        return parsed
    with settings.fetcher() as fetcher:
        answer = fetcher.get(parsed.uri, accept="application/json", max_bytes=MAX_OFFER_BYTES)
    if answer.status != 200:
        raise UndeterminedError(
            "offer_unavailable",
            f"the issuer answered {answer.status} for its offer",
            hint="ask for a new offer",
            clause="OpenID4VCI 1.0 4.1.3",
        )
    return parse_offer(answer.body)


def _confirm(offer: CredentialOffer, yes: bool) -> None:
    """Show where the code would go before it is typed (threat row C05)."""
    console.print_note(console.words(ja=f"発行者: {offer.credential_issuer}", en=f"Issuer: {offer.credential_issuer}"))
    for name in offer.configuration_ids:
        console.print_note(f"  - {name}")
    if not confirmed(console.words(ja="受け取りますか", en="Receive these credentials?"), yes):
        raise WarifuError("declined", "the offer was declined", hint="nothing was sent")


def _tx_code_prompt(offer: CredentialOffer) -> str:
    length = offer.tx_code.length if offer.tx_code else None
    digits = "" if length is None else console.words(ja=f"（{length}桁）", en=f" ({length} characters)")
    return console.words(ja="取引コード", en="Transaction code") + digits


def refresh(
    home: Home,
    encrypt: Encrypt = True,
    copies: Copies = None,
    wait: Wait = 0,
    as_json: AsJson = False,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Fetch what the issuer had deferred, and new copies of everything else; the old copies are then forgotten."""
    settings = load_settings(WalletSettings, home)
    with open_vault_of(home, passphrase_fd) as vault:
        receiver = _receiver(home, settings, encrypt, copies)
        received, failure = _refresh_all(receiver, vault, wait)
    _report(received, as_json)
    if failure is not None:
        raise failure
    _raise_first(received)


def _raise_first(received: list[receiving.Received]) -> None:
    """End with the issuer's refusal where it refused one of several credentials; the others are stored and reported."""
    for one in received:
        for _, refusal in one.refused:
            raise refusal


def _refresh_all(receiver: receiving.Receiver, vault: Vault, wait: int) -> tuple[list[receiving.Received], WarifuError | None]:
    """Renew each grant; one that cannot be renewed does not keep the others from it, and is reported at the end."""
    grants = [grant for grant in vault.content.grants.values() if grant.refresh_token is not None]
    if not grants:
        raise WarifuError("nothing_to_refresh", "the wallet holds nothing that could be renewed", hint="accept an offer first")
    received: list[receiving.Received] = []
    failure: WarifuError | None = None
    for grant in grants:
        try:
            received.append(_wait_for(receiver, vault, renew(receiver, grant, vault), wait))
        except WarifuError as error:
            failure = failure or error
    return received, failure


def _wait_for(receiver: receiving.Receiver, vault: Vault, received: receiving.Received, seconds: int) -> receiving.Received:
    """Wait for what was deferred, with a line for each question."""
    until = clock.now() + timedelta(seconds=seconds)
    return await_deferred(receiver, vault, received, until=until, pause=time.sleep, tell=_tell_waiting)


def _tell_waiting(count: int, left: float) -> None:
    console.print_note(
        console.words(ja=f"交付を待っています: {count} 件（あと {left:.0f} 秒）", en=f"Waiting for {count} credentials ({left:.0f} s left)")
    )


def _receiver(home: Path, settings: WalletSettings, encrypt: bool, copies: int | None) -> receiving.Receiver:
    client = IssuanceClient(settings.fetcher(), now=clock.now)
    return receiving.Receiver(client, load_anchors(home), clock.now, copies=copies or settings.copies, encrypted=encrypt)


def _tell_unsigned(received: list[receiving.Received]) -> None:
    """Note where an issuer that could sign its metadata sent it unsigned: no reason to refuse, but worth knowing (C28)."""
    if any(one.access.endpoints.statement == "unsigned" for one in received):
        console.print_note(
            console.words(
                ja="注意: 発行者のメタデータに署名がありませんでした。", en="Note: the issuer's metadata came without a signature."
            )
        )


def _report(received: list[receiving.Received], as_json: bool) -> None:
    _tell_unsigned(received)
    copies = [copy for one in received for copy in one.copies]
    deferred = [entry.configuration_id for one in received for entry in one.pending]
    if as_json:
        stored = [{"id": copy.copy_id, "type": copy.type, "format": copy.format, "valid_until": copy.valid_until} for copy in copies]
        console.print_json({"copies": stored, "deferred": deferred})
        return
    counts: dict[tuple[str, str], int] = {}
    for copy in copies:
        counts[copy.type, copy.format] = counts.get((copy.type, copy.format), 0) + 1
    for (kind, name), count in counts.items():
        console.print_line(console.words(ja=f"受け取りました: {kind} ({name}) {count} 部", en=f"Stored: {kind} ({name}), {count} copies"))
    for name in deferred:
        console.print_line(
            console.words(ja=f"後ほど交付: {name}（refresh で受け取れます）", en=f"Deferred: {name} (fetch it later with refresh)")
        )
