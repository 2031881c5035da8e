"""`warifu-issuer init front`: configuration, TLS certificate and store of a municipality's public side; it has no other key."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from issuer.front.office import STORE_PACKAGE
from issuer.front.settings import FrontSettings
from runtime import console, tls
from runtime.files import private_directory
from runtime.migrations import migrate
from runtime.settings import load_settings, write_config
from runtime.store import open_engine
from schemas.japan.codes import check_municipality_code
from schemas.messages.openid4vci import check_issuer_identifier

CLIENT_CA = "client-ca.pem"
TLS_HOSTS = ("localhost", "127.0.0.1", "::1")


def init_front(
    home: Annotated[Path, typer.Option("--home", envvar="WARIFU_HOME", help="Folder of this actor alone")],
    public_url: Annotated[str, typer.Option("--public-url", help="Issuer identifier, such as https://localhost:8443/999997")],
    code: Annotated[str, typer.Option("--municipality-code", help="全国地方公共団体コード, six digits")],
    name_ja: Annotated[str, typer.Option("--name-ja", help="Such as 割符市")],
    name_en: Annotated[str, typer.Option("--name-en", help="Such as Warifu City")],
    client_ca: Annotated[Path, typer.Option("--client-ca", help="Authority of the inner side's client certificate, from its export")],
    tls_folder: Annotated[Path, typer.Option("--tls", help="Folder of the development TLS root")],
    internal_port: Annotated[int, typer.Option(help="Port of the listener for the inner side")] = 8444,
    store_url: Annotated[str, typer.Option(help="Store; by default a SQLite file in the home")] = "",
    deferred_after: Annotated[float, typer.Option(help="Seconds until a request is deferred")] = 8.0,
) -> None:
    """Set up the public side: it holds offers, tokens and published status lists, and no record or credential key."""
    check_municipality_code(code)
    check_issuer_identifier(public_url)
    private_directory(home)
    values: dict[str, str | int | float | bool] = {
        "public_url": public_url.rstrip("/"),
        "store_url": store_url or f"sqlite:///{home.absolute() / 'front.db'}",
        "municipality_code": code,
        "name_ja": name_ja,
        "name_en": name_en,
        "port": urlsplit(public_url).port or 443,
        "internal_port": internal_port,
        "deferred_after": deferred_after,
    }
    write_config(home, values)
    settings = load_settings(FrontSettings, home)
    shutil.copyfile(client_ca, home / CLIENT_CA)
    tls.create_dev_root(tls_folder)
    tls.issue_server_certificate(tls_folder, TLS_HOSTS, into=home)
    engine = open_engine(settings.store_url)
    migrate(engine, STORE_PACKAGE)
    engine.dispose()
    console.print_line(console.words(ja=f"設定しました: {name_ja} ({code}) 公開系", en=f"Set up the public side of {name_en} ({code})"))
    console.print_line(f"  issuer    {settings.public_url}")
    console.print_line(f"  internal  https://localhost:{settings.internal_port}")
