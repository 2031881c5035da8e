"""`warifu-issuer offer create`: an offer as link and QR code, made at the counter."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import segno
import typer

from issuer.municipality.offers import MadeOffer, create_offer
from issuer.municipality.office import open_office
from runtime import clock, console
from runtime.files import write_private

app = typer.Typer(help="Offers (交付の申込み): what a resident's wallet redeems.", no_args_is_help=True)

FORMATS = ("sd-jwt", "mdoc")


@app.callback()
def _group() -> None:
    """Offers (交付の申込み): what a resident's wallet redeems."""


@app.command()
def create(
    resident: Annotated[str, typer.Option("--resident", help="宛名番号")],
    kinds: Annotated[list[str], typer.Option("--type", help="resident-record or basic-four; may be repeated")],
    home: Annotated[Path, typer.Option("--home", envvar="WARIFU_HOME", help="Home of the inner side")],
    formats: Annotated[list[str] | None, typer.Option("--format", help="sd-jwt or mdoc; both unless given")] = None,
    special: Annotated[list[str] | None, typer.Option("--special", help="特別の請求: an item left out otherwise; may be repeated")] = None,
    tx_code: Annotated[bool, typer.Option("--tx-code/--no-tx-code", help="Demand a six-digit code from another channel")] = False,
    qr: Annotated[Path | None, typer.Option("--qr", help="Also write the QR code to FILE.svg or FILE.png")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON")] = False,
) -> None:
    """Make an offer for one resident; it can be redeemed once, within five minutes."""
    office = open_office(home)
    offer = create_offer(
        office.engine,
        office.front,
        office.profile,
        resident_id=resident,
        configuration_ids=[f"{kind}-{name}" for kind in kinds for name in formats or FORMATS],
        special_items=frozenset(special or ()),
        with_tx_code=tx_code,
        actor="cli",
        at=clock.now(),
    )
    if qr is not None:
        _write_qr(offer.link, qr)
    if as_json:
        console.print_json(_as_json(offer))
        return
    _print(offer)


def _as_json(offer: MadeOffer) -> dict[str, object]:
    return {
        "offer_id": offer.offer_id,
        "credential_offer_uri": offer.link,
        "tx_code": offer.tx_code,
        "expires_at": offer.expires_at.isoformat(),
        "configuration_ids": list(offer.configuration_ids),
    }


def _print(offer: MadeOffer) -> None:
    console.print_line(offer.link)
    if offer.tx_code:
        console.print_line(
            console.words(
                ja=f"取引コード（別の手段で伝える）: {offer.tx_code}", en=f"Transaction code (tell it by another channel): {offer.tx_code}"
            )
        )
    console.print_note(console.words(ja=f"有効期限: {offer.expires_at:%H:%M:%S} UTC", en=f"Redeem before {offer.expires_at:%H:%M:%S} UTC"))
    segno.make(offer.link, error="l", micro=False).terminal(compact=True)


def _write_qr(link: str, path: Path) -> None:
    """Write the QR code by the file's ending; the file holds a code that can be redeemed, so it is private."""
    code = segno.make(link, error="m", micro=False)
    if path.suffix == ".svg":
        write_private(path, code.svg_inline(scale=4).encode())
        return
    if path.suffix != ".png":
        raise typer.BadParameter("the file must end in .svg or .png", param_hint="--qr")
    import io  # noqa: PLC0415 - only a PNG needs it

    buffer = io.BytesIO()
    code.save(buffer, kind="png", scale=6)
    write_private(path, buffer.getvalue())
