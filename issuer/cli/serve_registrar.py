"""`warifu-issuer serve registrar`: relying parties, trust list and type catalogue."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from issuer.trust_services.registrar.keys import open_keys
from issuer.trust_services.registrar.office import STORE_PACKAGE, RegistrarOffice
from issuer.trust_services.registrar.settings import RegistrarSettings
from issuer.web.registrar import create_app
from runtime import clock, console, logs
from runtime.migrations import migrate
from runtime.serving import Listener, serve
from runtime.settings import load_settings
from runtime.store import open_engine


def serve_registrar(
    home: Annotated[Path, typer.Option("--home", envvar="WARIFU_HOME", help="Home of the registrar")],
    passphrase_fd: Annotated[int | None, typer.Option("--passphrase-fd", help="Read the passphrase of the keys from here")] = None,
    ready_file: Annotated[Path | None, typer.Option("--ready-file", help="Write the addresses here once everything answers")] = None,
) -> None:
    """Serve the registrar: the public register, the trust list, the type catalogue and the back office."""
    passphrase = console.read_secret(passphrase_fd, console.words(ja="鍵のパスフレーズ", en="Passphrase of the keys"))
    logs.configure("registrar")
    settings = load_settings(RegistrarSettings, home)
    engine = open_engine(settings.store_url)
    migrate(engine, STORE_PACKAGE)
    office = RegistrarOffice(engine, settings, open_keys(home, passphrase=passphrase), clock.now, secrets.token_bytes)
    listener = Listener(
        create_app(office),
        settings.host,
        settings.port,
        home / "server.pem",
        home / "server.key",
        name="registrar",
        public=settings.listen_publicly,
    )
    serve([listener], ready_file=ready_file)
