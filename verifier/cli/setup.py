"""``init`` and ``register``: a verifier's home and its certificate."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from runtime import clock, console, tls
from runtime.files import private_directory, write_private
from runtime.settings import load_settings, write_config
from runtime.signers import create_file_key, open_signer
from runtime.store import begin, migrate, open_engine
from schemas.credentials import catalogue
from verifier.cli.options import Home, PassphraseFd
from verifier.keys import SCOPES, create_key
from verifier.purposes import PURPOSE_FOLDER, load_purpose_file, load_purposes, registered_purpose_of
from verifier.registrar import certificate_request, register_at, store_certified
from verifier.settings import KEY_FILE, TLS_ROOT_FILE, VerifierSettings
from verifier.store.tables import PACKAGE

Origins = Annotated[list[str] | None, typer.Option("--development-origin", help="Exact origin on this machine that may be called")]
PurposeFiles = Annotated[list[Path] | None, typer.Option("--purpose", help="TOML file of a purpose to add; may be repeated")]
Registrar = Annotated[str | None, typer.Option("--registrar", help="Registrar's address; without it `register` follows later")]
RegistrarKeyFd = Annotated[int | None, typer.Option("--registrar-key-fd", help="Read the registrar's key for us from here")]


def init(
    home: Home,
    name: Annotated[str, typer.Option("--name", help="Organisation, as holders will read it, at most 64 characters")],
    public_url: Annotated[str, typer.Option("--public-url", help="https address at which wallets reach the public listener")],
    tls_folder: Annotated[Path, typer.Option("--tls", help="Folder of the development TLS root")],
    port: Annotated[int, typer.Option(help="Port of the public listener")] = 8543,
    office_port: Annotated[int, typer.Option(help="Port of the back office; 0 picks one")] = 8544,
    development_origin: Origins = None,
    purpose: PurposeFiles = None,
    registrar: Registrar = None,
    registrar_key_fd: RegistrarKeyFd = None,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Set up a verifier: key, store, TLS, purposes; with --registrar also its access certificate."""
    private_directory(home)
    private_directory(home / "keys")
    passphrase = console.read_secret(passphrase_fd, console.words(ja="鍵のパスフレーズ", en="Passphrase of the key"), confirm=True)
    values: dict[str, str | int | list[str]] = {
        "public_url": public_url,
        "store_url": f"sqlite:///{(home / 'verifier.db').absolute()}",
        "name": name,
        "port": port,
        "office_port": office_port,
        "tls_ca_file": str((home / TLS_ROOT_FILE).absolute()),
        "allowed_dev_origins": development_origin or [],
    }
    write_config(home, values)
    settings = load_settings(VerifierSettings, home)
    _tls_files(home, tls_folder)
    create_file_key(home / KEY_FILE, passphrase=passphrase)
    _purpose_files(home, purpose or [], settings)
    engine = open_engine(settings.store_url)
    migrate(engine, PACKAGE)
    with begin(engine) as connection:
        key = create_key(connection, actor="init", scopes=SCOPES, at=clock.now())
    console.print_line(console.words(ja=f"検証者を設定しました: {name}", en=f"Set up {name}"))
    console.print_note(console.words(ja="業務用鍵(一度だけ表示):", en="Back-office key, shown once:"))
    console.print_line(f"  api-key   {key}")
    if registrar is not None:
        _register(home, registrar, passphrase, registrar_key_fd)


def register(
    home: Home,
    registrar: Annotated[str, typer.Option("--registrar", help="Registrar's address")],
    registrar_key_fd: RegistrarKeyFd = None,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Ask the registrar for an access certificate and signed statements for all purposes; also to renew them."""
    passphrase = console.read_secret(passphrase_fd, console.words(ja="鍵のパスフレーズ", en="Passphrase of the key"))
    _register(home, registrar, passphrase, registrar_key_fd)


def _register(home: Path, registrar: str, passphrase: bytes, key_fd: int | None) -> None:
    from runtime.fetcher import GuardedFetcher  # noqa: PLC0415 - only a registration calls anybody

    settings = load_settings(VerifierSettings, home)
    signer = open_signer((home / KEY_FILE).absolute().as_uri(), passphrase=passphrase)
    purposes = load_purposes(home, catalogue(settings.vct_base, settings.doctype_prefix))
    registrar_key = console.read_secret(key_fd, console.words(ja="登録局の鍵", en="Key of the registrar's back office")).decode(
        "utf-8", "replace"
    )
    with GuardedFetcher(settings.allowed_dev_origins, settings.tls_ca_file) as fetcher:
        certified = register_at(
            fetcher,
            registrar,
            name=settings.name,
            public_url=settings.public_url,
            csr_pem=certificate_request(signer.private_key, settings.name),
            purposes=[registered_purpose_of(purpose) for purpose in purposes.values()],
            key=registrar_key,
        )
    client_id = store_certified(home, certified, signer.public_key)
    console.print_line(console.words(ja="登録されました", en="Registered"))
    console.print_line(f"  client_id {client_id}")


def _tls_files(home: Path, tls_folder: Path) -> None:
    tls.create_dev_root(tls_folder)
    shutil.copyfile(tls_folder / "root.pem", home / TLS_ROOT_FILE)
    tls.issue_server_certificate(tls_folder, into=home)


def _purpose_files(home: Path, paths: list[Path], settings: VerifierSettings) -> None:
    private_directory(home / PURPOSE_FOLDER)
    types = catalogue(settings.vct_base, settings.doctype_prefix)
    for path in paths:
        purpose = load_purpose_file(path, types)
        write_private(home / PURPOSE_FOLDER / f"{purpose.name}.toml", path.read_bytes())
