"""`warifu-issuer serve inner`: the staff listener and the workers of a municipality's inner side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from issuer.municipality.credentials.cycle import reconcile
from issuer.municipality.office import open_office, open_workshop
from issuer.municipality.service import WORKERS, Service
from issuer.web.inner import create_app
from runtime import clock, console, logs
from runtime.serving import Listener, serve
from schemas.errors import WarifuError


def serve_inner(
    home: Annotated[Path, typer.Option("--home", envvar="WARIFU_HOME", help="Home of the inner side")],
    passphrase_fd: Annotated[int | None, typer.Option("--passphrase-fd", help="Read the passphrase of the keys from here")] = None,
    ready_file: Annotated[Path | None, typer.Option("--ready-file", help="Write the addresses here once everything answers")] = None,
    without: Annotated[
        list[str] | None, typer.Option("--without", help="Leave a worker to another process: issuing, revocation, publishing or metadata")
    ] = None,
) -> None:
    """Serve the staff network; pull issuance jobs from the front, revoke what changed, publish status lists, sign the metadata."""
    left_out = frozenset(without or ())
    if left_out - set(WORKERS):
        raise WarifuError("worker_unknown", "no such worker", hint=f"choose from {', '.join(WORKERS)}")
    passphrase = console.read_secret(passphrase_fd, console.words(ja="鍵のパスフレーズ", en="Passphrase of the keys"))
    logs.configure("inner")
    office = open_office(home)
    workshop, ring = open_workshop(office, passphrase=passphrase)
    # What is reserved and not delivered may be in the hands of the process that issues: only that one cleans up.
    withdrawn = reconcile(workshop, at=clock.now()) if "issuing" not in left_out else 0
    if withdrawn:
        logs.warning("start.withdrawn", count=withdrawn)
    service = Service(office, workshop, ring, clock.now)
    listener = Listener(
        create_app(office, now=clock.now),
        host=office.settings.staff_host,
        port=office.settings.staff_port,
        certfile=home / "server.pem",
        keyfile=home / "server.key",
        name="staff",
    )
    serve([listener], ready_file=ready_file, background=service.loops(tuple(name for name in WORKERS if name not in left_out)))
