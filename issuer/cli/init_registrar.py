"""`warifu-issuer init registrar`: reader root, signer of registrations, store, TLS certificate and a key of the back office."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from issuer.trust_services.registrar.access import create_api_key
from issuer.trust_services.registrar.keys import ROOT_FILE, create_keys
from issuer.trust_services.registrar.office import STORE_PACKAGE
from issuer.trust_services.registrar.settings import RegistrarSettings
from runtime import clock, console, tls
from runtime.files import private_directory
from runtime.migrations import migrate
from runtime.settings import load_settings, write_config
from runtime.store import open_engine

#: Who registers relying parties does not thereby change the list of issuers.
KEYS = {"relying-parties": "api-key    ", "issuers": "issuers-key"}


def init_registrar(
    home: Annotated[Path, typer.Option("--home", envvar="WARIFU_HOME", help="Folder of this actor alone")],
    public_url: Annotated[str, typer.Option("--public-url", help="Such as https://localhost:8446")],
    tls_folder: Annotated[Path, typer.Option("--tls", help="Folder of the development TLS root")],
    export: Annotated[Path, typer.Option("--export", help="Folder for what others need: the reader root")],
    name: Annotated[str, typer.Option("--name", help="Name in certificates")] = "割符登録局",
    store_url: Annotated[str, typer.Option(help="Store; by default a SQLite file in the home")] = "",
    passphrase_fd: Annotated[int | None, typer.Option("--passphrase-fd", help="Read the passphrase of the keys from here")] = None,
) -> None:
    """Set up the registrar: it certifies relying parties, lists issuers and serves the type catalogue."""
    private_directory(home)
    passphrase = console.read_secret(passphrase_fd, console.words(ja="鍵のパスフレーズ", en="Passphrase of the keys"), confirm=True)
    values: dict[str, str | int | float | bool] = {
        "public_url": public_url.rstrip("/"),
        "store_url": store_url or f"sqlite:///{home.absolute() / 'registrar.db'}",
        "name": name,
        "port": urlsplit(public_url).port or 443,
    }
    write_config(home, values)
    settings = load_settings(RegistrarSettings, home)
    create_keys(home, name=settings.name, public_url=settings.public_url, passphrase=passphrase, at=clock.now())
    tls.create_dev_root(tls_folder)
    tls.issue_server_certificate(tls_folder, into=home)
    engine = open_engine(settings.store_url)
    migrate(engine, STORE_PACKAGE)
    keys = {scope: create_api_key(engine, actor="init", scopes=[scope], random=secrets.token_bytes, at=clock.now()) for scope in KEYS}
    engine.dispose()
    export.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(home / ROOT_FILE, export / ROOT_FILE)
    console.print_line(console.words(ja=f"設定しました: {name}", en=f"Set up {name}"))
    console.print_line(f"  registrar    {settings.public_url}")
    console.print_line(f"  reader-root  {export / ROOT_FILE}")
    console.print_note(console.words(ja="登録用鍵（一度だけ表示）:", en="Keys of the back office, one for each task, shown once:"))
    for scope, label in KEYS.items():
        console.print_line(f"  {label}  {keys[scope]}")
