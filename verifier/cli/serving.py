"""``serve``: the public listener, the back office, and the sweeping up."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated

import typer

from runtime import console, logs
from runtime.serving import Background, Listener, serve
from runtime.settings import load_settings
from runtime.store import begin
from schemas.errors import WarifuError
from verifier.cli.options import Home, PassphraseFd
from verifier.office import Office, open_office
from verifier.sessions import purge_sessions
from verifier.settings import VerifierSettings
from verifier.web import office_app, public_app

SWEEP_SECONDS = 10.0


def serve_verifier(
    home: Home,
    passphrase_fd: PassphraseFd = None,
    ready_file: Annotated[Path | None, typer.Option("--ready-file", help="Write the addresses here once everything answers")] = None,
) -> None:
    """Serve wallets on the public listener and the relying party's own systems on the back office."""
    passphrase = console.read_secret(passphrase_fd, console.words(ja="鍵のパスフレーズ", en="Passphrase of the key"))
    settings = load_settings(VerifierSettings, home)
    office = open_office(home, passphrase=passphrase)
    logs.configure("verifier")
    if not office.anchors:
        console.print_note(console.words(ja="信頼する証明書がありません", en="No trust anchor: every credential will be rejected"))
    certificate, key = home / "server.pem", home / "server.key"
    public = Listener(public_app(office), settings.host, settings.port, certificate, key, name="public", public=settings.listen_publicly)
    back_office = Listener(office_app(office), "localhost", settings.office_port, certificate, key, name="office")
    serve([public, back_office], ready_file=ready_file, background=[sweeper(office), refresher(office)])


def sweeper(office: Office) -> Background:
    """Return the loop that deletes what has ended: results nobody read, keys, nonces."""

    def sweep(stopping: threading.Event) -> None:
        while not stopping.wait(SWEEP_SECONDS):
            try:
                with begin(office.engine) as connection:
                    ended = purge_sessions(connection, office.clock())
            except WarifuError as error:
                logs.warning("sweep_failed", code=error.code)
                continue
            if ended:
                logs.info("sessions_ended", count=ended)

    return sweep


def refresher(office: Office) -> Background:
    """Return the loop that fetches lists anew shortly before they grow stale, so that fetching tells nothing about when
    somebody showed a credential (threats E09, E10)."""

    def refresh(stopping: threading.Event) -> None:
        while not stopping.wait(1.0):
            for wanted in office.status.due(office.clock()):
                office.status.refresh(wanted)

    return refresh
