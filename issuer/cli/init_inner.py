"""`warifu-issuer init inner`: keys, certificates and configuration of a municipality's inner side."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.serialization import Encoding

from issuer.keys import KeyRole, create_root, rotate
from issuer.municipality.office import CLIENT_CERTIFICATE, CLIENT_KEY, Office, open_office
from issuer.municipality.staff_keys import SCOPES, create_staff_key
from runtime import clock, console, tls
from runtime.files import private_directory, write_atomic
from runtime.settings import write_config
from runtime.store import begin
from schemas.japan.codes import check_municipality_code

SIGNING_ROLES = (KeyRole.DOCUMENT_SIGNER, KeyRole.STATUS_SIGNER, KeyRole.METADATA_SIGNER)


def init_inner(
    home: Annotated[Path, typer.Option("--home", envvar="WARIFU_HOME", help="Folder of this actor alone")],
    code: Annotated[str, typer.Option("--municipality-code", help="全国地方公共団体コード, six digits")],
    name: Annotated[str, typer.Option("--municipality-name", help="Such as 割符市")],
    issuer: Annotated[str, typer.Option("--issuer", help="Issuer identifier: the front's public URL with a path")],
    front_url: Annotated[str, typer.Option("--front-url", help="The front's internal listener")],
    tls_folder: Annotated[Path, typer.Option("--tls", help="Folder of the development TLS root")],
    export: Annotated[Path, typer.Option("--export", help="Folder for what others need: root certificate, client authority")],
    name_en: Annotated[str, typer.Option("--municipality-name-en", help="Such as Warifu City, as the front shows it")] = "",
    prefecture: Annotated[str, typer.Option(help="ISO 3166-2 code")] = "JP-13",
    prefecture_name: Annotated[str, typer.Option(help="Such as 東京都")] = "東京都",
    tick: Annotated[float, typer.Option("--status-tick", help="Seconds between two publications of the status lists")] = 60.0,
    staff_port: Annotated[int, typer.Option(help="Port of the staff listener; 0 picks one")] = 0,
    passphrase_fd: Annotated[int | None, typer.Option("--passphrase-fd", help="Read the passphrase of the keys from here")] = None,
) -> None:
    """Set up the inner side: root, document signer, status signer, metadata signer, staff key, client certificate."""
    check_municipality_code(code)
    private_directory(home)
    private_directory(home / "keys")
    passphrase = console.read_secret(passphrase_fd, console.words(ja="鍵のパスフレーズ", en="Passphrase of the keys"), confirm=True)
    config: dict[str, str | int | float] = {
        "municipality_code": code,
        "municipality_name": name,
        "municipality_name_en": name_en,
        "prefecture": prefecture,
        "prefecture_name": prefecture_name,
        "issuer": issuer.rstrip("/"),
        "front_url": front_url,
        "tls_ca_file": str((home / "tls-root.pem").absolute()),
        "status_tick_seconds": tick,
        "status_ttl_seconds": max(1, round(tick)),
        "staff_port": staff_port,
    }
    write_config(home, {**config, "development_origins": [_origin(front_url)]})
    _tls_files(home, tls_folder)
    office = open_office(home)
    staff_key = _make_keys(office, passphrase, export)
    console.print_line(console.words(ja=f"設定しました: {name} ({code})", en=f"Set up {name} ({code})"))
    console.print_line(f"  issuer      {office.settings.issuer}")
    console.print_line(f"  root        {export / f'{code}-root.pem'}")
    console.print_note(console.words(ja="職員用鍵（一度だけ表示）:", en="Staff key, shown once:"))
    console.print_line(f"  staff-key   {staff_key}")


def _make_keys(office: Office, passphrase: bytes, export: Path) -> str:
    """Make every key in one transaction, so that an interrupted init leaves none behind in the store."""
    at = clock.now()
    with begin(office.engine) as connection:
        root = create_root(connection, office.keys_folder, office.authority, passphrase=passphrase, at=at)
        for role in SIGNING_ROLES:
            rotate(connection, office.keys_folder, role, office.authority, passphrase=passphrase, at=at)
        staff_key = create_staff_key(connection, actor="init", scopes=SCOPES, at=at)
    export.mkdir(parents=True, exist_ok=True)
    code = office.settings.municipality_code
    write_atomic(export / f"{code}-root.pem", root.public_bytes(Encoding.PEM))
    shutil.copyfile(office.home / "client-ca.pem", export / f"{code}-client-ca.pem")
    return staff_key


def _tls_files(home: Path, tls_folder: Path) -> None:
    """Make the client authority and certificate for the front, the staff listener's certificate, and keep the TLS root."""
    tls.create_dev_root(tls_folder)
    shutil.copyfile(tls_folder / "root.pem", home / "tls-root.pem")
    tls.issue_server_certificate(tls_folder, into=home)
    tls.create_client_ca(home)
    client = tls.issue_client_certificate(home, "inner", into=home)
    client.certificate.rename(home / CLIENT_CERTIFICATE)
    client.key.rename(home / CLIENT_KEY)


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])
