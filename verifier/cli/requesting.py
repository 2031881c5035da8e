"""``request create`` and ``result``: ask a wallet, read what came of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any, Final, cast

import typer

from runtime import clock, console
from runtime.store import begin
from verifier.cli.options import OPERATOR, AsJson, Home
from verifier.flows import create_request
from verifier.office import Office, open_office
from verifier.purposes import Purpose, load_purpose_file
from verifier.report import report_lines
from verifier.sessions import Flow, read_result

_EXIT: Final = {"accepted": console.EXIT_DONE, "rejected": console.EXIT_REFUSED, "undetermined": console.EXIT_UNDETERMINED}
_POLL_SECONDS: Final = 0.2


def create(
    home: Home,
    purpose: Annotated[str, typer.Option("--purpose", help="Name of a purpose, or a TOML file")],
    wallet_url: Annotated[str | None, typer.Option("--wallet-url", help="A wallet's https address or scheme; haip-vp:// otherwise")] = None,
    same_device: Annotated[bool, typer.Option("--same-device", help="Bind the answer to the browser that opens the start address")] = False,
    as_json: AsJson = False,
) -> None:
    """Create one request for one wallet and print its link."""
    office = open_office(home)
    flow: Flow = "same-device" if same_device else "cross-device"
    created = create_request(office, _purpose(office, purpose), flow=flow, actor=OPERATOR, wallet_url=wallet_url, at=clock.now())
    if as_json:
        console.print_json(created.document())
        return
    console.print_line(created.link)
    for line in _qr(created.link) if created.start_url is None else [created.start_url]:
        console.print_note(line)
    words = console.words(ja="期限", en="until")
    console.print_note(f"session {created.session}  {words} {created.expires_at:%H:%M:%S} UTC")


def _purpose(office: Office, text: str) -> Purpose:
    path = Path(text)
    return load_purpose_file(path, office.catalogue) if path.suffix == ".toml" else office.purpose(text)


def _qr(link: str) -> list[str]:
    import io  # noqa: PLC0415

    import segno  # noqa: PLC0415 - only a terminal needs it

    drawn = io.StringIO()
    segno.make(link, error="m").terminal(drawn, compact=True)
    return drawn.getvalue().splitlines()


def result(
    session: Annotated[str, typer.Argument(metavar="ID", help="Session, as request create named it")],
    home: Home,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the answer")] = 0,
    as_json: AsJson = False,
) -> int:
    """Read the result of a request; its claims are deleted by the reading. Exit 3 while there is none."""
    office = open_office(home)
    until = time.monotonic() + wait
    document = _read(office, session)
    while document["status"] in ("pending", "awaiting_return") and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)
        document = _read(office, session)
    if as_json:
        console.print_json(document)
    else:
        _print(document)
    if document["status"] in ("declined", "foreign_return"):
        return console.EXIT_REFUSED
    return _EXIT.get(document.get("outcome", ""), console.EXIT_UNDETERMINED)


def _read(office: Office, session: str) -> dict[str, Any]:
    with begin(office.engine) as connection:
        return read_result(connection, session, OPERATOR, clock.now())


def _print(document: dict[str, Any]) -> None:
    console.print_line(f"{document['status']}  {document.get('outcome', '')} {document.get('code', '')}".rstrip())
    for identifier, reports in cast("dict[str, list[dict[str, Any]]]", document.get("results", {})).items():
        for report in reports:
            console.print_line(f"[{identifier}]")
            for line in report_lines(report):
                console.print_line(line)
