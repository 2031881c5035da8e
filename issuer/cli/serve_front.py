"""`warifu-issuer serve front`: the public listener and the mutual-TLS listener for the inner side, in one process."""

from __future__ import annotations

import secrets
import threading
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from issuer.cli.init_front import CLIENT_CA
from issuer.front.configurations import configurations
from issuer.front.housekeeping import purge
from issuer.front.office import STORE_PACKAGE, FrontOffice, open_front
from issuer.front.published import PublishedLists
from issuer.front.settings import FrontSettings
from issuer.front.signed import SignedMetadata
from issuer.web import front as public_side
from issuer.web import front_internal
from runtime import clock, logs
from runtime.migrations import migrate
from runtime.serving import Listener, serve
from runtime.settings import load_settings
from runtime.store import open_engine
from schemas.credentials import catalogue
from schemas.errors import WarifuError

HOUSEKEEPING_SECONDS: Final = 60.0


def serve_front(
    home: Annotated[Path, typer.Option("--home", envvar="WARIFU_HOME", help="Home of the public side")],
    ready_file: Annotated[Path | None, typer.Option("--ready-file", help="Write the addresses here once everything answers")] = None,
) -> None:
    """Serve the public side: OpenID4VCI for wallets, status lists for everybody, one mutual-TLS listener for the inner side."""
    logs.configure("front")
    settings = load_settings(FrontSettings, home)
    engine = open_engine(settings.store_url)
    migrate(engine, STORE_PACKAGE)
    kinds = configurations(catalogue(settings.vct_base, settings.doctype_prefix))
    office = open_front(engine, settings, kinds, now=clock.now, monotonic=time.monotonic, random=secrets.token_bytes)
    lists = PublishedLists(home / "public" / "status", settings.endpoint("status"))
    signed = SignedMetadata(home / "public" / "issuer-metadata.jwt", office.issuer_metadata)
    certificate, key = home / "server.pem", home / "server.key"
    listeners = [
        Listener(
            public_side.create_app(office, lists, signed),
            settings.host,
            settings.port,
            certificate,
            key,
            name="public",
            public=settings.listen_publicly,
        ),
        Listener(
            front_internal.create_app(office, lists, signed),
            settings.internal_host,
            settings.internal_port,
            certificate,
            key,
            client_ca=home / CLIENT_CA,
            name="internal",
            public=settings.listen_publicly,
        ),
    ]
    serve(listeners, ready_file=ready_file, background=[lambda stop: _keep_house(office, stop)])


def _keep_house(office: FrontOffice, stop: threading.Event) -> None:
    """Forget what has ended, once a minute; a store that is busy or full is tried again."""
    while not stop.wait(HOUSEKEEPING_SECONDS):
        office.exchange.sweep()
        try:
            purge(office.engine, at=office.now())
        except WarifuError as error:
            logs.warning("worker.failed", worker="housekeeping", code=error.code)
